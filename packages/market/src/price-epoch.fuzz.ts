/** The epoch's decision against the plain one of its definition, and what must hold in books too large for that. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainClear } from '../testing/plain-clearing.ts'
import { plainEpoch } from '../testing/plain-epoch.ts'
import type { Bidder, EpochInput } from './epoch-input.ts'
import { decideEpoch } from './price-epoch.ts'

const wakeTerms = fc.constantFrom({ wakePpm: 1_050_000, sleepPpm: 1_000_000 }, { wakePpm: 0, sleepPpm: 0 })
/** Odd numbers, so that no share stands exactly at a threshold. */
const rate = fc.integer({ min: 1_000, max: 20_000_000 })
const bidder: fc.Arbitrary<Bidder> = fc
  .record({
    spend: fc.integer({ min: 1, max: 10 ** 9 }),
    cap: fc.oneof(fc.constantFrom(2, 3, 5), fc.integer({ min: 1, max: 100 }), fc.constant(10 ** 9)),
    demand: rate,
    bidFactor: fc.constantFrom(1, 1, 3),
    takenPart: fc.constantFrom(1, 1, 0.9, 0.5),
    group: fc.nat({ max: 6 }),
    awake: fc.boolean(),
    unchoked: fc.boolean(),
  })
  .map(({ spend, cap, demand, takenPart, bidFactor, ...rest }) => ({
    ...rest,
    spendRate: BigInt(spend) * 10n ** 7n,
    spendRateBid: BigInt(spend) * 10n ** 7n * BigInt(bidFactor),
    priceMax: BigInt(cap) * 10n ** 9n,
    demand,
    taken: demand * takenPart,
  }))
const inputOf = (bidders: fc.Arbitrary<Bidder[]>): fc.Arbitrary<EpochInput> =>
  fc.record({
    bidders,
    free: fc.array(fc.record({ group: fc.constantFrom(0, 1, 20, 21), demand: rate }), { maxLength: 6 }),
    capacity: fc.integer({ min: 100_000, max: 100_000_000 }),
    freeShare: fc.constantFrom(0, 0.15, 0.5),
    askPerMiB: fc.constantFrom(10n ** 9n, 2n * 10n ** 9n),
    wake: wakeTerms,
  })

/** Bytes a second by which the trial's rates, which are not rounded bid by bid, may be off. */
const roundingOf = ({ bidders }: EpochInput): number => bidders.length + 1

/** The plain decision, for this capacity or one that differs by less than the rounding: a bid can stand right at its threshold. */
function wantedFor(input: EpochInput, awake: readonly boolean[]) {
  const rounding = roundingOf(input)
  for (const change of [0, 1, -1, rounding, -rounding]) {
    const wanted = plainEpoch({ ...input, capacity: input.capacity + change })
    if (wanted.bidders.every((bidder, i) => (bidder.awake && bidder.share > 0) === awake[i])) return { wanted, change }
  }
  return undefined
}

test('it decides like its definition', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(inputOf(fc.array(bidder, { maxLength: 24 })), (input) => {
      const decided = decideEpoch(input)
      const found = wantedFor(
        input,
        decided.bidders.map(({ awake }) => awake),
      )
      expect(found).toBeDefined()
      if (found?.change !== 0) return
      const { wanted } = found
      expect(decided.price).toBe(wanted.price)
      for (const [i, { share, pace, freeLevel }] of decided.bidders.entries()) {
        const other = wanted.bidders[i]
        expect(share).toBe(other?.share)
        expect(Math.abs(pace - (other?.pace ?? 0))).toBeLessThanOrEqual(roundingOf(input))
        expect(Math.abs(freeLevel - (other?.freeLevel ?? 0))).toBeLessThanOrEqual(roundingOf(input))
      }
    }),
    { numRuns: 2_000 },
  )
})

test('in books too large to try each bid the shares fit, and who is billed has at least its free level', {
  timeout: 120_000,
}, () => {
  fc.assert(
    fc.property(inputOf(fc.array(bidder, { minLength: 200, maxLength: 400 })), (input) => {
      const { price, bidders } = decideEpoch(input)
      const room = (1 - input.freeShare) * input.capacity
      expect(bidders.reduce((sum, { share }) => sum + share, 0)).toBeLessThanOrEqual(room)
      expect(bidders.reduce((sum, { pace }) => sum + pace, 0)).toBeLessThanOrEqual(room)
      const claims = input.bidders.map((it, i) => (bidders[i]?.awake ? it : { ...it, spendRate: 0n }))
      expect(plainClear(claims, input.askPerMiB, room)).toEqual({ price, shares: bidders.map(({ share }) => share) })
      for (const { share, freeLevel, awake } of bidders) {
        if (awake) expect((share + roundingOf(input)) * 1e6).toBeGreaterThanOrEqual(freeLevel * input.wake.sleepPpm)
      }
    }),
    { numRuns: 40 },
  )
})
