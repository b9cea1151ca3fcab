/** The clearing price against what defines it, over random bids. */

import { bytesPerMiB } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Claim, clear } from './clearing-price.ts'

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
