/** The one owner of a payer's book: issues vouchers within the budget and what the vault holds, marks reserved ahead. */

import { type Btt, btt, type Crash, minBig, zeroBtt } from '@millrace/base'
import {
  type Account,
  adopt,
  isOutdated,
  issue,
  type Ledger,
  type PayerBook,
  type SignedVoucher,
  type Signer,
  wantedMark,
  withMark,
} from '@millrace/voucher'
import type { DeskBooks } from './desk-books.ts'

export interface PayerParts {
  readonly ledger: Ledger
  readonly signer: Signer
  readonly books: DeskBooks
  readonly crash?: Crash | undefined
}

export class Payer {
  readonly #parts: PayerParts
  #startedAt: Btt
  readonly #budget: Btt
  readonly #newest = new Map<Account, SignedVoucher>()
  #book: PayerBook
  #reserving: Promise<boolean> | undefined
  #isHalted = false
  #voucherCount = 0

  /** `budget` is what this run may promise, beyond what was promised before it. */
  constructor(parts: PayerParts, budget: Btt) {
    this.#parts = parts
    this.#book = parts.books.store.payerBook()
    this.#startedAt = this.#book.totalIssued
    this.#budget = budget
  }

  /** What may still be promised to all sellers together. */
  get budgetLeft(): Btt {
    const left = btt(this.#limit - this.#book.totalIssued)
    return left > 0n ? left : zeroBtt
  }

  /** Promised in this run, with what was counted for a voucher that the books then could not take. */
  get spent(): Btt {
    return btt(this.#book.totalIssued - this.#startedAt)
  }

  get voucherCount(): number {
    return this.#voucherCount
  }

  paidTo(payee: Account): Btt {
    return this.#book.issued.get(payee) ?? zeroBtt
  }

  /** The newest voucher for a payee, to be sent again; undefined when there is none in memory. */
  newest(payee: Account): SignedVoucher | undefined {
    return this.#newest.get(payee) ?? this.#parts.books.store.newestIssued(payee)
  }

  /**
   * Promises `amount` more, or what is left; undefined when nothing is, or the books cannot be written. The mark is on
   * disk before it is signed.
   */
  async issue(payee: Account, amount: Btt): Promise<SignedVoucher | undefined> {
    const { books, signer, ledger, crash } = this.#parts
    const affordable = minBig(amount, this.budgetLeft)
    if (affordable <= 0n || !books.isOpen || this.#isHalted) return undefined
    const step = issue(this.#book, payee, affordable, this.#limit)
    if (!step.ok) {
      if (step.error.kind === 'limit') return undefined
      return (await this.#reserve(step.error.mark)) ? this.issue(payee, amount) : undefined
    }
    this.#book = step.value.book
    this.#reserveAhead(affordable)
    const { voucher } = step.value
    const signed = { ...voucher, signature: await signer.signVoucher(ledger.domain, voucher) }
    crash?.at('payer.signed')
    // A sum that rose meanwhile (the payee showed a higher voucher) is in the books, and holds this one.
    const isNewest = this.paidTo(payee) <= signed.cumulative
    if (!books.note((store) => isNewest && store.issued(signed))) return undefined
    crash?.at('payer.issued')
    this.#voucherCount++
    if ((this.#newest.get(payee)?.cumulative ?? zeroBtt) < signed.cumulative) this.#newest.set(payee, signed)
    return signed
  }

  /**
   * A payee holds a voucher above what we remember. Our sum for it now; undefined when none of ours can be that high, or
   * the books cannot be written.
   */
  adopt(payee: Account, claimed: Btt): Btt | undefined {
    const book = adopt(this.#book, payee, claimed)
    if (book === undefined) return undefined
    if (book !== this.#book && !this.#noteClaim(payee, claimed)) return undefined
    // Nothing new was promised: it is not of this run's budget.
    this.#startedAt = btt(this.#startedAt + book.totalIssued - this.#book.totalIssued)
    this.#book = book
    return this.paidTo(payee)
  }

  /**
   * The vault paid our vouchers, to each payee as much over all time. Signs nothing more when that is not what we promised:
   * another node uses this key, and two that sign with it contradict each other. True when that was found just now.
   */
  paidOut(paidTo: ReadonlyMap<Account, Btt>): boolean {
    const sum = btt([...paidTo.values()].reduce((total, paid) => total + paid, 0n))
    if (this.#isHalted || !isOutdated(this.#book, sum, paidTo)) return false
    this.#isHalted = true
    return true
  }

  /** The book as it stands, for the books to be closed with. */
  async finish(): Promise<PayerBook> {
    await this.#reserving
    return this.#book
  }

  /** Ceiling of `totalIssued`: the budget of this run, and what stays in the vault. */
  get #limit(): Btt {
    const coverage = this.#parts.ledger.coverage(this.#book.payer)
    const staying = coverage === undefined ? zeroBtt : btt(coverage.deposited - coverage.withdrawn - coverage.planned)
    return minBig(staying, btt(this.#startedAt + this.#budget))
  }

  #reserveAhead(amount: Btt): void {
    const mark = wantedMark(this.#book, amount, this.#limit)
    if (mark !== undefined && this.#reserving === undefined) void this.#reserve(mark)
  }

  #noteClaim(payee: Account, claimed: Btt): boolean {
    const { books, crash } = this.#parts
    crash?.at('payer.claim-heard')
    if (!books.note((store) => store.adopted(payee, claimed))) return false
    crash?.at('payer.claim-adopted')
    return true
  }

  /** One reservation at a time; whoever comes second waits for the first and looks again. False when the books failed. */
  #reserve(mark: PayerBook['mark']): Promise<boolean> {
    const { books, crash } = this.#parts
    if (this.#reserving === undefined) crash?.at('payer.mark-wanted')
    this.#reserving ??= books
      .noteDurably((store) => store.reserve(mark))
      .then((isReserved) => {
        crash?.at('payer.mark-synced')
        if (isReserved) this.#book = withMark(this.#book, mark)
        this.#reserving = undefined
        return isReserved
      })
    return this.#reserving
  }
}
