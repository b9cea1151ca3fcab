/**
 * Durable books and the double-entry journal of one key on one ledger: what it promised, what it was promised, what it
 * billed, and where each BTT went. What a voucher means is not decided here.
 *
 *     books.snapshot   one record: header, generation n, everything up to there (absent at first)
 *     books.<n>.log    a header record, then a record for each fact; a torn tail is cut off
 *     journal.jsonl    the journal for other programs, written when the books close
 *     lock             the process that has the books open
 *
 * A record is length (4 bytes, big-endian), CRC-32 of the payload (4 bytes), payload (JSON).
 */

export type { Entry, Line } from './accounts.ts'
export { type BookStoreOptions, FileBookStore, flushMs } from './book-store.ts'
export { JournalError, type JournalErrorCode } from './errors.ts'
export { exportJournal, exportJournalCsv, journalName, readStatement, statementCsv } from './export.ts'
export type { Billing } from './facts.ts'
export { formatVersion, type Owner } from './snapshot.ts'
export type { Period, Statement, StatementRow } from './statement.ts'
export type { OpenPairs, VaultSums } from './vault-sums.ts'
