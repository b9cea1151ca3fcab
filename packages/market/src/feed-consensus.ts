/** One rate out of the readings of several feeds, of which fewer than half may lie. */

import { assert } from '@millrace/base'
import { type ExchangeRate, isApart } from './exchange-rate.ts'

export type Consensus =
  | { readonly kind: 'agreed'; readonly rate: ExchangeRate }
  /** Too few feeds have a fresh reading: those that have may all be the liars. */
  | { readonly kind: 'missing' }
  /** Not all feeds have one, and those that have do not agree, so nobody can say which of them lies. */
  | { readonly kind: 'split' }

/** How many of `feeds` may lie, fall silent or be taken over: fewer than half of them. */
export function faultyFeedsMax(feeds: number): number {
  return Math.ceil(feeds / 2) - 1
}

/**
 * With t = `faultyFeedsMax` and f fresh readings:
 *
 * - f > 2t: their median, which has more than t readings at or above it and more than t at or below it. So an honest one is on
 *   each side, and the median lies within the range of the honest ones whatever the others say.
 * - t < f <= 2t: a silent feed counts as one that lies, so that an attacker gains nothing by silencing the honest. Only readings
 *   that all lie within the tolerance are believed: at least one is honest, and the result is within the tolerance of it.
 * - f <= t: nothing.
 *
 * Of two medians the higher rate is taken, which makes the lower ask: the buyer did not choose the feeds.
 *
 * @param fresh the newest reading of each feed that has one which is not stale
 * @param feeds how many feeds there are
 * @param tolerancePpm how far apart readings that agree may be, in millionths
 */
export function consensusOf(fresh: readonly ExchangeRate[], feeds: number, tolerancePpm: number): Consensus {
  assert(feeds > 0 && fresh.length <= feeds, 'at least one feed, and one reading a feed')
  const faulty = faultyFeedsMax(feeds)
  if (fresh.length <= faulty) return { kind: 'missing' }
  const sorted = fresh.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const [lowest, highest, median] = [sorted.at(0), sorted.at(-1), sorted[sorted.length >> 1]]
  if (lowest === undefined || highest === undefined || median === undefined) return { kind: 'missing' }
  if (fresh.length <= 2 * faulty && isApart(lowest, highest, tolerancePpm)) return { kind: 'split' }
  return { kind: 'agreed', rate: median }
}
