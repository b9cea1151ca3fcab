/** The epoch's decision against the plain one of its definition, and what must hold in books too large for that. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainEpoch } from '../testing/plain-epoch.ts'
import { type Bidder, decideEpoch, type EpochInput } from './price-epoch.ts'

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

test('it decides like its definition', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(inputOf(fc.array(bidder, { maxLength: 24 })), (input) => {
      const [decided, wanted] = [decideEpoch(input), plainEpoch(input)]
      expect(decided.bidders.map(({ awake }) => awake)).toEqual(
        wanted.bidders.map(({ awake, share }) => awake && share > 0),
      )
      expect(decided.price).toBe(wanted.price)
      for (const [i, { share, freeLevel }] of decided.bidders.entries()) {
        expect(share).toBe(wanted.bidders[i]?.share)
        // The trial does not round the rates of each bid.
        expect(Math.abs(freeLevel - (wanted.bidders[i]?.freeLevel ?? 0))).toBeLessThanOrEqual(input.bidders.length + 1)
      }
    }),
    { numRuns: 2_000 },
  )
})
