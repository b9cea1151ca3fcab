/** The books of a process of ours, read as they lie on disk: after a kill, or while nobody has them open. */

import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Btt, btt, fromHex } from '@millrace/base'
import { exportJournal, FileBookStore } from '@millrace/journal'

/** Of the default of `FileBookStore`. */
const logBytesMax = 4 * 1024 * 1024
const stranger = '0x00000000000000000000000000000000000000aa'

/** What the books of one key say, in base units. */
export interface BooksOnDisk {
  readonly folder: string
  /** Of all balances: 0, or an entry has one side only. */
  readonly sum: bigint
  /** Promised to everybody. */
  readonly issued: bigint
  readonly accepted: bigint
  /** What our own vouchers were cashed for, and what we cashed of others'. */
  readonly cashed: bigint
  readonly writtenOff: bigint
}

interface JournalLine {
  readonly type: string
  readonly account?: `0x${string}`
  readonly ledger?: string
  readonly lines?: readonly (readonly [string, string])[]
  readonly cumulative?: string
  readonly cashed?: string
}

/** The books below the home of a process, and leaves their journal beside them for the audit; undefined without books. */
export function booksBelow(home: string): BooksOnDisk | undefined {
  const folder = booksFolder(home)
  if (folder === undefined) return undefined
  const text = [...exportJournal(folder)]
  writeFileSync(path.join(folder, 'journal.jsonl'), text.map((line) => `${line}\n`).join(''))
  const lines = text.map((line) => JSON.parse(line) as JournalLine) // as `exportJournal` documents them
  const balances = lines.flatMap((line) => line.lines ?? [])
  const total = (amounts: readonly (string | undefined)[]): bigint =>
    amounts.reduce((sum, amount) => sum + BigInt(amount ?? '0'), 0n)
  const of = (type: string): readonly JournalLine[] => lines.filter((line) => line.type === type)
  return {
    folder,
    sum: total(balances.map(([, amount]) => amount)),
    issued: total(of('issued').map((line) => line.cumulative)),
    accepted: total(of('accepted').map((line) => line.cumulative)),
    cashed: total(of('cashed').map((line) => line.cashed)),
    writtenOff: total(balances.filter(([account]) => account === 'writtenOff').map(([, amount]) => amount)),
  }
}

/** Fills the log of books that nobody has open until a few more facts fold it into a snapshot. */
export async function fillLog(folder: string, roomBytes: number): Promise<void> {
  const owner = JSON.parse([...exportJournal(folder)][0] ?? '') as Required<JournalLine> // the first line is the owner's
  const ledgerId = fromHex(`0x${owner.ledger}`)
  if (ledgerId === undefined) throw new Error(`no ledger: ${owner.ledger}`)
  const store = await FileBookStore.open({ folder, account: owner.account, ledgerId })
  const log = newestLog(folder)
  let billed = store.billing(stranger)?.billedBytes ?? 0
  while (statSync(log).size < logBytesMax - roomBytes) {
    billed += 1
    store.billed(stranger, btt(BigInt(billed)), billed)
  }
  await store.close()
}

/** What a power cut may do: all that came after the last mark is gone, for nothing but marks waits for the disk. */
export function loseAfterLastMark(folder: string): void {
  const log = newestLog(folder)
  const bytes = readFileSync(log)
  let end = 0
  for (let at = 0; at + 8 <= bytes.length; ) {
    const next = at + 8 + bytes.readUInt32BE(at)
    if (
      bytes
        .subarray(at + 8, next)
        .toString()
        .startsWith('{"t":"mark"')
    )
      end = next
    at = next
  }
  truncateSync(log, end)
}

/** Amounts of a test, from whole BTT. */
export function wholeBtt(amount: number): Btt {
  return btt(BigInt(amount) * 10n ** 18n)
}

function booksFolder(home: string): string | undefined {
  const found = readdirSync(home, { recursive: true, encoding: 'utf8' }).find((name) => /books\.\d+\.log$/.test(name))
  return found === undefined ? undefined : path.join(home, path.dirname(found))
}

function newestLog(folder: string): string {
  const generations = readdirSync(folder).flatMap((name) => /^books\.(\d+)\.log$/.exec(name)?.[1] ?? [])
  const newest = Math.max(...generations.map(Number))
  return path.join(folder, `books.${newest}.log`)
}
