/** Our loop over instructions against that of @ethereumjs: the same outcome, gas, output, logs and storage for any code. */

import { createBlock } from '@ethereumjs/block'
import { createEVM, type EVM } from '@ethereumjs/evm'
import { Account, createAddressFromString, KECCAK256_RLP } from '@ethereumjs/util'
import { type Random, seededRandom } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCommon } from '../../common.ts'
import { fixedBytes, hexOf } from '../../hex.ts'
import { memoryStore } from '../../store/store.ts'
import { BlockState } from '../state/block-state.ts'
import { StateReader } from '../state/state-reader.ts'
import { hasten } from './interpreter.ts'
import { Pace } from './pace.ts'

const to = createAddressFromString(`0x${'ab'.repeat(20)}`)
const other = createAddressFromString(`0x${'cd'.repeat(20)}`)
const caller = createAddressFromString(`0x${'ee'.repeat(20)}`)

async function world(code: Uint8Array, callee: Uint8Array, isFast: boolean) {
  const common = createCommon(19_990)
  const stateManager = new BlockState(new StateReader(memoryStore()), KECCAK256_RLP)
  const evm = await createEVM({ common, stateManager })
  if (isFast) hasten(evm, new Pace())
  await stateManager.putAccount(caller, new Account(0n, 10n ** 20n))
  for (const [at, bytes] of [
    [to, code],
    [other, callee],
  ] as const) {
    await stateManager.putAccount(at, new Account(1n, 5n))
    await stateManager.putCode(at, bytes)
  }
  return { evm, stateManager }
}

async function outcome(code: Uint8Array, callee: Uint8Array, gasLimit: bigint, data: Uint8Array, isFast: boolean) {
  const { evm, stateManager } = await world(code, callee, isFast)
  const block = createBlock(
    { header: { baseFeePerGas: 7n, number: 9n, gasLimit: 30_000_000n } },
    { common: evm.common },
  )
  const { execResult } = await (evm as EVM).runCall({ block, caller, origin: caller, to, data, gasLimit, value: 3n })
  return {
    // Theirs says of a jump where it was, too.
    failure: execResult.exceptionError?.error.replace(/ at 0x.*/, ''),
    gas: execResult.executionGasUsed,
    refund: execResult.gasRefund,
    output: hexOf(execResult.returnValue),
    logs: (execResult.logs ?? []).map(([at, topics, bytes]) => [hexOf(at), topics.map(hexOf), hexOf(bytes)]),
    root: hexOf(await stateManager.getStateRoot()),
  }
}

const call = Uint8Array.of(0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x73, ...other.bytes, 0x61, 0xff, 0xff, 0xf1)

/** Code that mostly has enough on its stack, jumps to places that are there, and now and then is anything at all. */
function randomCode(random: Random): Uint8Array {
  const bytes: number[] = []
  const small = () => bytes.push(0x60, random.below(random.below(4) === 0 ? 256 : 64))
  for (let step = random.below(60); step >= 0; step--) {
    const kind = random.below(20)
    if (kind < 5) small()
    else if (kind < 7) {
      const length = 1 + random.below(32)
      bytes.push(0x5f + length, ...random.bytes(length))
    } else if (kind < 9) bytes.push(0x80 + random.below(16))
    else if (kind < 10) bytes.push(0x90 + random.below(16))
    else if (kind < 13)
      bytes.push([1, 2, 3, 4, 5, 6, 7, 8, 9, 0x0a, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x14][random.below(16)] ?? 1)
    else if (kind < 15) bytes.push([0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d][random.below(9)] ?? 0x15)
    else if (kind === 15) {
      small()
      bytes.push([0x51, 0x52, 0x53, 0x54, 0x55, 0x20, 0x35, 0xa0, 0x5c, 0x5d][random.below(10)] ?? 0x51)
    } else if (kind === 16) bytes.push(0x5b)
    else if (kind === 17) {
      bytes.push(0x60, random.below(Math.max(1, bytes.length + 4)), random.below(2) === 0 ? 0x56 : 0x57)
    } else if (kind === 18)
      bytes.push(...(random.below(2) === 0 ? call : [0x30 + random.below(16), 0x58 + random.below(3)]))
    else bytes.push(random.below(256))
  }
  // Whatever is on top goes out.
  bytes.push(...(random.below(3) === 0 ? [] : [0x5f, 0x52, 0x60, 0x20, 0x5f, random.below(4) === 0 ? 0xfd : 0xf3]))
  return Uint8Array.from(bytes)
}

test('any code ends as it does in the loop of @ethereumjs', { timeout: 300_000 }, () =>
  fc.assert(
    fc.asyncProperty(fc.integer({ min: 0 }), async (seed) => {
      const random = seededRandom(seed)
      const [code, callee] = [randomCode(random), randomCode(random)]
      const gasLimit = BigInt([300, 3000, 60_000, 200_000][random.below(4)] ?? 3000)
      const data = random.bytes(random.below(70))
      expect(await outcome(code, callee, gasLimit, data, true)).toEqual(
        await outcome(code, callee, gasLimit, data, false),
      )
    }),
    { numRuns: 1500 },
  ),
)

test('words wrap, shifts end and memory grows as they do there, at the edges', async () => {
  const words = [0n, 1n, 32n, 255n, 256n, 2n ** 64n, 2n ** 255n, 2n ** 256n - 1n]
  for (const a of words) {
    for (const b of words) {
      for (const opcode of [1, 2, 3, 4, 6, 0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x1b, 0x1c, 0x52, 0x20]) {
        const push = (word: bigint) => [0x7f, ...fixedBytes(word, 32)]
        const code = Uint8Array.of(0x5f, ...push(b), ...push(a), opcode, 0x5f, 0x52, 0x60, 0x40, 0x5f, 0xf3)
        const run = (isFast: boolean) => outcome(code, new Uint8Array(0), 100_000n, new Uint8Array(0), isFast)
        expect(await run(true), `${opcode} of ${a} and ${b}`).toEqual(await run(false))
      }
    }
  }
})

test('memory that a call paid for and did not fill reads as zeros', async () => {
  // A call whose output would go to 0x3000, of code that has none; then the word there, and the hash of it.
  const output = [0x60, 0x20, 0x61, 0x30, 0x00]
  const called = [...output, 0x5f, 0x5f, 0x5f, 0x73, ...other.bytes, 0x61, 0xff, 0xff, 0xf1]
  const read = [0x61, 0x30, 0x00, 0x51, ...output, 0x20, 0x5f, 0x52, 0x60, 0x40, 0x5f, 0xf3]
  const code = Uint8Array.of(...called, ...read)
  const run = (isFast: boolean) => outcome(code, Uint8Array.of(0x00), 200_000n, new Uint8Array(0), isFast)
  const fast = await run(true)
  expect(fast.failure).toBeUndefined()
  expect(fast).toEqual(await run(false))
})
