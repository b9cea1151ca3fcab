/** A debt that waits to be set off: what was due when, so that a voucher pays what waited for long enough and no more. */

import { type Btt, minBig, zeroBtt } from '@millrace/base'
import { setOffWaitMs } from './set-off.ts'

/** Oldest first. */
export type WaitingDebt = readonly { readonly due: Btt; readonly atMs: number }[]

/** How finely a debt's age is known: so much later than it could a voucher may pay it. */
export const waitingGapMs = 250

/** With what is due now; `due` and `paid` are cumulative. Nothing waits once all is paid. */
export function addWaiting(waiting: WaitingDebt, due: Btt, paid: Btt, nowMs: number): WaitingDebt {
  if (due <= paid) return []
  const last = waiting.at(-1)
  if (last !== undefined && nowMs < last.atMs + waitingGapMs) return waiting
  // Of those whose time has come the newest says all.
  const ripeCount = waiting.filter(({ atMs }) => nowMs >= atMs + setOffWaitMs).length
  return [...waiting.slice(Math.max(0, ripeCount - 1)), { due, atMs: nowMs }]
}

/** Of what is due, what waited for long enough; 0 while nothing did. */
export function ripeDebt(waiting: WaitingDebt, due: Btt, nowMs: number): Btt {
  const old = waiting.findLast(({ atMs }) => nowMs >= atMs + setOffWaitMs)
  return old === undefined ? zeroBtt : minBig(due, old.due)
}
