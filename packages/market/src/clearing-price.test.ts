import { expect, test } from 'vitest'
import { clear } from './clearing-price.ts'
import { WaterTable } from './water-table.ts'

const mib = 1_048_576
const bid = (spendRate: bigint, priceMax = 10n ** 9n, demand = 1e12) => ({ spendRate, priceMax, demand })

test('the ask is the price while the paid class is not full', () => {
  expect(clear([bid(1_000n)], 500n, 8 * mib)).toEqual({ price: 500n, shares: [2 * mib] })
})
test('an ask of nothing is a price of one base unit', () => {
  expect(clear([], 0n, mib).price).toBe(1n)
})
test('a full class is shared in proportion to the spend rates', () => {
  const { price, shares } = clear([bid(1_000_000n), bid(2_000_000n)], 1n, 3 * mib)
  expect(price).toBe(1_000_000n)
  expect(shares).toEqual([mib, 2 * mib])
})
test('what one buyer cannot take, the others buy', () => {
  const { price, shares } = clear([bid(9_000_000n, 10n ** 9n, mib), bid(1_000_000n)], 1n, 2 * mib)
  expect(shares[0]).toBe(mib)
  expect(shares[1]).toBe(mib)
  expect(price).toBe(1_000_000n)
})
test('bids tied at the price share pro rata what those above it leave', () => {
  const { price, shares } = clear([bid(30_000n, 1_000n), bid(60_000n, 1_000n), bid(1_000n)], 1n, 10 * mib)
  expect(price).toBe(1_000n)
  expect(shares).toEqual([3 * mib, 6 * mib, mib])
})
test('a cap below the ask buys nothing', () => {
  expect(clear([bid(1_000n, 99n)], 100n, mib).shares).toEqual([0])
})
test('water stands at one level above the small vessels', () => {
  expect(new WaterTable([1, 10, 10]).level(9)).toBe(4)
  expect(new WaterTable([1, 2]).level(3)).toBe(Number.POSITIVE_INFINITY)
})

test('a cap beyond all money clears like one that is just high enough', () => {
  const bid = (priceMax: bigint) => ({ spendRate: 3_000n, priceMax, demand: 1e9 })
  const free = { spendRate: 1_000n, priceMax: 700n, demand: 1e9 }
  const high = clear([bid(10n ** 6n), free], 1n, 2 ** 20)
  expect(clear([bid(2n ** 256n - 1n), free], 1n, 2 ** 20)).toEqual(high)
  expect(high.price).toBe(3_000n)
  expect(clear([bid(2n ** 256n - 1n)], 1n, 0).shares).toEqual([0])
})
