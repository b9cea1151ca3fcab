/** A folder of books: one snapshot (generation n, perhaps absent) and the log of what came after it. */

import { existsSync } from 'node:fs'
import path from 'node:path'
import { type Crash, messageOf, toHex } from '@millrace/base'
import type { Account } from '@millrace/voucher'
import { JournalError } from './errors.ts'
import { type Books, decodeJson, emptyBooks, encodeJson } from './facts.ts'
import { readLog, writeAtomically } from './log-file.ts'
import { encodeRecord } from './record.ts'

/**
 * Raised when an older program could not read what a newer one writes. 2: with what is set off; 3: with what the incentive
 * pool paid.
 */
export const formatVersion = 3

/** Whose books, and on which ledger. */
export interface Owner {
  readonly account: Account
  readonly ledgerId: Uint8Array
}

/** The first record of a snapshot and of each log. */
export interface Header {
  readonly format: number
  readonly account: Account
  readonly ledger: string
}

export interface Snapshot {
  readonly generation: number
  readonly books: Books
}

export function headerOf(owner: Owner): Header {
  return { format: formatVersion, account: owner.account, ledger: toHex(owner.ledgerId) }
}

export function logPath(folder: string, generation: number): string {
  return path.join(folder, `books.${generation}.log`)
}

export function snapshotPath(folder: string): string {
  return path.join(folder, 'books.snapshot')
}

export function writeSnapshot(folder: string, header: Header, { generation, books }: Snapshot, crash?: Crash): void {
  const record = encodeRecord(toBytes({ header, generation, books }))
  writeAtomically(snapshotPath(folder), record, (step) => crash?.at(`books.snapshot-${step}`))
}

/** Reads the snapshot; generation 0 and empty books where there is none. `expected` absent: any owner's will do. */
export function readSnapshot(folder: string, expected?: Header): Snapshot & { readonly header?: Header } {
  const file = snapshotPath(folder)
  const { payloads, wholeBytes } = readLog(file)
  const [payload] = payloads
  if (payload === undefined) {
    if (wholeBytes === 0 && !existsSync(file)) return { generation: 0, books: emptyBooks() }
    throw new JournalError('corrupt', `${file} cannot be read: restore the disk; do not sign with this key from here`)
  }
  // Written by `writeSnapshot` and guarded by its checksum; the header says whether this version can read it.
  const content = fromBytes(payload, file) as { readonly header: Header } & Snapshot
  checkHeader(content.header, expected, file)
  // Snapshots of before days were noted lack what is filled here; those of format 1 know of nothing set off.
  const books = { ...emptyBooks(), ...content.books }
  return { header: content.header, generation: content.generation, books }
}

export function isOlder(header: Header | undefined): boolean {
  return header !== undefined && header.format < formatVersion
}

/** Refuses files of a newer format, of another key or on another ledger. */
export function checkHeader(header: Header, expected: Header | undefined, file: string): void {
  if (header.format > formatVersion) {
    throw new JournalError(
      'newer-format',
      `${file} has format ${header.format} and this program reads up to ${formatVersion}: use the newer program`,
    )
  }
  if (expected === undefined) return
  if (header.account !== expected.account) {
    throw new JournalError(
      'other-key',
      `${file} holds the books of ${header.account}, not of ${expected.account}: each key needs its own folder`,
    )
  }
  if (header.ledger !== expected.ledger) {
    throw new JournalError(
      'other-ledger',
      `${file} belongs to ledger ${header.ledger}, not to ${expected.ledger}: each ledger needs its own folder`,
    )
  }
}

export function toBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(encodeJson(value))
}

export function fromBytes(payload: Uint8Array, file: string): unknown {
  try {
    return decodeJson(new TextDecoder().decode(payload))
  } catch (cause) {
    throw new JournalError('corrupt', `${file} holds a record that is no JSON (${messageOf(cause)})`, { cause })
  }
}
