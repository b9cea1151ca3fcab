/** When a seller owes a buyer a statement of what it billed. */

import { maxBig } from '@millrace/base'

/** Statements of one account are at least this far apart. */
export const statementGapMs = 20
/** While anything was billed since, a statement goes out this often. */
export const statementPeriodMs = 1000
/** So long what was paid ahead counts like credit. */
const statementPaceMs = 250
/** A quarter of the credit that is billed and not stated calls for a statement. */
const creditParts = 4n

export interface StatementView {
  /** Billed since the last statement, base units. */
  readonly unstated: bigint
  /** K: base units. */
  readonly credit: bigint
  /** L less what the last statement said: below 0 while that is not paid, which makes no difference to 0. */
  readonly paidAhead: bigint
  /** Undefined when none was made yet. */
  readonly lastStatementMs: number | undefined
}

/**
 * True when a statement is due: unstated billing reaches K/4, at least 20 ms after the last, and each second while it bills.
 * Who has paid ahead may be billed a quarter of that, too, before the next one, for up to 250 ms: at a high rate it is not
 * asked for a voucher each few blocks. It is asked at every settlement tick, never on an edge only.
 */
export function statementDue({ unstated, credit, paidAhead, lastStatementMs }: StatementView, nowMs: number): boolean {
  if (unstated <= 0n) return false
  if (lastStatementMs === undefined) return true
  const age = nowMs - lastStatementMs
  if (age < statementGapMs) return false
  const room = age < statementPaceMs ? credit + maxBig(0n, paidAhead) : credit
  return age >= statementPeriodMs || unstated * creditParts >= room
}
