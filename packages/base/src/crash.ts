/**
 * Crash points: the places on the money's way where what is known changes hands, between memory, disk, socket and chain.
 * A test has the process killed at one of them; for everybody else passing one does nothing.
 */

/** Each name says what stands when its point is passed. */
export const crashPoints = [
  // Books: opened, folded into a snapshot, closed.
  'books.locked',
  'books.snapshot-begun',
  'books.snapshot-written',
  'books.snapshot-renamed',
  'books.log-begun',
  'books.settled',
  'books.exported',
  // Payer: a mark, then a voucher within it, then the socket.
  'payer.mark-wanted',
  'payer.mark-synced',
  'payer.signed',
  'payer.issued',
  'payer.sent',
  'payer.claim-heard',
  'payer.claim-adopted',
  'payer.cashing-heard',
  // Payee: a voucher in, a statement out, a debt that is given up, cashing.
  'payee.voucher-checked',
  'payee.voucher-accepted',
  'payee.stated',
  'payee.bill-noted',
  'payee.loss-known',
  'payee.loss-noted',
  'payee.cashing-begun',
  'payee.cashed',
  // A transaction: deposit, cashing, planned and taken withdrawal.
  'transaction.signed',
  'transaction.sent',
  'transaction.mined',
  // The chain: its pool, then one atomic batch a block.
  'chain.admitted',
  'chain.built',
  'chain.committed',
] as const

export type CrashPoint = (typeof crashPoints)[number]

/** Is told of each crash point that is passed, and may not return. Absent wherever nobody tests dying. */
export interface Crash {
  at(point: CrashPoint): void
}
