/** Our precompiles against those of @ethereumjs: the same output, gas and error for any input and any gas. */

import { createEVM, getActivePrecompiles } from '@ethereumjs/evm'
import { concatBytes, defined, type Random, seededRandom } from '@millrace/base'
import { bn254 } from '@noble/curves/bn254.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { g1, g2 } from '../../../testing/precompile-inputs.ts'
import { createCommon } from '../../common.ts'
import { fixedBytes, hexOf } from '../../hex.ts'
import { insideOf } from '../evm/inside.ts'
import { Pace } from '../evm/pace.ts'
import { pacePrecompiles } from './paced.ts'

const common = createCommon(19_990)
const plain = insideOf(await createEVM({ common: common.copy() }))
const paced = insideOf(await createEVM({ common: common.copy() }))
pacePrecompiles(paced, new Pace())

const field = bn254.fields.Fp.ORDER

async function outcome(evm: typeof plain, address: number, data: Uint8Array, gasLimit: bigint) {
  const precompile = defined(getActivePrecompiles(common).get(address.toString(16).padStart(40, '0')), 'a precompile')
  const { executionGasUsed, exceptionError, returnValue } = await evm.runPrecompile(precompile, data, gasLimit)
  return { gas: executionGasUsed, failure: exceptionError?.error, output: hexOf(returnValue) }
}

/** With what it costs and a gas less, too, when it can be paid at all. */
async function expectSame(address: number, data: Uint8Array, gasLimit: bigint): Promise<void> {
  const theirs = await outcome(plain, address, data, gasLimit)
  expect(await outcome(paced, address, data, gasLimit), hexOf(data)).toEqual(theirs)
  if (theirs.failure !== undefined || theirs.gas === 0n) return
  for (const enough of [theirs.gas, theirs.gas - 1n]) {
    expect(await outcome(paced, address, data, enough)).toEqual(await outcome(plain, address, data, enough))
  }
}

function anyBytes(random: Random, lengthMax: number): Uint8Array {
  return random.bytes(random.below(lengthMax + 1))
}

/** Some bytes of it others, or its end cut off or longer. */
function damaged(random: Random, data: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(data)
  if (random.below(2) === 0) copy[random.below(copy.length)] = random.below(256)
  else
    return random.below(2) === 0
      ? copy.subarray(0, random.below(copy.length))
      : concatBytes([copy, anyBytes(random, 9)])
  return copy
}

function blake2fInput(random: Random): Uint8Array {
  const rounds = random.below(4) === 0 ? random.below(5000) : random.below(25)
  return concatBytes([fixedBytes(BigInt(rounds), 4), random.bytes(208), Uint8Array.of(random.below(2))])
}

function number(random: Random, length: number): Uint8Array {
  const kind = random.below(6)
  if (length === 0) return new Uint8Array(0)
  if (kind === 0) return fixedBytes(BigInt(Math.min(2, length) * random.below(2)), length)
  if (kind === 1) return new Uint8Array(length).fill(255)
  if (kind === 2) return concatBytes([new Uint8Array(length >> 1), random.bytes(length - (length >> 1))])
  return random.bytes(length)
}

function modexpInput(random: Random): Uint8Array {
  const length = () => [0, 1, 8, 31, 32, 33, 64, 100][random.below(8)] ?? 0
  const lengths = [length(), length(), length()]
  const declared = lengths.map((each) =>
    random.below(20) === 0
      ? random.bytes(32)
      : fixedBytes(BigInt(each + (random.below(8) === 0 ? random.below(200) : 0)), 32),
  )
  const whole = concatBytes([...declared, ...lengths.map((each) => number(random, each))])
  return random.below(6) === 0 ? whole.subarray(0, random.below(whole.length)) : whole
}

/** On the twist and mostly in no group that pairs: what the check of a point's order is for. */
function twistPoint(random: Random): Uint8Array {
  const { Fp2 } = bn254.fields
  const { b } = bn254.G2.Point.CURVE()
  for (;;) {
    const x = Fp2.create({ c0: BigInt(random.below(2 ** 30)), c1: BigInt(random.below(2 ** 30)) })
    try {
      const y = Fp2.sqrt(Fp2.add(Fp2.mul(Fp2.sqr(x), x), b))
      return concatBytes([x.c1, x.c0, y.c1, y.c0].map((part) => fixedBytes(part, 32)))
    } catch {
      // No square: there is no point at this x.
    }
  }
}

function pairsInput(random: Random): Uint8Array {
  const parts: Uint8Array[] = []
  let sum = 0n
  for (let left = random.below(5); left > 0; left--) {
    const kind = random.below(12)
    const [p, q] = [BigInt(1 + random.below(1000)), BigInt(1 + random.below(1000))]
    if (kind === 0) parts.push(new Uint8Array(64), g2(q))
    else if (kind === 1) parts.push(g1(p), new Uint8Array(128))
    else if (kind === 2) parts.push(random.bytes(64), g2(q))
    else if (kind === 3) parts.push(g1(p), twistPoint(random))
    else if (kind === 4) parts.push(g1(p), fixedBytes(field + BigInt(random.below(3)), 32), random.bytes(96))
    else if (kind === 5) parts.push(fixedBytes(field, 32), fixedBytes(field + BigInt(random.below(2)), 32), g2(q))
    else {
      sum += p * q
      parts.push(g1(p), g2(q))
    }
  }
  // Together with this one, the whole pairs to one.
  if (random.below(2) === 0 && sum > 0n) parts.push(g1(bn254.fields.Fr.ORDER - sum), g2(1n))
  return concatBytes(parts)
}

function same(address: number, input: (random: Random) => Uint8Array, gasMax = 10_000_000n) {
  return fc.asyncProperty(fc.integer({ min: 0 }), async (seed) => {
    const random = seededRandom(seed)
    const data = input(random)
    const given = random.below(5) === 0 && data.length > 0 ? damaged(random, data) : data
    await expectSame(address, given, random.below(8) === 0 ? BigInt(random.below(100_000)) : gasMax)
  })
}

test('blake2f answers as that of @ethereumjs', { timeout: 300_000 }, () =>
  fc.assert(same(9, blake2fInput, 100_000n), { numRuns: 1000 }),
)

test('modexp answers as that of @ethereumjs', { timeout: 300_000 }, () =>
  fc.assert(same(5, modexpInput), { numRuns: 2000 }),
)

test('ripemd160 answers as that of @ethereumjs', { timeout: 300_000 }, () =>
  fc.assert(
    same(3, (random) => anyBytes(random, random.below(10) === 0 ? 20_000 : 300)),
    { numRuns: 500 },
  ),
)

test('pairing answers as that of @ethereumjs', { timeout: 300_000 }, () =>
  fc.assert(same(8, pairsInput), { numRuns: 60 }),
)

test('the others are theirs', { timeout: 300_000 }, () =>
  fc.assert(
    fc.asyncProperty(fc.integer({ min: 0 }), async (seed) => {
      const random = seededRandom(seed)
      const point = random.below(2) === 0 ? g1(BigInt(1 + random.below(99))) : random.bytes(64)
      const data = concatBytes([point, anyBytes(random, 100)])
      for (const address of [1, 2, 4, 6, 7]) await expectSame(address, data, 100_000n)
    }),
    { numRuns: 50 },
  ),
)
