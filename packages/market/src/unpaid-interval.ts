/**
 * When the bids are taken back for a moment, to see what the same sellers give for nothing. The times are random, so that
 * no rhythm of the swarm, and no seller that watches, can meet them.
 */

import type { Random } from '@millrace/base'
import type { Window } from './rate-history.ts'

export type UnpaidState =
  | { readonly kind: 'paying'; readonly sinceMs: number; readonly nextMs: number }
  | { readonly kind: 'unpaid'; readonly sinceMs: number; readonly sellers: readonly string[] }
  /** The bids stand again, and are not compared before every seller has heard them. */
  | {
      readonly kind: 'returning'
      readonly sinceMs: number
      readonly unpaidSinceMs: number
      readonly sellers: readonly string[]
    }

/** Three windows of the same length, the unpaid one between two that were paid. */
export interface UnpaidInterval {
  readonly before: Window
  readonly unpaid: Window
  readonly after: Window
  /** Who had a bid before and after. */
  readonly sellers: readonly string[]
}

export interface UnpaidStep {
  readonly state: UnpaidState
  /** An interval that ended now. */
  readonly interval?: UnpaidInterval
}

export interface UnpaidView {
  readonly nowMs: number
  /** Who has a bid now. */
  readonly sellers: readonly string[]
  /** Whether another interval is affordable and wanted. */
  readonly mayStart: boolean
}

/** Who stops paying is back at the free level within a second; the second one is for requests on their way. */
const settleMs = 2_000
const windowMs = 2_000
/** A bid is heard at the seller's next epoch, a second at most, and at a round trip. */
const returnMs = 2_000
const gapMsMin = 4_000
const gapMsSpread = 10_000
/** What an interval costs in time that is not paid for. */
export const unpaidIntervalMs = settleMs + windowMs + returnMs

export function openUnpaid(nowMs: number, random: Random): UnpaidState {
  return paying(nowMs, random)
}

/** To be asked each second. The bids are withheld while the state is `unpaid`. */
export function stepUnpaid(state: UnpaidState, view: UnpaidView, random: Random): UnpaidStep {
  const { nowMs, sellers } = view
  switch (state.kind) {
    case 'paying':
      if (nowMs < state.nextMs) return { state }
      // What was missed is not made up for: the next time is drawn anew.
      if (!view.mayStart || sellers.length === 0) return { state: paying(nowMs, random) }
      return { state: { kind: 'unpaid', sinceMs: nowMs, sellers } }
    case 'unpaid':
      if (nowMs < state.sinceMs + settleMs + windowMs) return { state }
      return {
        state: { kind: 'returning', sinceMs: nowMs, unpaidSinceMs: state.sinceMs, sellers: state.sellers },
      }
    case 'returning': {
      if (nowMs < state.sinceMs + returnMs + windowMs) return { state }
      const interval: UnpaidInterval = {
        before: { fromMs: state.unpaidSinceMs - windowMs, toMs: state.unpaidSinceMs },
        unpaid: { fromMs: state.sinceMs - windowMs, toMs: state.sinceMs },
        after: { fromMs: nowMs - windowMs, toMs: nowMs },
        sellers: state.sellers,
      }
      return { state: paying(nowMs, random), interval }
    }
  }
}

function paying(nowMs: number, random: Random): UnpaidState {
  return { kind: 'paying', sinceMs: nowMs, nextMs: nowMs + gapMsMin + random.below(gapMsSpread) }
}
