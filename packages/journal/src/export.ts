/** The journal for others: lines of JSON for a program that checks the sums, CSV for a person's. Read only; the books may be open. */

import path from 'node:path'
import { formatBtt, toHex } from '@millrace/base'
import { type Account, agreedSum } from '@millrace/voucher'
import { entryKinds } from './accounts.ts'
import { csvRow } from './csv.ts'
import type { Books } from './facts.ts'
import { writeAtomically } from './log-file.ts'
import { readBooks } from './read-books.ts'
import { dateOf, type Period, type Statement, statementOf } from './statement.ts'
import { cashedFrom, paidOutTo } from './vault-sums.ts'

/** Written beside the books when they close. */
export const journalName = 'journal.jsonl'

/**
 * One line for the owner, one for the balances that the log starts from, one for each entry since, with amounts as decimal
 * strings (debits positive), and at the end what each pair's vouchers came to: `issued`, `accepted` and `cashed`, each
 * with its payer and payee, `billed`, and `setOff` with its two sides.
 *
 * @example
 * for (const line of exportJournal(folder)) process.stdout.write(`${line}\n`)
 * // {"type":"entry","kind":"issued","lines":[["expense","5"],["payable:0x..","-5"]]}
 */
export function* exportJournal(folder: string): Iterable<string> {
  const read = readBooks(folder)
  if (read === undefined) return
  const { header, books, entries } = read
  yield JSON.stringify({ type: 'owner', ...header })
  yield JSON.stringify({ type: 'opening', lines: plain(books.balances) })
  for (const { kind, day, lines } of entries) {
    const plainLines = lines.map(({ account, amount }) => [account, amount.toString()])
    yield JSON.stringify({ type: 'entry', kind, ...(day === undefined ? {} : { day: dateOf(day) }), lines: plainLines })
  }
  yield* pairs(books, header.account)
}

/**
 * The journal as CSV (RFC 4180), a row for each line of each entry, debits positive: `entry,day,kind,account,base units,BTT`.
 * The balances that the log starts from come first, as entry 0 of the kind `opening`. Amounts sum to zero, in each entry and
 * in all.
 */
export function* exportJournalCsv(folder: string): Iterable<string> {
  yield csvRow(['entry', 'day', 'kind', 'account', 'base_units', 'btt'])
  const read = readBooks(folder)
  if (read === undefined) return
  const row = (entry: number, day: string, kind: string, account: string, amount: bigint): string =>
    csvRow([String(entry), day, kind, account, amount.toString(), formatBtt(amount)])
  for (const [account, amount] of read.books.balances) yield row(0, '', 'opening', account, amount)
  let count = 0
  for (const { day, kind, lines } of read.entries) {
    count += 1
    const date = day === undefined ? '' : dateOf(day)
    for (const { account, amount } of lines) yield row(count, date, kind, account, amount)
  }
}

/** From gross to net, of the books in a folder; undefined where there are none. */
export function readStatement(folder: string, by: Period): Statement | undefined {
  const read = readBooks(folder)
  if (read === undefined) return undefined
  for (const _ of read.entries); // the books are whole when all were walked
  return statementOf(read.books, by)
}

/** The statement as CSV: a row for each of its rows and one named `total`; each amount in base units and in BTT. */
export function* statementCsv({ rows, total }: Statement): Iterable<string> {
  const columns = [...entryKinds, 'net'] as const
  yield csvRow(['period', 'counterparty', ...columns.flatMap((column) => [`${column}_base_units`, `${column}_btt`])])
  for (const row of [...rows, { period: 'total', counterparty: '', ...total }]) {
    const amounts = columns.flatMap((column) => [row[column].toString(), formatBtt(row[column])])
    yield csvRow([row.period, row.counterparty, ...amounts])
  }
}

/** Writes the journal into the folder of the books, whole or not at all. */
export function writeJournal(folder: string): void {
  const lines = [...exportJournal(folder)].map((line) => `${line}\n`)
  writeAtomically(path.join(folder, journalName), new TextEncoder().encode(lines.join('')))
}

function* pairs(books: Books, own: Account): Iterable<string> {
  for (const [payee, cumulative] of books.issued) {
    const pair = { payer: own, payee }
    yield JSON.stringify({ type: 'issued', ...pair, cumulative: cumulative.toString() })
    yield JSON.stringify({ type: 'cashed', ...pair, cashed: paidOutTo(books, payee).toString() })
  }
  for (const { payer, cumulative, seq, totalIssued, signature } of books.accepted.values()) {
    const pair = { payer, payee: own }
    const sums = { cumulative: cumulative.toString(), seq: seq.toString(), totalIssued: totalIssued.toString() }
    yield JSON.stringify({ type: 'accepted', ...pair, ...sums, signature: toHex(signature) })
    yield JSON.stringify({ type: 'cashed', ...pair, cashed: cashedFrom(books, payer).toString() })
  }
  for (const [payer, { billed, billedBytes }] of books.billing) {
    yield JSON.stringify({ type: 'billed', payer, payee: own, billed: billed.toString(), billedBytes })
  }
  for (const [other, note] of books.setOffs) {
    const sums = { sum: agreedSum(note).toString(), lostByOther: note.lost.toString() }
    yield JSON.stringify({ type: 'setOff', own, other, ...sums })
  }
}

function plain(balances: ReadonlyMap<string, bigint>): readonly (readonly [string, string])[] {
  return [...balances].map(([account, amount]) => [account, amount.toString()])
}
