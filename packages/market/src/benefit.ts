/**
 * What paying is worth, measured: the range of the mean of paired differences of rates, paid less unpaid.
 *
 * Typical values (J. A. Hartigan, "Using subsample values as typical values", JASA 64, 1969): for independent differences
 * that are symmetric about the true one, the means of all 2^n - 1 subsets cut the line into 2^n equally likely parts. The
 * range between the k-th lowest and the k-th highest mean so holds the truth with 1 - 2k/2^n, whatever the noise's scale
 * and however heavy its tails. Above `wholeSamplesMax` the subsets are drawn at random.
 */

import { assert, type Random } from '@millrace/base'

/** Bytes a second. `known` is false until enough intervals were measured. */
export type Benefit =
  | { readonly known: false; readonly intervals: number }
  | {
      readonly known: true
      readonly intervals: number
      readonly low: number
      readonly high: number
      readonly mean: number
    }

/** The least number with which a range of 95 % exists: 1 - 2/2^6 = 97 %. */
export const benefitSamplesMin = 6
/** Older differences are forgotten: a swarm changes. */
export const benefitSamplesMax = 32
const wholeSamplesMax = 10
const drawnSubsets = 1_023
/** Of a thousand: what lies outside on each side. */
const tailPerMille = 25

/**
 * The range that holds the mean difference in 95 % of measurements.
 *
 * @param differences bytes a second, one an interval, the newest last
 * @example
 * benefitOf([5, 6, 5, 7, 6, 5], random) // { known: true, intervals: 6, low: 5, high: 7, mean: 5.67 }
 */
export function benefitOf(differences: readonly number[], random: Random): Benefit {
  const intervals = differences.length
  assert(intervals <= benefitSamplesMax, 'at most as many differences as are kept')
  if (intervals < benefitSamplesMin) return { known: false, intervals }
  const means = subsetMeans(differences, random).sort((a, b) => a - b)
  const skipped = Math.floor(((means.length + 1) * tailPerMille) / 1_000)
  const low = means[skipped - 1] ?? Number.NEGATIVE_INFINITY
  const high = means[means.length - skipped] ?? Number.POSITIVE_INFINITY
  return { known: true, intervals, low, high, mean: meanOf(differences) }
}

/** Appends a difference and forgets the oldest beyond `benefitSamplesMax`. */
export function withDifference(differences: readonly number[], difference: number): readonly number[] {
  return [...differences, difference].slice(-benefitSamplesMax)
}

function subsetMeans(values: readonly number[], random: Random): number[] {
  const means: number[] = []
  if (values.length <= wholeSamplesMax) {
    for (let subset = 1; subset < 2 ** values.length; subset++) {
      means.push(meanOf(values.filter((_, i) => (subset & (1 << i)) !== 0)))
    }
    return means
  }
  while (means.length < drawnSubsets) {
    const subset = values.filter(() => random.below(2) === 1)
    if (subset.length > 0) means.push(meanOf(subset))
  }
  return means
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
