/** The chain of a run: one balance a payer, vouchers cashed first come, first served. Every base unit is on one side or the other. */

import { assert, type Btt, btt, minBig, zeroBtt } from '@millrace/base'
import type { PayerBond, PayerCoverage } from '@millrace/voucher'

/** What the vouchers of a run came to in the end. */
export interface VaultTotals {
  /** What payees put back into their own balances counts here and in `paidOut`. */
  readonly deposited: Btt
  readonly paidOut: Btt
  /** What is left of the deposits. */
  readonly balance: Btt
  /** Accepted by payees, and not covered when they cashed. */
  readonly uncovered: Btt
}

interface Books {
  deposited: Btt
  paidOut: Btt
}

export class Vault {
  readonly #books = new Map<number, Books>()
  readonly #bonds = new Map<number, PayerBond>()
  #uncovered = zeroBtt

  deposit(payer: number, amount: Btt): void {
    const books = this.#booksOf(payer)
    books.deposited = btt(books.deposited + amount)
  }

  balanceOf(payer: number): Btt {
    const { deposited, paidOut } = this.#booksOf(payer)
    return btt(deposited - paidOut)
  }

  /** What a payee reads of a payer. Nobody withdraws in a run. */
  coverageOf(payer: number): PayerCoverage {
    const { deposited, paidOut } = this.#booksOf(payer)
    return { deposited, withdrawn: zeroBtt, planned: zeroBtt, paidOut, bond: this.#bonds.get(payer) }
  }

  /** What the bond contract says of a payer. Nothing covers a voucher of one that was proven to over-issue. */
  noteBond(payer: number, bond: PayerBond): void {
    this.#bonds.set(payer, bond)
  }

  /** Pays what a payee's newest voucher promises, as far as the payer's balance goes; answers how much that was. */
  cash(payer: number, amount: Btt): Btt {
    const paid = minBig(this.balanceOf(payer), amount)
    const books = this.#booksOf(payer)
    books.paidOut = btt(books.paidOut + paid)
    this.#uncovered = btt(this.#uncovered + amount - paid)
    return btt(paid)
  }

  /** Deposits = balances + paid out, to the base unit. */
  totals(): VaultTotals {
    let [balance, deposited, paidOut] = [0n, 0n, 0n]
    for (const [payer, books] of this.#books) {
      balance += this.balanceOf(payer)
      deposited += books.deposited
      paidOut += books.paidOut
    }
    assert(deposited === balance + paidOut && balance >= 0n, 'deposits that are balances and payouts')
    return { deposited: btt(deposited), paidOut: btt(paidOut), balance: btt(balance), uncovered: this.#uncovered }
  }

  #booksOf(payer: number): Books {
    const known = this.#books.get(payer)
    if (known !== undefined) return known
    const fresh = { deposited: zeroBtt, paidOut: zeroBtt }
    this.#books.set(payer, fresh)
    return fresh
  }
}
