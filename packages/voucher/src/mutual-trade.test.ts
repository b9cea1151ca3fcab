/** Two honest sides that sell to each other, in virtual time: what is set off, what vouchers pay, what a crash costs. */

import { blockBytes } from '@millrace/base'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytePriceOf } from '../../market/src/bid.ts'
import { price } from '../testing/mutual-side.ts'
import { MutualTrade } from '../testing/mutual-trade.ts'
import { setOffWaitMs } from './set-off.ts'

/** What so many blocks cost. */
const blocks = (count: number): bigint => bytePriceOf(count * blockBytes, price) >> 20n
/** Two seconds of 64 blocks. */
const prepayMax = blocks(128)
/** Long enough for the last statement, its word and the voucher for the rest. */
const settleMs = 3 * setOffWaitMs

/** Ends the trade: nothing more is served. */
function finish(trade: MutualTrade): void {
  trade.rates = [0, 0]
  trade.run(settleMs)
}

/**
 * After the end: vouchers pay the difference of the bills, but for what was paid ahead. A voucher that paid what the other
 * then agreed to set off is paid ahead, too: `late` is the most that this may be.
 */
function expectSettled({ sides: [a, b] }: MutualTrade, late = 0n): void {
  const ahead = (paid: bigint, billed: bigint): bigint => paid - billed
  const [aheadOfA, aheadOfB] = [ahead(a.spent + b.agreed, b.facts.billed), ahead(b.spent + a.agreed, a.facts.billed)]
  for (const sum of [aheadOfA, aheadOfB]) {
    expect(sum).toBeGreaterThanOrEqual(0n)
    expect(sum).toBeLessThanOrEqual(prepayMax + late)
  }
  expect(a.agreed).toBe(b.agreed)
  expect([a.newest?.cumulative ?? 0n, b.newest?.cumulative ?? 0n]).toEqual([b.spent, a.spent])
  expect(a.spent - b.spent - (b.facts.billed - a.facts.billed)).toBe(aheadOfA - aheadOfB)
}

test('equal trade needs one voucher a side, the prepayment', () => {
  const trade = new MutualTrade({ rates: [128, 128], prepayMax })
  trade.run(20_000)
  finish(trade)
  const [a, b] = trade.sides
  expect(trade.served).toEqual([2_560, 2_560])
  expect([a.facts.billed, b.facts.billed]).toEqual([blocks(2_560), blocks(2_560)])
  expect([a.agreed, a.vouchers, b.vouchers]).toEqual([blocks(2_560), 1, 1])
  expect([a.spent, b.spent]).toEqual([prepayMax, prepayMax])
  expectSettled(trade)
})

test('of unequal trade the lesser bill is set off and vouchers pay the rest', () => {
  const trade = new MutualTrade({ rates: [256, 64], prepayMax })
  trade.run(20_000)
  finish(trade)
  const [a, b] = trade.sides
  // Waiting for the other's word slows nobody.
  expect(trade.served).toEqual([5_120, 1_280])
  expect(a.agreed).toBeGreaterThan((b.facts.billed * 9n) / 10n)
  expect(a.spent).toBe(prepayMax)
  expect(a.facts.billed - b.agreed).toBeLessThanOrEqual(b.spent)
  expectSettled(trade)
})

test('any two lines settle: vouchers pay the difference of the bills and what was paid ahead', () => {
  const rate = fc.integer({ min: 1, max: 512 })
  const plan = fc.record({
    rates: fc.tuple(rate, rate),
    seconds: fc.integer({ min: 1, max: 15 }),
    delayMs: fc.nat(300),
  })
  fc.assert(
    fc.property(plan, fc.tuple(rate, rate), ({ rates, seconds, delayMs }, later) => {
      const trade = new MutualTrade({ rates, delayMs, prepayMax })
      trade.run(1_000 * seconds)
      trade.rates = later
      trade.run(1_000 * seconds)
      finish(trade)
      expectSettled(trade, blocks((Math.max(...rates, ...later) * setOffWaitMs) / 1_000))
      expect([trade.sides[0].lost, trade.sides[1].lost]).toEqual([0n, 0n])
    }),
    { numRuns: 40, interruptAfterTimeLimit: 5_000 },
  )
})

test('who stops selling is paid by vouchers at once from then on', () => {
  const trade = new MutualTrade({ rates: [128, 128], prepayMax })
  trade.run(10_000)
  trade.rates = [128, 0]
  trade.run(10_000)
  const [a, b] = trade.sides
  const before = a.agreed
  trade.run(10_000)
  expect(a.agreed).toBe(before)
  expect(trade.served[0]).toBe(3_840)
  expect(b.spent).toBeGreaterThan(blocks(2_000))
  finish(trade)
  expectSettled(trade)
})

test.each([0, 1] as const)(
  'a client that knows no set-off refuses it once and is paid by vouchers (side %i)',
  (isOld) => {
    const trade = new MutualTrade({ rates: [128, 128], prepayMax, isOld })
    trade.run(10_000)
    finish(trade)
    const [a, b] = trade.sides
    expect([a.agreed, b.agreed]).toEqual([0n, 0n])
    expect(trade.served).toEqual([1_280, 1_280])
    expect([a.spent, b.spent]).toEqual([blocks(1_280) + prepayMax, blocks(1_280) + prepayMax])
    expectSettled(trade)
  },
)

describe('a side that is killed', () => {
  test('loses nothing that was agreed, and sets off again from there', () => {
    const trade = new MutualTrade({ rates: [128, 128], prepayMax })
    trade.run(5_000)
    const before = trade.sides[0].agreed
    trade.restart(0, trade.sides[0].kept)
    trade.run(10_000)
    const [a, b] = trade.sides
    expect(before).toBeGreaterThan(0n)
    expect(a.agreed).toBeGreaterThan(2n * before)
    expect([a.setOff.noted.lost, b.setOff.noted.lost]).toEqual([0n, 0n])
    finish(trade)
    expect(a.agreed).toBe(b.agreed)
  })

  /** The trade goes on at full rate after a few seconds, whatever was lost. */
  function expectOn(trade: MutualTrade): void {
    trade.run(8_000)
    const served = [...trade.served]
    trade.run(4_000)
    const perSide = trade.served.map((count, side) => count - (served[side] ?? 0))
    expect(Math.min(...perSide)).toBeGreaterThanOrEqual(4 * 128 - 2)
  }

  test('and loses the last second of its books with the power goes on: the other counts on from what it still knows', () => {
    const trade = new MutualTrade({ rates: [128, 128], prepayMax })
    trade.run(5_000)
    const { kept } = trade.sides[0]
    trade.run(1_000)
    const [agreed, known] = [trade.sides[1].agreed, trade.sides[0].agreed]
    expect(known).toBe(agreed)
    trade.restart(0, kept)
    expectOn(trade)
    finish(trade)
    const [a, b] = trade.sides
    const lost = b.setOff.noted.lost
    expect(lost).toBeGreaterThan(0n)
    expect(lost).toBeLessThanOrEqual(blocks(2 * 128))
    // From here on they differ by what was lost, and by nothing else.
    expect(b.agreed - a.agreed).toBe(lost)
    expect(a.agreed).toBeGreaterThan(agreed)
  })

  test('at any time, with any part of its last seconds lost, stalls nobody', () => {
    const part = fc.record({
      side: fc.constantFrom(0 as const, 1 as const),
      runMs: fc.nat(6_000),
      lostMs: fc.nat(3_000),
    })
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (crashes) => {
        const trade = new MutualTrade({ rates: [128, 160], prepayMax })
        for (const { side, runMs, lostMs } of crashes) {
          trade.run(1_000 + runMs)
          const { kept } = trade.sides[side]
          trade.run(lostMs)
          trade.restart(side, kept)
        }
        expectOn(trade)
        finish(trade)
        const [a, b] = trade.sides
        expect(a.agreed > b.agreed ? a.agreed - b.agreed : b.agreed - a.agreed).toBeLessThanOrEqual(
          a.setOff.noted.lost + b.setOff.noted.lost,
        )
      }),
      { numRuns: 30, interruptAfterTimeLimit: 5_000 },
    )
  })
})

test('a seller that only says it lost what was set off is not paid for it again', () => {
  const trade = new MutualTrade({ rates: [128, 128], prepayMax })
  trade.run(5_000)
  finish(trade)
  const [a, b] = trade.sides
  const [spent, counted] = [a.spent, a.buyer.tally.paid]
  expect(a.agreed).toBe(blocks(640))
  // Its bill stands where it was, and its word is gone.
  a.receive({ t: 'setOff', bootId: b.bootId + 1, sum: 0n })
  trade.run(2 * setOffWaitMs)
  expect(a.setOff.noted.lost).toBe(blocks(640))
  expect(a.buyer.tally.paid).toBe(counted - blocks(640))
  const version = { bootId: b.bootId, counter: 10_000, bidNumber: 1, billedBytes: 640 * blockBytes }
  a.receive({ t: 'account', ...version, billed: b.facts.billed, accepted: b.newest?.cumulative ?? 0n, credit: 0n })
  trade.run(2 * setOffWaitMs)
  expect(a.spent).toBe(spent)
})
