import { btt } from '@millrace/base'
import { expect, test } from 'vitest'
import { type EstimateView, estimate } from './estimate.ts'
import { noteView, type RateHistory } from './rate-history.ts'

/** What came in each second. */
function historyOf(rates: readonly number[]): RateHistory {
  let history: RateHistory = []
  let receivedBytes = 0
  for (const [i, rate] of [0, ...rates].entries()) {
    receivedBytes += rate
    const sums = { receivedBytes, billedBytes: 0, billed: btt(0n), moneyLeft: btt(0n), leftBytes: 0, sellers: [] }
    history = noteView(history, { nowMs: i * 1_000, ...sums })
  }
  return history
}

const view: EstimateView = {
  history: historyOf(Array(30).fill(100)),
  leftBytes: 1_000,
  billed: btt(50n),
  moneyLeft: btt(400n),
  spentPerSecond: btt(7n),
}

test('the rest at the newest rate, and what it costs', () => {
  const exact = { secondsLeft: 10, secondsLeftLow: 10, secondsLeftHigh: 10, cost: 120n, costLow: 120n, costHigh: 120n }
  expect(estimate(view)).toEqual(exact)
})

test('the range is as wide as the rate scatters', () => {
  const history = historyOf(Array.from({ length: 30 }, (_, i) => (i % 10 < 5 ? 50 : 150)))
  const { secondsLeft = 0, secondsLeftLow = 0, secondsLeftHigh = 0 } = estimate({ ...view, history })
  expect(secondsLeft).toBe(10)
  // Six blocks of 50 or 150: a standard error of 22.4.
  expect(secondsLeftLow).toBeCloseTo(1_000 / 144.7, 1)
  expect(secondsLeftHigh).toBeCloseTo(1_000 / 55.3, 1)
})

test('a cost is never above the budget, and that while nothing comes', () => {
  expect(estimate({ ...view, spentPerSecond: btt(1_000n) })).toMatchObject({ cost: 450n, costHigh: 450n })
  const stalled = estimate({ ...view, history: historyOf(Array(12).fill(0)) })
  expect(stalled).toMatchObject({ secondsLeft: undefined, secondsLeftHigh: undefined, cost: 50n, costHigh: 450n })
})

test('a download that is complete takes no time', () => {
  expect(estimate({ ...view, leftBytes: 0 })).toMatchObject({ secondsLeft: 0, cost: 50n })
})
