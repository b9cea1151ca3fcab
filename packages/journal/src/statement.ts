/** From gross to net: what was billed, lost, promised, cashed and spent, by period and counterparty. Exact sums. */

import { type EntryKind, entryKinds, sum } from './accounts.ts'
import { type Books, setOffOf } from './facts.ts'
import { turnoverRows } from './turnover.ts'
import { cashedFrom, paidOutTo } from './vault-sums.ts'

export type Period = 'day' | 'month' | 'all'

/** Amounts in base units, each of the kind of entry that has its name. The vault takes no fee: gas is all that it costs. */
export type StatementSums = Readonly<Record<EntryKind, bigint>> & {
  /** Earned and rewarded, less lost, less promised to others, less what was bought by set-off, less gas. */
  readonly net: bigint
}

export interface StatementRow extends StatementSums {
  /** `2026-11-25`, `2026-11`, `all`; `earlier` for what happened on days that are not known any more. */
  readonly period: string
  /** Empty for what concerns nobody else: deposits, withdrawals and gas. */
  readonly counterparty: string
}

export interface Statement {
  readonly rows: readonly StatementRow[]
  readonly total: StatementSums
}

/**
 * Rows in the order of time, and their total, which is what the journal's balances say.
 *
 * @example
 * statementOf(books, 'month').total.net
 */
export function statementOf(books: Books, by: Period): Statement {
  const known = new Map<string, { readonly period: string; readonly counterparty: string; sums: Sums }>()
  const left = totalsOf(books)
  for (const { day, kind, counterparty, amount } of turnoverRows(books.turnover)) {
    const period = periodOf(day, by)
    const key = `${period} ${counterparty}`
    const row = known.get(key) ?? { period, counterparty, sums: emptySums() }
    row.sums[kind] += amount
    left[kind] -= amount
    known.set(key, row)
  }
  const hasEarlier = entryKinds.some((kind) => left[kind] !== 0n)
  const earlier = hasEarlier ? [{ period: by === 'all' ? 'all' : 'earlier', counterparty: '', ...withNet(left) }] : []
  const rows = [...known.values()].map(({ period, counterparty, sums }) => ({ period, counterparty, ...withNet(sums) }))
  return { rows: [...earlier, ...rows], total: withNet(totalsOf(books)) }
}

type Sums = Record<EntryKind, bigint>

function withNet(sums: Sums): StatementSums {
  return { ...sums, net: sums.billed + sums.rewarded - sums.writtenOff - sums.issued - sums.setOff - sums.gas }
}

function emptySums(): Sums {
  const entries = entryKinds.map((kind) => [kind, 0n])
  // Each kind is there once.
  return Object.fromEntries(entries) as Sums
}

/** Over all time, from the balances and pairs alone. */
function totalsOf(books: Books): Sums {
  const balance = (account: string): bigint => books.balances.get(account) ?? 0n
  const gas = balance('gas')
  return {
    billed: -balance('income'),
    writtenOff: balance('writtenOff'),
    accepted: sum([...books.accepted.values()].map(({ cumulative }) => cumulative)),
    cashed: sum([...books.accepted.keys()].map((payer) => cashedFrom(books, payer))),
    issued: balance('expense') - setOffOf(books),
    setOff: setOffOf(books),
    paidOut: sum([...books.issued.keys()].map((payee) => paidOutTo(books, payee))),
    // What left the wallet went into the vault or to whoever makes blocks.
    deposited: -balance('wallet') - gas,
    withdrawn: balance('withdrawn'),
    gas,
    rewarded: -balance('incentives'),
  }
}

function periodOf(day: number, by: Period): string {
  const date = dateOf(day)
  if (by === 'all') return 'all'
  return by === 'month' ? date.slice(0, 7) : date
}

/** `2026-11-25` of whole days since 1970. */
export function dateOf(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10)
}
