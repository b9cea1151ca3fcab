/** What moved on each day with each counterparty: small sums that outlive the log's entries. */

import type { Entry, EntryKind } from './accounts.ts'

/** Sums in base units by `day kind counterparty`; the counterparty is empty where there is none. */
export type Turnover = Map<string, bigint>

export interface TurnoverRow {
  readonly day: number
  readonly kind: EntryKind
  readonly counterparty: string
  readonly amount: bigint
}

/** Beyond this the oldest rows are let go: what they held then counts as earlier. */
export const turnoverRowsMax = 20_000

/** Adds an entry of a day. Those of unknown days are in the balances alone, and so are those let go. */
export function count(turnover: Turnover, day: number | undefined, entry: Entry): void {
  if (day === undefined) return
  const key = `${day} ${entry.kind} ${counterpartyOf(entry)}`
  turnover.set(key, (turnover.get(key) ?? 0n) + amountOf(entry))
  const [oldest] = turnover.keys()
  if (turnover.size > turnoverRowsMax && oldest !== undefined) turnover.delete(oldest)
}

export function turnoverRows(turnover: Turnover): readonly TurnoverRow[] {
  return [...turnover].map(([key, amount]) => {
    const [day = '', kind = '', counterparty = ''] = key.split(' ')
    // Keys are made by `count` alone.
    return { day: Number(day), kind: kind as EntryKind, counterparty, amount }
  })
}

function counterpartyOf({ lines }: Entry): string {
  for (const { account } of lines) {
    const at = account.indexOf(':')
    if (at > 0) return account.slice(at + 1)
  }
  return ''
}

/** Of a move: its debit. */
function amountOf({ lines }: Entry): bigint {
  return lines[0]?.amount ?? 0n
}
