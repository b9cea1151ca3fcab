/** The one bank of a posted price: each knows at once who can pay. Lab only; stands for Dandelion's server. */

import { assert, type Btt, btt, minBig, zeroBtt } from '@millrace/base'

export class CreditBank {
  readonly #balances = new Map<number, Btt>()
  readonly #spent = new Map<number, Btt>()
  readonly #earned = new Map<number, Btt>()

  deposit(owner: number, amount: Btt): void {
    this.#balances.set(owner, btt(this.balanceOf(owner) + amount))
  }

  balanceOf(owner: number): Btt {
    return this.#balances.get(owner) ?? zeroBtt
  }

  spentBy(owner: number): Btt {
    return this.#spent.get(owner) ?? zeroBtt
  }

  earnedBy(owner: number): Btt {
    return this.#earned.get(owner) ?? zeroBtt
  }

  /** Moves money at once; nobody can owe any. */
  pay(from: number, to: number, amount: Btt): void {
    assert(minBig(this.balanceOf(from), amount) === amount, 'a payment that its payer has the money for')
    this.deposit(from, btt(-amount))
    this.deposit(to, amount)
    this.#spent.set(from, btt(this.spentBy(from) + amount))
    this.#earned.set(to, btt(this.earnedBy(to) + amount))
  }
}
