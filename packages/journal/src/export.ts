/** The journal as JSON lines, for a program that checks the sums without this one. Read only; the books may be open. */

import path from 'node:path'
import { toHex } from '@millrace/base'
import type { Account } from '@millrace/voucher'
import { apply, type Books, type Fact } from './facts.ts'
import { readLog, writeAtomically } from './log-file.ts'
import { checkHeader, fromBytes, type Header, logPath, readSnapshot } from './snapshot.ts'
import { cashedFrom, paidOutTo } from './vault-sums.ts'

/** Written beside the books when they close. */
export const journalName = 'journal.jsonl'

/**
 * One line for the owner, one for the balances that the log starts from, one for each entry since, with amounts as decimal
 * strings (debits positive), and at the end what each pair's vouchers came to: `issued`, `accepted` and `cashed`, each
 * with its payer and payee, and `billed`.
 *
 * @example
 * for (const line of exportJournal(folder)) process.stdout.write(`${line}\n`)
 * // {"type":"entry","kind":"issued","lines":[["expense","5"],["payable:0x..","-5"]]}
 */
export function* exportJournal(folder: string): Iterable<string> {
  const { header: first, generation, books } = readSnapshot(folder)
  const file = logPath(folder, generation)
  const [record, ...facts] = readLog(file).payloads
  // Written by the store, guarded by its checksum.
  const header = record === undefined ? first : (fromBytes(record, file) as Header)
  if (header === undefined) return
  checkHeader(header, undefined, file)
  yield JSON.stringify({ type: 'owner', ...header })
  yield JSON.stringify({ type: 'opening', lines: plain(books.balances) })
  for (const payload of facts) {
    // As above.
    const entry = apply(books, fromBytes(payload, file) as Fact)
    if (entry === undefined) continue
    const lines = entry.lines.map(({ account, amount }) => [account, amount.toString()])
    yield JSON.stringify({ type: 'entry', kind: entry.kind, lines })
  }
  yield* pairs(books, header.account)
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
}

function plain(balances: ReadonlyMap<string, bigint>): readonly (readonly [string, string])[] {
  return [...balances].map(([account, amount]) => [account, amount.toString()])
}
