/** The books as they lie on disk, read only: somebody else may have them open. */

import type { Entry } from './accounts.ts'
import { apply, type Books, type Fact } from './facts.ts'
import { readLog } from './log-file.ts'
import { checkHeader, fromBytes, type Header, logPath, readSnapshot } from './snapshot.ts'

export interface ReadBooks {
  readonly header: Header
  /** Changes as `entries` is walked: before it they are what the log starts from, after it they are whole. */
  readonly books: Books
  /** What was entered since the last snapshot, in order. To be walked once. */
  readonly entries: Iterable<DatedEntry>
}

export interface DatedEntry extends Entry {
  /** Whole days since 1970, UTC; undefined in logs of before days were noted. */
  readonly day: number | undefined
}

/** Undefined where there are no books. Throws JournalError `corrupt`, `newer-format`. */
export function readBooks(folder: string): ReadBooks | undefined {
  const { header: first, generation, books } = readSnapshot(folder)
  const file = logPath(folder, generation)
  const [record, ...facts] = readLog(file).payloads
  // Written by the store, guarded by its checksum.
  const header = record === undefined ? first : (fromBytes(record, file) as Header)
  if (header === undefined) return undefined
  checkHeader(header, undefined, file)
  return { header, books, entries: entriesOf(books, file, facts) }
}

function* entriesOf(books: Books, file: string, facts: readonly Uint8Array[]): Iterable<DatedEntry> {
  for (const payload of facts) {
    // As above.
    const entry = apply(books, fromBytes(payload, file) as Fact)
    if (entry !== undefined) yield { ...entry, day: books.day }
  }
}
