import { createHash } from 'node:crypto'
import { createEVM, getActivePrecompiles } from '@ethereumjs/evm'
import { concatBytes, defined } from '@millrace/base'
import { bn254 } from '@noble/curves/bn254.js'
import type { Hex } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { suiteCommon, suiteGenesis } from '../../../testing/history.ts'
import { blake2fInput, g1, g2, modexpInput, pairsInput, precompiles } from '../../../testing/precompile-inputs.ts'
import { devAccount } from '../../genesis/accounts.ts'
import { bytesOf, fixedBytes, hexOf } from '../../hex.ts'
import { memoryStore } from '../../store/store.ts'
import { embeddedEngine } from '../engine.ts'
import { insideOf } from '../evm/inside.ts'
import { Pace } from '../evm/pace.ts'
import type { StateView } from '../port.ts'
import { pacePrecompiles } from './paced.ts'

const evm = insideOf(await createEVM({ common: suiteCommon.copy() }))
pacePrecompiles(evm, new Pace())

type Name = keyof typeof precompiles

async function answer(name: Name, data: Uint8Array, gasLimit = 30_000_000n) {
  const code = defined(getActivePrecompiles(suiteCommon).get(precompiles[name].slice(2)), 'a precompile')
  const { executionGasUsed, exceptionError, returnValue } = await evm.runPrecompile(code, data, gasLimit)
  return { gas: executionGasUsed, failure: exceptionError?.error, output: hexOf(returnValue) }
}

describe('blake2f (EIP-152)', () => {
  const state =
    '48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b'
  const message = `616263${'00'.repeat(125)}`
  const input = (rounds: string, flag = '01', offset = '03') =>
    bytesOf(`0x${rounds}${state}${message}${offset}${'00'.repeat(15)}${flag}`)

  test('hashes with twelve rounds what node:crypto hashes', async () => {
    const output = createHash('blake2b512').update('abc').digest('hex')
    expect(await answer('blake2f', input('0000000c'))).toEqual({ gas: 12n, failure: undefined, output: `0x${output}` })
  })

  test.each([
    [
      'no round',
      input('00000000'),
      '08c9bcf367e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d282e6ad7f520e511f6c3e2b8c68059b9442be0454267ce079217e1319cde05b',
    ],
    [
      'a block that is not the last',
      input('0000000c', '00'),
      '75ab69d3190a562c51aef8d88f1c2775876944407270c42c9844252c26d2875298743e7f6d5ea2f2d3e8d226039cd31b4e426ac4f2d3d666a610c2116fde4735',
    ],
    [
      'one round',
      input('00000001'),
      'b63a380cb2897d521994a85234ee2c181b5f844d2c624c002677e9703449d2fba551b3a8333bcdf5f2f7e08993d53923de3d64fcc68c034e717b9293fed7a421',
    ],
  ])('answers the vector of %s', async (_name, data, output) => {
    expect(await answer('blake2f', data)).toMatchObject({ failure: undefined, output: `0x${output}` })
  })

  test('refuses other lengths and flags, and more rounds than are paid for', async () => {
    const refused = { gas: 30_000_000n, failure: 'value out of range', output: '0x' }
    const whole = input('0000000c')
    for (const data of [whole.subarray(1), concatBytes([whole, Uint8Array.of(1)]), input('0000000c', '02')]) {
      expect(await answer('blake2f', data)).toEqual(refused)
    }
    const tooMany = { gas: 30_000_000n, failure: 'out of gas', output: '0x' }
    expect(await answer('blake2f', input('ffffffff'))).toEqual(tooMany)
  })
})

describe('the pairing check (EIP-197)', () => {
  const { ORDER } = bn254.fields.Fr
  const yes = hexOf(fixedBytes(1n, 32))
  const no = hexOf(fixedBytes(0n, 32))

  test('holds for no pair, for pairs that cancel and for points at infinity', async () => {
    const cancelled = concatBytes([g1(6n), g2(7n), g1(ORDER - 42n), g2(1n)])
    const infinite = concatBytes([new Uint8Array(64), g2(7n), g1(6n), new Uint8Array(128)])
    for (const [data, pairs] of [
      [new Uint8Array(0), 0n],
      [cancelled, 2n],
      [infinite, 2n],
      [concatBytes([cancelled, infinite, cancelled]), 6n],
    ] as const) {
      const gas = 45_000n + 34_000n * pairs
      expect(await answer('pairing', data)).toEqual({ gas, failure: undefined, output: yes })
    }
  })

  test('fails for pairs that do not cancel', async () => {
    expect(await answer('pairing', pairsInput(5))).toMatchObject({ failure: undefined, output: no })
  })

  test('refuses points that are none, half a pair, and what is not paid for', async () => {
    const [good, off] = [concatBytes([g1(1n), g2(1n)]), concatBytes([g1(1n).fill(1, 63), g2(1n)])]
    const prime = fixedBytes(bn254.fields.Fp.ORDER, 32)
    expect(await answer('pairing', good, 78_999n)).toEqual({ gas: 78_999n, failure: 'out of gas', output: '0x' })
    for (const [data, failure] of [
      [good.subarray(1), 'invalid input length'],
      [concatBytes([good, off]), 'revert'],
      [concatBytes([g1(1n), prime, g2(1n).subarray(32)]), 'fp point not in field'],
      [concatBytes([g1(1n), g2(1n).subarray(0, 96), fixedBytes(9n, 32)]), 'revert'],
    ] as const) {
      expect(await answer('pairing', data)).toEqual({ gas: 30_000_000n, failure, output: '0x' })
    }
  })
})

describe('modexp (EIP-198, EIP-2565)', () => {
  const input = (base: Hex, exponent: Hex, modulus: Hex) => {
    const parts = [base, exponent, modulus].map((part) => bytesOf(part))
    return concatBytes([...parts.map(({ length }) => fixedBytes(BigInt(length), 32)), ...parts])
  }

  test('finds what Fermat’s theorem says, and no power of nothing', async () => {
    const prime = (2n ** 255n - 19n).toString(16)
    const data = input('0x03', `0x${(2n ** 255n - 20n).toString(16)}`, `0x${prime}`)
    expect(await answer('modexp', data)).toEqual({ gas: 1354n, failure: undefined, output: hexOf(fixedBytes(1n, 32)) })
    for (const [base, exponent, modulus, output] of [
      ['0x', '0x', '0x', '0x'],
      ['0x', '0x', '0x0005', '0x0001'],
      ['0x07', '0x03', '0x0000', '0x0000'],
      ['0x07', '0x', '0x01', '0x00'],
      ['0x07', '0x0003', '0x0064', '0x002b'],
    ] as const) {
      expect(await answer('modexp', input(base, exponent, modulus))).toEqual({ gas: 200n, failure: undefined, output })
    }
  })

  test('reads zeros where its input has ended', async () => {
    const whole = input('0x03', '0x0300', '0x0100000001')
    const cut = whole.subarray(0, whole.length - 1)
    // 3^768 modulo 2^32
    expect(await answer('modexp', cut)).toMatchObject({ output: hexOf(fixedBytes(3n ** 768n % 2n ** 32n, 5)) })
  })
})

test('RIPEMD-160 answers its vector at the end of a word', async () => {
  const data = new TextEncoder().encode('abc')
  const output = `0x${'00'.repeat(12)}8eb208f7e05d987a9b044a8e98c6b087f15a0bfc`
  expect(await answer('ripemd160', data)).toEqual({ gas: 720n, failure: undefined, output })
  expect(await answer('ripemd160', data, 719n)).toEqual({ gas: 719n, failure: 'out of gas', output: '0x' })
})

describe('a call of a block’s gas', () => {
  let state: StateView
  let header: Parameters<StateView['call']>[1]['header']
  beforeAll(async () => {
    const engine = embeddedEngine({ common: suiteCommon, store: memoryStore(), genesis: suiteGenesis })
    const candidate = await engine.genesis(suiteGenesis)
    await engine.commit(candidate)
    state = engine.state(candidate.block)
    header = candidate.block.header
  })

  const call = (name: Name, data: Uint8Array, isOver = () => false) => {
    const request = {
      from: devAccount(0).address,
      to: precompiles[name],
      data,
      value: 0n,
      gasPrice: 0n,
      accessList: [],
    }
    return state.call({ ...request, gas: 40_000_000n }, { header, isOver })
  }

  /** Turns of the event loop until it has ended. */
  async function turnsOf<T>(work: Promise<T>): Promise<number> {
    let turns = 0
    let isOver = false
    const count = () => {
      turns++
      if (!isOver) setImmediate(count)
    }
    setImmediate(count)
    await work.finally(() => {
      isOver = true
    })
    return turns
  }

  /** With the turns at least that a second's worth of each takes here, at a few milliseconds' worth a turn. */
  const long = [
    ['blake2f', blake2fInput(30_000_000), blake2fInput(1_000_000), 80],
    ['pairing', pairsInput(881), pairsInput(40), 80],
    ['modexp', modexpInput(200_000), modexpInput(100_000), 40],
  ] as const

  test.each(long)('lets the event loop turn within %s', async (name, _all, data, turnsMin) => {
    const work = call(name, data)
    expect(await turnsOf(work)).toBeGreaterThan(turnsMin)
    expect(await work).toMatchObject({ outcome: 'success' })
  })

  test.each(long)('ends within %s when its time is over', async (name, data) => {
    let asked = 0
    const work = call(name, data, () => ++asked === 3)
    await expect(work).rejects.toThrow(/took too long/)
    expect(asked).toBe(3)
  })

  test.each([
    ['empty pairing checks', '08', new Uint8Array(0), 18],
    ['products of points', '07', concatBytes([g1(3n), new Uint8Array(32).fill(0x2f)]), 100],
    ['sums of points', '06', concatBytes([g1(3n), g1(5n)]), 100],
    ['blake2f without a round', '09', blake2fInput(0), 50],
  ] as const)('lets the event loop turn between %s', async (_name, address, data, turnsMin) => {
    // Copies its input into memory, then calls with it until no gas is left.
    const code = bytesOf(`0x365f5f375b5f5f365f60${address}5afa50600456`)
    const to = `0x${'0f'.repeat(20)}` as const
    const request = { from: to, to, data, value: 0n, gasPrice: 0n, accessList: [], gas: 1_000_000n }
    const work = state.call(request, { header, overrides: new Map([[to, { code }]]) })
    expect(await turnsOf(work)).toBeGreaterThan(turnsMin)
    expect(await work).toMatchObject({ outcome: 'out-of-gas' })
  })

  test('ends within one that an override has moved', async () => {
    let asked = 0
    const to = `0x${'0f'.repeat(20)}` as const
    const overrides = new Map([[precompiles.blake2f, { movePrecompileTo: to }]])
    const request = { from: to, to, data: blake2fInput(30_000_000), value: 0n, gasPrice: 0n, accessList: [] }
    const work = state.call({ ...request, gas: 40_000_000n }, { header, overrides, isOver: () => ++asked === 3 })
    await expect(work).rejects.toThrow(/took too long/)
    expect(asked).toBe(3)
  })
})
