/** The spend rate of a budget without a deadline: the money's rest over the time that is left, so that it lasts to the end. */

import { type Btt, btt, minBig, zeroBtt } from '@millrace/base'

export interface EvenSpendView {
  /** Of the last step. */
  readonly spendRatePerSecond: Btt
  readonly moneyLeft: Btt
  /** At the rate of the last seconds; undefined while nothing comes. */
  readonly secondsLeft: number | undefined
  /** Since sellers are known. */
  readonly steps: number
}

/** What comes for nothing is looked at first. */
const unpaidStepsMin = 4
/** A download that seems to take longer is paid as if it took so long: what comes for nothing says little about it. */
const secondsMax = 600
const secondsMin = 5
/** A rise shortens the time that is left, which asks for another: at most a quarter a second, so that prices can follow. */
const risePercent = 25n

/** Base units a second, rounded down. To be asked each second. */
export function evenSpend(view: EvenSpendView): Btt {
  const { spendRatePerSecond, moneyLeft, secondsLeft = secondsMax, steps } = view
  if (steps < unpaidStepsMin) return zeroBtt
  const milliseconds = Math.round(Math.min(secondsMax, Math.max(secondsMin, secondsLeft)) * 1_000)
  const target = btt((moneyLeft * 1_000n) / BigInt(milliseconds))
  if (spendRatePerSecond === 0n) return target
  return minBig(target, btt((spendRatePerSecond * (100n + risePercent)) / 100n))
}
