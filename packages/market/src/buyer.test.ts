import { type Btt, btt, bytesPerMiB, maxBig, zeroBtt } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  advanceBytes,
  billFault,
  lineSpendMax,
  type PurchaseView,
  payable,
  prepayment,
  type SellerOffer,
  spendAllowed,
  splitSpend,
} from './buyer.ts'

const price = btt(1_000_000n)
const plan = { budget: btt(10n ** 12n), spendRatePerSecond: btt(1_000_000n), priceMaxPerMiB: btt(2_000_000n) }
const view: PurchaseView = {
  billed: btt(0n),
  billedBytes: 0,
  verifiedBytes: 0,
  receivedBytes: 0,
  pieceBytes: bytesPerMiB,
  badPiece: false,
  prepaid: btt(0n),
  paid: btt(0n),
  budgetLeft: btt(10n ** 12n),
}

test('spend follows the paid bytes, a new seller is tried, a dear one is left', () => {
  const sellers = [
    { paidBytes: 98, pricePerMiB: price, openBid: zeroBtt },
    { paidBytes: 0, pricePerMiB: price, openBid: zeroBtt },
    { paidBytes: 500, pricePerMiB: btt(2_000_001n), openBid: zeroBtt },
  ]
  expect(splitSpend(plan, sellers)).toEqual([980_392n, 19_607n, 0n])
  expect(splitSpend(plan, sellers.slice(0, 1), btt(600n))).toEqual([600n])
  const fresh = sellers.map(({ pricePerMiB }) => ({ pricePerMiB, paidBytes: 0, openBid: zeroBtt }))
  expect(splitSpend(plan, fresh)).toEqual([500_000n, 500_000n, 0n])
  expect(splitSpend(plan, sellers.slice(2))).toEqual([0n])
})
test('a cheap seller whose bid buys nothing yet is bid what it would buy, a silent one no more than is tried, a new one the mean', () => {
  const offers = (openBid: Btt | undefined): SellerOffer[] => [
    { paidBytes: 100 * 1024, pricePerMiB: btt(1_900_000n), openBid: btt(900_000n) },
    { paidBytes: 0, pricePerMiB: price, openBid },
  ]
  // A tenth of a base unit's second buys as much at the second as nine tenths at the first: half each.
  expect(splitSpend(plan, offers(btt(97_656n)))).toEqual([500_002n, 499_997n])
  expect(splitSpend(plan, offers(zeroBtt))).toEqual([980_392n, 19_607n])
  expect(splitSpend(plan, offers(undefined))).toEqual([500_000n, 500_000n])
})
test('money moves to where it buys more, whoever delivered first', () => {
  // Two sellers of a MiB a second at the ask, one of an eighth at seven times that, which alone has delivered.
  const capacity = [bytesPerMiB / 8, bytesPerMiB, bytesPerMiB].map(BigInt)
  const free = BigInt(bytesPerMiB / 16)
  let offers: SellerOffer[] = capacity.map((_, i) => ({
    paidBytes: i === 0 ? bytesPerMiB / 8 : 0,
    pricePerMiB: price,
    openBid: zeroBtt,
  }))
  let parts: readonly Btt[] = []
  for (let epoch = 0; epoch < 12; epoch++) {
    parts = splitSpend(plan, offers)
    offers = parts.map((openBid, i) => {
      const most = capacity[i] ?? 0n
      const pricePerMiB = btt(maxBig<bigint>(price, (openBid * BigInt(bytesPerMiB)) / most))
      const bought = (openBid * BigInt(bytesPerMiB)) / pricePerMiB
      // Below what comes for nothing a bid sleeps.
      return { paidBytes: bought > free ? Number(bought) : 0, pricePerMiB, openBid }
    })
  }
  const total = offers.reduce((sum, { paidBytes }) => sum + paidBytes, 0)
  // All that the money buys at the ask, but for what a sleeping bid withholds.
  expect(total / bytesPerMiB).toBeGreaterThan(0.9)
})
test('the parts never sum above the spend rate', () => {
  const seller = fc.record({
    paidBytes: fc.nat(),
    pricePerMiB: fc.bigInt({ min: 1n, max: 3_000_000n }).map(btt),
    openBid: fc.option(fc.bigInt({ min: 0n, max: 3_000_000n }).map(btt), { nil: undefined }),
  })
  fc.assert(
    fc.property(fc.array(seller, { maxLength: 40 }), (sellers) => {
      const parts = splitSpend(plan, sellers)
      expect(parts.reduce((sum, part) => sum + part, 0n) <= plan.spendRatePerSecond).toBe(true)
      for (const [i, part] of parts.entries()) {
        if ((sellers[i]?.pricePerMiB ?? 0n) > plan.priceMaxPerMiB) expect(part).toBe(0n)
      }
    }),
  )
})
test('a prepayment covers 256 KiB, two seconds and a piece, and never more than is allowed', () => {
  expect(prepayment(price, 0n, 16_384, 10n ** 12n)).toBe(250_000n)
  expect(prepayment(price, 0n, 4 * bytesPerMiB, 10n ** 12n)).toBe(4_000_000n)
  expect(prepayment(price, 9_000_000n, 4 * bytesPerMiB, 10n ** 12n)).toBe(18_000_000n)
  expect(prepayment(price, 9_000_000n, 4 * bytesPerMiB, 7n)).toBe(7n)
})
test('the advance is half of what was verified up to a piece, or an eighth; none after a bad piece', () => {
  expect(advanceBytes(0, 1000, false)).toBe(0)
  expect(advanceBytes(100, 1000, false)).toBe(50)
  expect(advanceBytes(4000, 1000, false)).toBe(1000)
  expect(advanceBytes(16_000, 1000, false)).toBe(2000)
  expect(advanceBytes(16_000, 1000, true)).toBe(0)
})
test('verified bytes are paid, those in progress up to the advance, the rest pro rata and rounded down', () => {
  const billed = btt(3_000_001n)
  const seen = { ...view, billed, billedBytes: 3 * bytesPerMiB, receivedBytes: 3 * bytesPerMiB }
  expect(payable({ ...seen, verifiedBytes: 3 * bytesPerMiB })).toBe(3_000_001n)
  expect(payable({ ...seen, verifiedBytes: 2 * bytesPerMiB })).toBe(3_000_001n)
  expect(payable({ ...seen, verifiedBytes: bytesPerMiB })).toBe(1_500_000n)
  expect(payable({ ...seen, verifiedBytes: bytesPerMiB, badPiece: true })).toBe(1_000_000n)
  expect(payable(seen)).toBe(0n)
  expect(payable({ ...seen, prepaid: btt(5n) })).toBe(5n)
})
test('payment stops at the budget to the base unit and never falls', () => {
  const seen = { ...view, billed: btt(900n), billedBytes: 10, verifiedBytes: 10, receivedBytes: 10, paid: btt(600n) }
  expect(payable({ ...seen, budgetLeft: btt(77n) })).toBe(677n)
  expect(payable({ ...seen, budgetLeft: btt(0n) })).toBe(600n)
  expect(payable({ ...seen, billed: btt(100n) })).toBe(600n)
})
test('a bill that breaks its terms is named', () => {
  const none = { billed: 0n, billedBytes: 0 }
  const terms = {
    receivedBytes: 2 * bytesPerMiB,
    pricePerMiB: price,
    spendAllowed: spendAllowed(1_000_000n, 1000),
    spendRatePerSecond: 1_000_000n,
    blockBytes: 16_384,
  }
  const bill = (billed: bigint, billedBytes: number) => billFault(none, { billed, billedBytes }, terms)
  expect(bill(1_000_000n, bytesPerMiB)).toBeUndefined()
  expect(bill(1_000_001n, bytesPerMiB)).toBe('above-price')
  expect(bill(1_265_625n, 2 * bytesPerMiB)).toBeUndefined()
  expect(bill(1_265_626n, 2 * bytesPerMiB)).toBe('above-spend-rate')
  expect(bill(1n, 2 * bytesPerMiB + 1)).toBe('more-bytes-than-received')
  expect(billFault({ billed: 2n, billedBytes: 1 }, { billed: 1n, billedBytes: 1 }, terms)).toBe('falling')
})
test('a line buys no more than it carries', () => {
  expect(lineSpendMax(price, 4 * bytesPerMiB, 0.25)).toBe(3_000_000n)
})
