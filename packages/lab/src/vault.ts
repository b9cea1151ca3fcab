/** The chain of a run: one balance a payer, vouchers cashed first come, first served. Every base unit is on one side or the other. */

import { assert, type Btt, btt, minBig, zeroBtt } from '@millrace/base'

/** What the vouchers of a run came to in the end. */
export interface VaultTotals {
  readonly deposited: Btt
  readonly paidOut: Btt
  /** What is left of the deposits. */
  readonly balance: Btt
  /** Accepted by payees, and not covered when they cashed. */
  readonly uncovered: Btt
}

export class Vault {
  readonly #balances = new Map<number, Btt>()
  #deposited = zeroBtt
  #paidOut = zeroBtt
  #uncovered = zeroBtt

  deposit(payer: number, amount: Btt): void {
    this.#balances.set(payer, btt(this.balanceOf(payer) + amount))
    this.#deposited = btt(this.#deposited + amount)
  }

  balanceOf(payer: number): Btt {
    return this.#balances.get(payer) ?? zeroBtt
  }

  /** Pays what a payee's newest voucher promises, as far as the payer's balance goes; answers how much that was. */
  cash(payer: number, amount: Btt): Btt {
    const balance = this.balanceOf(payer)
    const paid = minBig(balance, amount)
    this.#balances.set(payer, btt(balance - paid))
    this.#paidOut = btt(this.#paidOut + paid)
    this.#uncovered = btt(this.#uncovered + amount - paid)
    return btt(paid)
  }

  /** Deposits = balances + paid out, to the base unit. */
  totals(): VaultTotals {
    let balance = 0n
    for (const part of this.#balances.values()) balance += part
    assert(this.#deposited === balance + this.#paidOut, 'deposits that are balances and payouts')
    return { deposited: this.#deposited, paidOut: this.#paidOut, balance: btt(balance), uncovered: this.#uncovered }
  }
}
