/** What each seller gives when it is not paid: learned while nothing is billed, and in unpaid intervals. */

import type { AgentView } from './buyer-view.ts'
import { type RateHistory, rateIn } from './rate-history.ts'
import type { UnpaidState } from './unpaid-interval.ts'

/** Bytes a second by seller; absent while nobody knows. */
export type FreeRates = ReadonlyMap<string, number>

/** Statements come a second late: as long as nothing was billed for so long, nothing that came was paid. */
const unbilledMs = 4_000
const windowMs = 3_000
/** The last part of an unpaid interval counts, when the seller has got used to it. */
const intervalWindowMs = 2_000
const intervalMsMin = 4_000
/** Weight of the newest window. */
const weight = 0.3

/** To be asked each second, after the view was noted. `unpaid`: as it was until now. */
export function noteFreeRates(
  before: FreeRates,
  history: RateHistory,
  { nowMs, sellers }: AgentView,
  unpaid: UnpaidState,
): FreeRates {
  const rates = new Map<string, number>()
  for (const { id } of sellers) {
    const known = before.get(id)
    const isInterval = unpaid.kind === 'unpaid' && nowMs - unpaid.sinceMs >= intervalMsMin
    const seen = isInterval
      ? rateIn(history, { fromMs: nowMs - intervalWindowMs, toMs: nowMs }, 'received', id)
      : unbilledRate(history, nowMs, id)
    const rate = seen === undefined || known === undefined ? (seen ?? known) : known + weight * (seen - known)
    if (rate !== undefined) rates.set(id, rate)
  }
  return rates
}

function unbilledRate(history: RateHistory, nowMs: number, id: string): number | undefined {
  const entries = history.filter(({ sellers }) => sellers.has(id))
  const firstMs = entries[0]?.atMs ?? nowMs
  const billed = rateIn(history, { fromMs: Math.max(firstMs, nowMs - unbilledMs), toMs: nowMs }, 'billed', id)
  if (billed === undefined || billed > 0) return undefined
  return rateIn(history, { fromMs: Math.max(firstMs, nowMs - windowMs), toMs: nowMs }, 'received', id)
}
