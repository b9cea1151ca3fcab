/** When a download will be done and what it will have cost, each with its range. */

import { type Btt, btt, maxBig, minBig } from '@millrace/base'
import { blockRates, type RateHistory, recentRate } from './rate-history.ts'

/** Seconds are undefined while nothing comes. `low` is the best case, `high` the worst. */
export interface Estimate {
  readonly secondsLeft: number | undefined
  readonly secondsLeftLow: number | undefined
  readonly secondsLeftHigh: number | undefined
  /** Base units, with what was billed so far. */
  readonly cost: Btt
  readonly costLow: Btt
  readonly costHigh: Btt
}

export interface EstimateView {
  readonly history: RateHistory
  readonly leftBytes: number
  readonly billed: Btt
  readonly moneyLeft: Btt
  /** Billed a second in the last seconds: base units. */
  readonly spentPerSecond: Btt
}

const recentMs = 10_000
const blockMs = 5_000
const blocksMax = 12
/** Two standard errors of the mean on each side: about 95 %. */
const errors = 2

/**
 * The rest at the newest rate; the range from how far the means of five seconds of the last minute scatter. Costs are
 * rounded up, never above the budget.
 */
export function estimate(view: EstimateView): Estimate {
  const rate = recentRate(view.history, recentMs, 'received')
  const blocks = blockRates(view.history, blockMs, 'received').slice(0, blocksMax)
  const spread = errors * standardError(blocks)
  const secondsAt = (bytesPerSecond: number): number | undefined =>
    view.leftBytes === 0 ? 0 : bytesPerSecond > 0 ? view.leftBytes / bytesPerSecond : undefined
  const secondsLeft = rate === undefined ? undefined : secondsAt(rate)
  const secondsLeftLow = rate === undefined ? undefined : secondsAt(rate + spread)
  const secondsLeftHigh = rate === undefined || blocks.length < 2 ? undefined : secondsAt(rate - spread)
  return {
    secondsLeft,
    secondsLeftLow,
    secondsLeftHigh,
    cost: costIn(view, secondsLeft),
    costLow: costIn(view, secondsLeftLow),
    costHigh: secondsLeftHigh === undefined ? costMax(view) : costIn(view, secondsLeftHigh),
  }
}

function costIn({ billed, moneyLeft, spentPerSecond }: EstimateView, seconds: number | undefined): Btt {
  const rest = (spentPerSecond * BigInt(Math.ceil(Math.min(seconds ?? 0, 1e9) * 1_000)) + 999n) / 1_000n
  return btt(billed + maxBig(0n, minBig(rest, moneyLeft)))
}

function costMax({ billed, moneyLeft, spentPerSecond }: EstimateView): Btt {
  return btt(spentPerSecond === 0n ? billed : billed + moneyLeft)
}

/** Of the mean of blocks; neighbours are taken to be independent. */
function standardError(values: readonly number[]): number {
  if (values.length < 2) return 0
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return Math.sqrt(squares / (values.length - 1) / values.length)
}
