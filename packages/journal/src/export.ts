/** The journal as JSON lines, for a program that checks the sums without this one. Read only; the books may be open. */

import { toHex } from '@millrace/base'
import { apply, type Books, type Fact } from './facts.ts'
import { readLog } from './log-file.ts'
import { checkHeader, fromBytes, type Header, logPath, readSnapshot } from './snapshot.ts'

/**
 * One line for the owner, one for the balances that the log starts from, one for each entry since, with amounts as decimal
 * strings (debits positive), and one for each pair's vouchers at the end.
 *
 * @example
 * for (const line of exportJournal(folder)) process.stdout.write(`${line}\n`)
 * // {"type":"entry","kind":"issued","lines":[["expense","5"],["payable:0x..","-5"]]}
 */
export function* exportJournal(folder: string): Iterable<string> {
  const { generation, books } = readSnapshot(folder)
  const file = logPath(folder, generation)
  const [first, ...facts] = readLog(file).payloads
  if (first !== undefined) {
    // Written by the store, guarded by its checksum.
    const header = fromBytes(first, file) as Header
    checkHeader(header, undefined, file)
    yield JSON.stringify({ type: 'owner', ...header })
  }
  yield JSON.stringify({ type: 'opening', lines: plain(books.balances) })
  for (const payload of facts) {
    // As above.
    const entry = apply(books, fromBytes(payload, file) as Fact)
    if (entry === undefined) continue
    const lines = entry.lines.map(({ account, amount }) => [account, amount.toString()])
    yield JSON.stringify({ type: 'entry', kind: entry.kind, lines })
  }
  yield* vouchers(books)
}

function* vouchers(books: Books): Iterable<string> {
  for (const [payee, cumulative] of books.issued) {
    yield JSON.stringify({ type: 'issued', payee, cumulative: cumulative.toString() })
  }
  for (const { payer, cumulative, seq, totalIssued, signature } of books.accepted.values()) {
    const sums = { cumulative: cumulative.toString(), seq: seq.toString(), totalIssued: totalIssued.toString() }
    yield JSON.stringify({ type: 'accepted', payer, ...sums, signature: toHex(signature) })
  }
  for (const [payer, { billed, billedBytes }] of books.billing) {
    yield JSON.stringify({ type: 'billed', payer, billed: billed.toString(), billedBytes })
  }
}

function plain(balances: ReadonlyMap<string, bigint>): readonly (readonly [string, string])[] {
  return [...balances].map(([account, amount]) => [account, amount.toString()])
}
