/** What the randomised unpaid intervals have shown so far: the benefit in all, and of each seller, and who is left for it. */

import type { Random } from '@millrace/base'
import { type Benefit, benefitOf, benefitSamplesMin, withDifference } from './benefit.ts'
import { type RateHistory, rateIn } from './rate-history.ts'
import { openUnpaid, stepUnpaid, type UnpaidInterval, type UnpaidState, unpaidIntervalMs } from './unpaid-interval.ts'

interface Measured {
  readonly differences: readonly number[]
  readonly benefit: Benefit
}

interface MeasuredSeller extends Measured {
  /** Not bid to before then. */
  readonly leftUntilMs: number
  /** How often it was left. */
  readonly leaves: number
}

export interface Measurement {
  readonly unpaid: UnpaidState
  readonly startedMs: number
  /** What the intervals cost so far: milliseconds. */
  readonly unpaidMs: number
  readonly total: Measured
  readonly sellers: ReadonlyMap<string, MeasuredSeller>
}

export interface MeasurementView {
  readonly nowMs: number
  readonly history: RateHistory
  /** Who has a bid now, and since when these and no others. */
  readonly bidding: readonly string[]
  readonly biddingSinceMs: number
  /** Of the time, at most this part goes unpaid. */
  readonly partPercent: number
  /** Until the download is expected to end; undefined while nobody knows. */
  readonly secondsLeft: number | undefined
  /** The deadline is in danger, or the like: no new interval now. */
  readonly isBusy: boolean
}

/** Before that a bid is not at its level yet. */
const steadyMsMin = 4_000
/** A difference below this part of the paid rate, with a range that reaches 0, is no speed that money bought. */
const nothingPercent = 5
const leaveMsFirst = 60_000
const leaveMsMax = 1_920_000
const sellersMax = 1_000

const unmeasured: Measured = { differences: [], benefit: { known: false, intervals: 0 } }

export function openMeasurement(nowMs: number, random: Random): Measurement {
  return { unpaid: openUnpaid(nowMs, random), startedMs: nowMs, unpaidMs: 0, total: unmeasured, sellers: new Map() }
}

/** The bids are withheld now. */
export function isUnpaid({ unpaid }: Measurement): boolean {
  return unpaid.kind === 'unpaid'
}

/** Nothing about rates may be learned now but by the comparison. */
export function isMeasuring({ unpaid }: Measurement): boolean {
  return unpaid.kind !== 'paying'
}

/** Money bought no speed at this seller: no bid until the back-off is over. */
export function isLeft({ sellers }: Measurement, seller: string, nowMs: number): boolean {
  return nowMs < (sellers.get(seller)?.leftUntilMs ?? Number.NEGATIVE_INFINITY)
}

/** To be asked each second, with the history up to now. */
export function stepMeasurement(before: Measurement, view: MeasurementView, random: Random): Measurement {
  const { nowMs, bidding } = view
  const mayStart = !view.isBusy && nowMs - view.biddingSinceMs >= steadyMsMin && isAffordable(before, view)
  const { state, interval } = stepUnpaid(before.unpaid, { nowMs, sellers: bidding, mayStart }, random)
  const started = state.kind === 'unpaid' && before.unpaid.kind !== 'unpaid'
  const next = { ...before, unpaid: state, unpaidMs: before.unpaidMs + (started ? unpaidIntervalMs : 0) }
  return interval !== undefined && isSame(interval.sellers, bidding) ? compared(next, view, interval, random) : next
}

/**
 * Until a range is known an interval is afforded in advance, out of the whole expected time, but only if all that the
 * range needs are: a transfer that is too short is not disturbed at all. Later ones are spread over the time that passed.
 */
function isAffordable({ total, unpaidMs, startedMs }: Measurement, view: MeasurementView): boolean {
  const missing = benefitSamplesMin - total.differences.length
  const elapsedMs = view.nowMs - startedMs
  const timeMs = elapsedMs + (missing > 0 ? (view.secondsLeft ?? 0) * 1_000 : 0)
  return unpaidMs + Math.max(1, missing) * unpaidIntervalMs <= (timeMs * view.partPercent) / 100
}

function compared(before: Measurement, view: MeasurementView, interval: UnpaidInterval, random: Random): Measurement {
  const { history, nowMs } = view
  const total = difference(history, interval)
  if (total === undefined) return before
  const sellers = new Map(before.sellers)
  for (const seller of interval.sellers) {
    const found = difference(history, interval, seller)
    if (found === undefined || found.billed === 0) continue
    const known = sellers.get(seller) ?? { ...unmeasured, leftUntilMs: Number.NEGATIVE_INFINITY, leaves: 0 }
    const measured = { ...known, ...including(known, found.rate, random) }
    sellers.set(seller, isWorthless(measured.benefit, found.paid) ? leave(measured, nowMs) : measured)
  }
  // Times when the bids slept count, too: what is said is what bidding brought over the whole time.
  const all = including(before.total, total.rate, random)
  // A bid that sleeps costs nothing: no reason to take it back.
  if (total.billed > 0 && isWorthless(all.benefit, total.paid)) {
    for (const seller of interval.sellers) {
      const known = sellers.get(seller)
      if (known !== undefined && nowMs >= known.leftUntilMs) sellers.set(seller, leave(known, nowMs))
    }
  }
  for (const seller of [...sellers.keys()].slice(0, Math.max(0, sellers.size - sellersMax))) sellers.delete(seller)
  return { ...before, total: all, sellers }
}

interface Difference {
  /** Paid less unpaid. */
  readonly rate: number
  readonly paid: number
  /** Billed in the paid windows: bytes a second. */
  readonly billed: number
}

/** The mean of the paid windows on both sides less the unpaid one between them: a trend falls out. */
function difference(history: RateHistory, interval: UnpaidInterval, seller?: string): Difference | undefined {
  const before = rateIn(history, interval.before, 'received', seller)
  const unpaid = rateIn(history, interval.unpaid, 'received', seller)
  const after = rateIn(history, interval.after, 'received', seller)
  const billed = [interval.before, interval.after].map((window) => rateIn(history, window, 'billed', seller) ?? 0)
  if (before === undefined || unpaid === undefined || after === undefined) return undefined
  const paid = (before + after) / 2
  return { rate: paid - unpaid, paid, billed: billed.reduce((sum, rate) => sum + rate, 0) / 2 }
}

function including({ differences }: Measured, rate: number, random: Random): Measured {
  const all = withDifference(differences, rate)
  return { differences: all, benefit: benefitOf(all, random) }
}

function isWorthless(benefit: Benefit, paidRate: number): boolean {
  return benefit.known && benefit.low <= 0 && benefit.mean * 100 < paidRate * nothingPercent
}

/** What was measured is forgotten, so that the next try is judged by itself. */
function leave({ leaves }: MeasuredSeller, nowMs: number): MeasuredSeller {
  const leftUntilMs = nowMs + Math.min(leaveMsMax, leaveMsFirst * 2 ** leaves)
  return { ...unmeasured, leaves: leaves + 1, leftUntilMs }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((seller) => b.includes(seller))
}
