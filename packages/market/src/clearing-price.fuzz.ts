/** The clearing price against what defines it, over random bids. */

import { bytesPerMiB } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainClear } from '../testing/plain-clearing.ts'
import type { Claim } from './book.ts'
import { clear } from './clearing-price.ts'

const claim: fc.Arbitrary<Claim> = fc.record({
  spendRate: fc.bigInt({ min: 0n, max: 10n ** 12n }),
  // Few caps, so that ties are common.
  priceMax: fc.oneof(fc.constantFrom(1_000n, 5_000n, 50_000n), fc.bigInt({ min: 1n, max: 10n ** 9n })),
  demand: fc.integer({ min: 0, max: 100_000_000 }),
})
const claims = fc.array(claim, { maxLength: 12 })
const ask = fc.bigInt({ min: 0n, max: 10_000n })
const capacity = fc.integer({ min: 1, max: 50_000_000 })

const fullAt = ({ spendRate, demand }: Claim, price: bigint): number => {
  const rate = (spendRate * BigInt(bytesPerMiB)) / price
  return rate < BigInt(demand) ? Number(rate) : demand
}
const demandAbove = (bids: readonly Claim[], price: bigint): number =>
  bids.filter(({ priceMax }) => priceMax > price).reduce((sum, bid) => sum + fullAt(bid, price), 0)

test('the price is the least from the ask up at which the bids above it fit; shares follow from it', () => {
  fc.assert(
    fc.property(claims, ask, capacity, (bids, reserve, room) => {
      const { price, shares } = clear(bids, reserve, room)
      const least = reserve > 1n ? reserve : 1n
      expect(price >= least).toBe(true)
      expect(demandAbove(bids, price)).toBeLessThanOrEqual(room)
      if (price > least) expect(demandAbove(bids, price - 1n)).toBeGreaterThan(room)
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(room)
      let tied = 0
      for (const [i, bid] of bids.entries()) {
        const full = fullAt(bid, price)
        if (bid.priceMax > price) expect(shares[i]).toBe(full)
        else if (bid.priceMax < price) expect(shares[i]).toBe(0)
        else tied += full
        // Nobody is billed above w a second.
        expect(BigInt(shares[i] ?? 0) * price <= bid.spendRate * BigInt(bytesPerMiB)).toBe(true)
      }
      // Those at the price share all that is left, but for the rounding of each.
      const rest = room - demandAbove(bids, price)
      const served = shares.reduce((sum, share, i) => sum + (bids[i]?.priceMax === price ? share : 0), 0)
      expect(served).toBeGreaterThanOrEqual(Math.min(rest, tied) - bids.length)
    }),
    { numRuns: 500 },
  )
})

test('the price never falls with one more bid, and never rises with capacity', () => {
  fc.assert(
    fc.property(claims, claim, ask, capacity, capacity, (bids, more, reserve, room, extra) => {
      const { price } = clear(bids, reserve, room)
      expect(clear([...bids, more], reserve, room).price >= price).toBe(true)
      expect(clear(bids, reserve, room + extra).price <= price).toBe(true)
    }),
    { numRuns: 300 },
  )
})

/** Whole amounts of round numbers and of odd ones, from a base unit up to what no wallet holds. */
const amount: fc.Arbitrary<bigint> = fc.oneof(
  fc
    .record({ digits: fc.nat({ max: 30 }), factor: fc.integer({ min: 1, max: 20 }) })
    .map(({ digits, factor }) => BigInt(factor) * 10n ** BigInt(digits)),
  fc.bigInt({ min: 0n, max: 10n ** 24n }),
  fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }),
)
const wideClaim: fc.Arbitrary<Claim> = fc.record({
  spendRate: amount,
  priceMax: fc.oneof(fc.constantFrom(10n ** 15n, 10n ** 15n + 1n, 10n ** 18n), amount, fc.constant(2n ** 256n - 1n)),
  demand: fc.oneof(
    fc.constantFrom(0, 16_384, 1e6, 1e12),
    fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    fc.double({ min: 0, max: 1e9, noNaN: true }),
  ),
})
const wideRoom = fc.oneof(fc.constantFrom(0, 1, 16_384, 1 << 20), fc.integer({ min: 0, max: 2 ** 31 - 1 }))

test('it clears like its definition, to the base unit and the byte', { timeout: 120_000 }, () => {
  const books = fc.oneof(fc.array(wideClaim, { maxLength: 12 }), fc.array(wideClaim, { minLength: 20, maxLength: 300 }))
  fc.assert(
    fc.property(books, amount, wideRoom, (bids, reserve, room) => {
      expect(clear(bids, reserve, room)).toEqual(plainClear(bids, reserve, room))
    }),
    { numRuns: 1_500 },
  )
})

test('equal caps and equal spend rates clear like the definition, in books of any size', { timeout: 120_000 }, () => {
  const few = fc.record({
    spendRate: fc.constantFrom(10n ** 15n, 2n * 10n ** 15n, 3n * 10n ** 15n + 1n),
    priceMax: fc.constantFrom(10n ** 15n, 10n ** 15n + 1n, 2n * 10n ** 15n),
    demand: fc.constantFrom(1 << 20, 1e6, 1e9, 333_333),
  })
  fc.assert(
    fc.property(fc.array(few, { maxLength: 400 }), wideRoom, (bids, room) => {
      expect(clear(bids, 10n ** 14n, room)).toEqual(plainClear(bids, 10n ** 14n, room))
    }),
    { numRuns: 300 },
  )
})
