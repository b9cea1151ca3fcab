/** What is said of a deadline: when the download is expected, whether it was met, and what the budget does not allow. */

import { bytesPerMiB } from '@millrace/base'
import type { AgentView, BuyerTerms, SellerView } from './buyer-view.ts'
import type { DeadlineStep } from './deadline.ts'
import type { Estimate } from './estimate.ts'
import type { FreeRates } from './free-rates.ts'

/** Times on the clock of the views. */
export interface DeadlineReport {
  readonly byMs: number
  /** When it will be, or was, done; undefined while nothing comes. */
  readonly expectedMs: number | undefined
  /** Undefined until the download ended or the time passed. */
  readonly met: boolean | undefined
  /** With this budget it cannot be done before: set only when that is after the deadline. */
  readonly notBeforeMs: number | undefined
}

export interface DeadlineFacts {
  readonly before: DeadlineReport | undefined
  readonly terms: BuyerTerms
  readonly view: AgentView
  readonly rest: Estimate | undefined
  readonly step: DeadlineStep | undefined
  /** Those that may be bought from. */
  readonly worth: readonly SellerView[]
  readonly freeRates: FreeRates
}

export function deadlineReport(facts: DeadlineFacts): DeadlineReport | undefined {
  const { before, view, rest, step } = facts
  const byMs = facts.terms.doneByMs
  if (byMs === undefined) return undefined
  // What ended stays as it was.
  if (view.leftBytes === 0) {
    if (before?.expectedMs !== undefined && before.met !== undefined && before.expectedMs < view.nowMs) return before
    return { byMs, expectedMs: view.nowMs, met: view.nowMs <= byMs, notBeforeMs: undefined }
  }
  const seconds = rest?.secondsLeft
  return {
    byMs,
    expectedMs: seconds === undefined ? undefined : view.nowMs + seconds * 1_000,
    met: view.nowMs > byMs ? false : undefined,
    notBeforeMs: step?.isShort === true ? notBefore(facts, byMs) : undefined,
  }
}

/** A bound, not a guess: everything that comes for nothing goes on, and all the money buys at the lowest price of today. */
function notBefore({ view, worth, freeRates }: DeadlineFacts, byMs: number): number | undefined {
  const prices = worth.map(({ pricePerMiB }) => pricePerMiB).sort((a, b) => (a < b ? -1 : 1))
  const [lowest] = prices
  if (lowest === 0n) return undefined
  const bought = lowest === undefined ? 0 : Number((view.moneyLeft * BigInt(bytesPerMiB)) / lowest)
  const free = view.sellers.reduce((sum, { id }) => sum + (freeRates.get(id) ?? 0), 0)
  if (free <= 0) return undefined
  const atMs = view.nowMs + (Math.max(0, (view.leftBytes ?? 0) - bought) * 1_000) / free
  return atMs > byMs ? atMs : undefined
}
