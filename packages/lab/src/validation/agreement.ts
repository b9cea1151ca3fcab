/** How far the lab's completion times are from those of real processes: medians against medians. */

import { assert, defined } from '@millrace/base'
import { mean, quantile } from '../report/statistics.ts'
import type { Completion } from './predict.ts'

/** The promise: within a tenth. */
export const agreementMax = 0.1

/** One leecher: seconds in reality (median, least and most of the repetitions) and in the lab, and lab / real - 1. */
export interface LeecherAgreement {
  readonly real: number
  readonly realMin: number
  readonly realMax: number
  readonly lab: number
  readonly error: number
}

export interface Agreement {
  readonly leechers: readonly LeecherAgreement[]
  /** Lab / real - 1 of the mean over leechers, and of the last to be done. */
  readonly meanError: number
  readonly lastError: number
  /** Mean over leechers of |lab / real - 1|, and the largest of them. */
  readonly leecherError: number
  readonly worstError: number
}

/**
 * @param real one row of completions for each repetition, leechers in the order of the shape
 * @param lab what `predictShape` says
 * @param of which of the two times
 * @example
 * agreementOf([[{ download: 20, sinceStart: 21 }]], [{ download: 19, sinceStart: 19 }], 'download').meanError // -0.05
 */
export function agreementOf(
  real: readonly (readonly Completion[])[],
  lab: readonly Completion[],
  of: keyof Completion,
): Agreement {
  assert(real.length > 0 && lab.length > 0, 'a repetition and a leecher')
  const leechers = lab.map((predicted, i): LeecherAgreement => {
    const times = real.map((row) => defined(row[i], 'as many leechers in reality')[of])
    const median = defined(quantile(times, 0.5), 'a repetition')
    const error = predicted[of] / median - 1
    return { real: median, realMin: Math.min(...times), realMax: Math.max(...times), lab: predicted[of], error }
  })
  const realTimes = leechers.map((it) => it.real)
  const labTimes = leechers.map((it) => it.lab)
  const errors = leechers.map(({ error }) => Math.abs(error))
  return {
    leechers,
    meanError: meanOf(labTimes) / meanOf(realTimes) - 1,
    lastError: Math.max(...labTimes) / Math.max(...realTimes) - 1,
    leecherError: meanOf(errors),
    worstError: Math.max(...errors),
  }
}

/** Whether the mean of all, the last, and the mean error of a leecher are within the promise. */
export function agrees({ meanError, lastError, leecherError }: Agreement): boolean {
  return [meanError, lastError, leecherError].every((error) => Math.abs(error) <= agreementMax)
}

function meanOf(values: readonly number[]): number {
  return defined(mean(values), 'a value')
}
