/** When a seller owes a buyer a statement of what it billed. */

/** Statements of one account are at least this far apart. */
export const statementGapMs = 20
/** While anything was billed since, a statement goes out this often. */
export const statementPeriodMs = 1000
/** A quarter of the credit that is billed and not stated calls for a statement. */
const creditParts = 4n

export interface StatementView {
  /** Billed since the last statement, base units. */
  readonly unstated: bigint
  /** K: base units. */
  readonly credit: bigint
  /** Undefined when none was made yet. */
  readonly lastStatementMs: number | undefined
}

/**
 * True when a statement is due: unstated billing reaches K/4, at least 20 ms after the last, and each second while it bills.
 * It is asked at every settlement tick, never on an edge only.
 */
export function statementDue({ unstated, credit, lastStatementMs }: StatementView, nowMs: number): boolean {
  if (unstated <= 0n) return false
  if (lastStatementMs === undefined) return true
  const age = nowMs - lastStatementMs
  if (age < statementGapMs) return false
  return age >= statementPeriodMs || unstated * creditParts >= credit
}
