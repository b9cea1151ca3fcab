/** With room for all at the ask, or without, what is answered is what the curve of all prices answers. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bookOf } from './book.ts'
import { DemandCurve } from './demand-curve.ts'
import { demandOf } from './flat-demand.ts'

const ask = 10n ** 15n
const claim = fc
  .record({
    spend: fc.integer({ min: 0, max: 4_000_000 }),
    cap: fc.oneof(fc.constantFrom(999, 1_000, 1_001), fc.integer({ min: 1, max: 100_000 })),
    demand: fc.integer({ min: 0, max: 2_000_000 }),
  })
  .map(({ spend, cap, demand }) => ({
    spendRate: BigInt(spend) * 10n ** 9n + 7n,
    priceMax: BigInt(cap) * 10n ** 12n,
    demand,
  }))

test('level and shares are those of the whole curve, while bids wake and sleep', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(claim, fc.boolean()), { maxLength: 20 }),
      fc.integer({ min: 0, max: 20_000_000 }),
      fc.array(fc.nat(), { maxLength: 10 }),
      (bids, capacity, flips) => {
        const book = bookOf(
          bids.map(([own]) => own),
          capacity,
        )
        const awake = bids.map(([, isAwake]) => isAwake)
        const [one, other] = [demandOf(book, awake, Number(ask)), new DemandCurve(book, awake)]
        for (const flip of [-1, ...flips]) {
          const i = bids.length === 0 ? -1 : flip % bids.length
          if (flip >= 0 && i >= 0) {
            awake[i] = !awake[i]
            for (const demand of [one, other]) awake[i] ? demand.wake(i) : demand.sleep(i)
          }
          const level = other.level(Number(ask))
          expect(one.level(Number(ask))).toEqual(level)
          for (let k = 0; k < bids.length; k++) expect(one.share(k, level)).toBe(other.share(k, level))
          expect(one.cappedAt(level.price)).toBe(other.cappedAt(level.price))
        }
      },
    ),
    { numRuns: 2_000 },
  )
})
