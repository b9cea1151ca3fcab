/** The one owner of a payee's book: what was accepted from whom, and when it is cashed. */

import { type Btt, btt, type Logger, maxBig, messageOf, zeroBtt } from '@millrace/base'
import type { FileBookStore } from '@millrace/journal'
import type { Account, Backing, Ledger, PayeeBook, SignedVoucher } from '@millrace/voucher'

export interface PayeeParts {
  readonly ledger: Ledger
  readonly books: FileBookStore
  readonly logger: Logger
  /** Whether the unclaimed sum is worth cashing now. */
  readonly isWorthCashing: (vouchers: number, unclaimed: Btt) => Promise<boolean>
}

export class Payee {
  readonly #parts: PayeeParts
  #book: PayeeBook
  readonly #startedAt: Btt
  #cashed: Btt = zeroBtt
  #isCashing = false

  constructor(parts: PayeeParts) {
    this.#parts = parts
    this.#book = parts.books.payeeBook()
    this.#startedAt = acceptedSum(this.#book)
  }

  newest(payer: Account): SignedVoucher | undefined {
    return this.#book.accepted.get(payer)
  }

  /** What the chain says stands behind the payer's vouchers to us. */
  backing(payer: Account): Backing | undefined {
    const coverage = this.#parts.ledger.coverage(payer)
    const cashed = this.#parts.ledger.cashed(payer, this.#book.payee)
    return coverage === undefined || cashed === undefined ? undefined : { coverage, cashed }
  }

  /** Takes a voucher that was checked. */
  accept(voucher: SignedVoucher): void {
    this.#book = { ...this.#book, accepted: new Map(this.#book.accepted).set(voucher.payer, voucher) }
    this.#parts.books.accepted(voucher)
  }

  /** Accepted in this run. */
  get earned(): Btt {
    return btt(acceptedSum(this.#book) - this.#startedAt)
  }

  /** Paid out by the vault in this run. */
  get cashed(): Btt {
    return this.#cashed
  }

  /** Cashes when it pays; called after each block. */
  async cashWhenWorth(): Promise<void> {
    const vouchers = this.#unclaimed()
    if (this.#isCashing || vouchers.length === 0) return
    if (await this.#parts.isWorthCashing(vouchers.length, this.#unclaimedSum(vouchers))) await this.cashAll()
  }

  /** Cashes whatever is not cashed yet, into our own vault balance. What fails stays in the books. */
  async cashAll(): Promise<void> {
    const vouchers = this.#unclaimed()
    if (this.#isCashing || vouchers.length === 0) return
    this.#isCashing = true
    try {
      await this.#parts.books.flush()
      for (const outcome of await this.#parts.ledger.cash(vouchers)) {
        this.#cashed = btt(this.#cashed + outcome.paid)
        this.#parts.books.agree({ cashed: new Map([[outcome.payer, outcome.cashed]]) })
        if (outcome.skipped === undefined) continue
        this.#parts.logger.log('warn', 'voucher not cashed', { payer: outcome.payer, reason: outcome.skipped })
      }
    } catch (error) {
      this.#parts.logger.log('warn', 'cashing failed, the vouchers stay in the books', { reason: messageOf(error) })
    } finally {
      this.#isCashing = false
    }
  }

  #unclaimed(): readonly SignedVoucher[] {
    return [...this.#book.accepted.values()].filter((voucher) => voucher.cumulative > this.#cashedOf(voucher.payer))
  }

  #unclaimedSum(vouchers: readonly SignedVoucher[]): Btt {
    return btt(vouchers.reduce((sum, voucher) => sum + voucher.cumulative - this.#cashedOf(voucher.payer), 0n))
  }

  /** A payer that did not come back in this run is not watched: the books remember it. */
  #cashedOf(payer: Account): bigint {
    return maxBig(this.#parts.ledger.cashed(payer, this.#book.payee) ?? 0n, this.#parts.books.cashedFrom(payer))
  }
}

function acceptedSum(book: PayeeBook): Btt {
  let sum = 0n
  for (const voucher of book.accepted.values()) sum += voucher.cumulative
  return btt(sum)
}
