/** The one owner of a payee's book: what was accepted from whom, and when it is cashed. */

import { type Btt, btt, type Crash, type Logger, maxBig, messageOf, zeroBtt } from '@millrace/base'
import type { Account, Backing, Ledger, SignedVoucher } from '@millrace/voucher'
import type { DeskBooks } from './desk-books.ts'

export interface PayeeParts {
  readonly ledger: Ledger
  readonly books: DeskBooks
  readonly logger: Logger
  readonly crash?: Crash | undefined
  /** Whether these are worth cashing now. Throws what asking the chain throws. */
  readonly isWorthCashing: (claims: readonly Claim[], atExit: boolean) => Promise<boolean>
}

/** Accepted from a payer and not cashed. */
export interface Claim {
  readonly payer: Account
  readonly unclaimed: Btt
}

export class Payee {
  readonly #parts: PayeeParts
  readonly #payee: Account
  readonly #accepted: Map<Account, SignedVoucher>
  readonly #startedAt: Btt
  readonly #listeners: ((voucher: SignedVoucher) => void)[] = []
  #cashed: Btt = zeroBtt
  /** The cashing under way. */
  #cashing: Promise<void> | undefined

  constructor(parts: PayeeParts) {
    this.#parts = parts
    const { payee, accepted } = parts.books.store.payeeBook()
    this.#payee = payee
    this.#accepted = new Map(accepted)
    this.#startedAt = acceptedSum(accepted)
  }

  newest(payer: Account): SignedVoucher | undefined {
    return this.#accepted.get(payer)
  }

  /** What the chain says stands behind the payer's vouchers to us. */
  backing(payer: Account): Backing | undefined {
    const coverage = this.#parts.ledger.coverage(payer)
    const cashed = this.#parts.ledger.cashed(payer, this.#payee)
    return coverage === undefined || cashed === undefined ? undefined : { coverage, cashed }
  }

  /** Calls back with each voucher that is accepted from here on. */
  onAccepted(listener: (voucher: SignedVoucher) => void): void {
    this.#listeners.push(listener)
  }

  /** Paid by the payer's vault over all time, as far as we know. */
  cashedFrom(payer: Account): Btt {
    return btt(this.#cashedOf(payer))
  }

  /** Takes a voucher that was checked; false when the books cannot. */
  accept(voucher: SignedVoucher): boolean {
    const { books, crash } = this.#parts
    crash?.at('payee.voucher-checked')
    if (!books.note((store) => store.accepted(voucher))) return false
    crash?.at('payee.voucher-accepted')
    this.#accepted.set(voucher.payer, voucher)
    for (const listener of this.#listeners) listener(voucher)
    return true
  }

  /** Accepted in this run. */
  get earned(): Btt {
    return btt(acceptedSum(this.#accepted) - this.#startedAt)
  }

  /** Paid out by the vault in this run. */
  get cashed(): Btt {
    return this.#cashed
  }

  /**
   * Cashes into our own vault balance when it pays: called after each block, now and then, and at the end. Never rejects:
   * what fails stays in the books.
   */
  async cashWhenWorth(atExit = false): Promise<void> {
    // What was accepted while an earlier cashing was under way is not in it.
    if (atExit) await this.#cashing
    this.#cashing ??= this.#cash(atExit).finally(() => {
      this.#cashing = undefined
    })
    return this.#cashing
  }

  async #cash(atExit: boolean): Promise<void> {
    const { ledger, books, logger, crash, isWorthCashing } = this.#parts
    const vouchers = this.#unclaimed()
    if (vouchers.length === 0 || !books.isOpen) return
    const claims = vouchers.map(({ payer, cumulative }) => ({
      payer,
      unclaimed: btt(cumulative - this.#cashedOf(payer)),
    }))
    try {
      if (!(await isWorthCashing(claims, atExit))) return
      // What is not known to be on disk waits for the next start.
      if (!(await books.noteDurably((store) => store.flush()))) return
      crash?.at('payee.cashing-begun')
      const outcomes = await ledger.cash(vouchers)
      crash?.at('payee.cashed')
      for (const { payer, paid, cashed, skipped } of outcomes) {
        this.#cashed = btt(this.#cashed + paid)
        books.note((store) => store.agree({ cashed: new Map([[payer, cashed]]) }))
        if (skipped !== undefined) logger.log('warn', 'voucher not cashed', { payer, reason: skipped })
      }
    } catch (error) {
      logger.log('warn', 'cashing failed, the vouchers stay in the books', { reason: messageOf(error) })
    }
  }

  #unclaimed(): readonly SignedVoucher[] {
    return [...this.#accepted.values()].filter((voucher) => voucher.cumulative > this.#cashedOf(voucher.payer))
  }

  /** A payer that did not come back in this run is not watched: the books remember it. */
  #cashedOf(payer: Account): bigint {
    return maxBig(this.#parts.ledger.cashed(payer, this.#payee) ?? 0n, this.#parts.books.store.cashedFrom(payer))
  }
}

function acceptedSum(accepted: ReadonlyMap<Account, SignedVoucher>): Btt {
  let sum = 0n
  for (const voucher of accepted.values()) sum += voucher.cumulative
  return btt(sum)
}
