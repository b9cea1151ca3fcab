/**
 * What a payer promised to whom. `seq` and `totalIssued` are promised ahead of time by a mark on disk, so that no voucher
 * waits for the disk and none is ever issued twice: after a crash both go on at the mark. What lies between the sum of
 * the remembered vouchers and `totalIssued` is unattributed: promised, to whom was lost. A payee that says that it holds
 * some of it is believed, for the sake of peace, but what it says is not signed: `totalIssued` grows by it, so that
 * the vouchers of whoever does hold it stay within it and nobody can prove an over-issue.
 */

import { type Btt, btt, maxBig, minBig, ok, type Result, refuse, zeroBtt } from '@millrace/base'
import type { Account } from './account.ts'
import type { Voucher } from './typed-data.ts'

/** The highest `seq` and `totalIssued` that may be signed. On disk before it is used. */
export interface ReserveMark {
  readonly seq: bigint
  readonly totalIssued: Btt
}

export interface PayerBook {
  readonly payer: Account
  /** Newest cumulative sum by payee. */
  readonly issued: ReadonlyMap<Account, Btt>
  readonly seq: bigint
  /** At least the sum of `issued`. */
  readonly totalIssued: Btt
  /** Believed without proof, over all time: part of `issued`, and counted once more in `totalIssued`. */
  readonly adopted: Btt
  readonly mark: ReserveMark
}

/** Why no voucher was issued: `limit` = it would exceed what may be spent; `reserve` = persist `mark` first. */
export type IssueRefusal =
  | { readonly kind: 'limit'; readonly left: Btt }
  | { readonly kind: 'reserve'; readonly mark: ReserveMark }

/** Vouchers that one mark covers. */
export const reserveSeqCount = 1_024n
/** A mark reaches this part of what is left to spend further (1/64), or 16 vouchers like the one at hand. */
export const reserveLeftDivisor = 64n
export const reserveVoucherCount = 16n

export function emptyPayerBook(payer: Account): PayerBook {
  const mark = { seq: 0n, totalIssued: zeroBtt }
  return { payer, issued: new Map(), seq: 0n, totalIssued: zeroBtt, adopted: zeroBtt, mark }
}

/** The book after a start: remembered vouchers, and the last mark. After a clean end the mark is where the book ended. */
export function recoverPayerBook(
  payer: Account,
  issued: ReadonlyMap<Account, Btt>,
  mark: ReserveMark,
  adopted: Btt = zeroBtt,
): PayerBook {
  const totalIssued = maxBig(mark.totalIssued, sumOf(issued))
  return { payer, issued, seq: mark.seq, totalIssued, adopted, mark: { seq: mark.seq, totalIssued } }
}

/** Where the mark stands when the book is closed in order: nothing is skipped at the next start. */
export function closingMark(book: PayerBook): ReserveMark {
  return { seq: book.seq, totalIssued: book.totalIssued }
}

/** Promised to somebody, but to whom was lost in a crash. */
export function unattributed(book: PayerBook): Btt {
  return maxBig(zeroBtt, btt(book.totalIssued - sumOf(book.issued) - book.adopted))
}

/**
 * Promises `amount` more to `payee`, if `totalIssued` stays within `limit` and within the mark.
 *
 * @example
 * const step = issue(book, payee, btt(5n), deposited)
 * if (step.ok) sign(step.value.voucher)
 */
export function issue(
  book: PayerBook,
  payee: Account,
  amount: Btt,
  limit: Btt,
): Result<{ readonly book: PayerBook; readonly voucher: Voucher }, IssueRefusal> {
  const totalIssued = btt(book.totalIssued + amount)
  if (totalIssued > limit) return refuse({ kind: 'limit', left: maxBig(zeroBtt, btt(limit - book.totalIssued)) })
  const seq = book.seq + 1n
  if (seq > book.mark.seq || totalIssued > book.mark.totalIssued) {
    return refuse({ kind: 'reserve', mark: nextMark(book, amount, limit) })
  }
  const cumulative = btt((book.issued.get(payee) ?? zeroBtt) + amount)
  const issued = new Map(book.issued).set(payee, cumulative)
  return ok({
    book: { ...book, issued, seq, totalIssued },
    voucher: { payer: book.payer, payee, cumulative, seq, totalIssued },
  })
}

/**
 * Whether the chain paid out what this book cannot explain: neither by what it remembers to have promised to each payee,
 * nor by what it knows to be lost. Then it is a copy from before those promises (a restored backup), or the same key is at
 * work elsewhere, and it must not sign another.
 *
 * @param paidOut for all vouchers of this key, over all time
 * @param paidTo what of it went to each payee in the book, read no earlier than `paidOut`
 */
export function isOutdated(book: PayerBook, paidOut: Btt, paidTo: ReadonlyMap<Account, Btt>): boolean {
  let explained = 0n
  for (const [payee, issued] of book.issued) explained += minBig(issued, paidTo.get(payee) ?? zeroBtt)
  return paidOut - explained > book.totalIssued - sumOf(book.issued)
}

/** The mark is on disk: use it. */
export function withMark(book: PayerBook, mark: ReserveMark): PayerBook {
  return {
    ...book,
    mark: { seq: maxBig(book.mark.seq, mark.seq), totalIssued: maxBig(book.mark.totalIssued, mark.totalIssued) },
  }
}

/** The mark to persist next, asked for ahead of need so that no voucher waits; undefined while half is left. */
export function wantedMark(book: PayerBook, amount: Btt, limit: Btt): ReserveMark | undefined {
  const mark = nextMark(book, amount, limit)
  const isLow = (left: bigint, whole: bigint): boolean => left < whole && 2n * left < whole
  return isLow(book.mark.seq - book.seq, reserveSeqCount) ||
    isLow(book.mark.totalIssued - book.totalIssued, mark.totalIssued - book.totalIssued)
    ? mark
    : undefined
}

/**
 * A payee says that it holds a voucher of ours above what we remember. Believed as far as something is unattributed;
 * undefined when it is more than that, which no voucher of ours can be. All liars together get no more than was lost.
 */
export function adopt(book: PayerBook, payee: Account, claimed: Btt): PayerBook | undefined {
  const known = book.issued.get(payee) ?? zeroBtt
  if (claimed <= known) return book
  if (claimed - known > unattributed(book)) return undefined
  const added = claimed - known
  return {
    ...book,
    issued: new Map(book.issued).set(payee, claimed),
    totalIssued: btt(book.totalIssued + added),
    adopted: btt(book.adopted + added),
  }
}

function nextMark(book: PayerBook, amount: Btt, limit: Btt): ReserveMark {
  const ahead = maxBig(amount * reserveVoucherCount, (limit - book.totalIssued) / reserveLeftDivisor)
  // A limit that fell meanwhile (a planned withdrawal) takes nothing back that was reserved.
  const totalIssued = maxBig(book.mark.totalIssued, minBig(limit, btt(book.totalIssued + ahead)))
  return { seq: book.seq + reserveSeqCount, totalIssued }
}

function sumOf(issued: ReadonlyMap<Account, Btt>): Btt {
  let sum = 0n
  for (const cumulative of issued.values()) sum += cumulative
  return btt(sum)
}
