/**
 * What sellers that have not proved themselves hold of our money, all together. Accounts cost nothing: a ceiling on each
 * of them alone would let a thief with many take the whole budget.
 */

import { type Btt, btt, maxBig, zeroBtt } from '@millrace/base'
import type { Account } from '@millrace/voucher'

export class UntriedSellers {
  readonly #promisedMax: Btt
  readonly #tried = new Set<Account>()
  readonly #promised = new Map<Account, bigint>()

  /** `promisedMax`: to all untried sellers together. */
  constructor(promisedMax: Btt) {
    this.#promisedMax = promisedMax
  }

  /** What may be promised to this seller now; undefined when it was tried: its own bill decides. */
  roomFor(seller: Account): Btt | undefined {
    if (this.#tried.has(seller)) return undefined
    let promised = 0n
    for (const amount of this.#promised.values()) promised += amount
    return maxBig(zeroBtt, btt(this.#promisedMax - promised))
  }

  /** Call before anything is awaited: two sellers must not see the same room. */
  promise(seller: Account, amount: Btt): void {
    if (!this.#tried.has(seller)) this.#promised.set(seller, (this.#promised.get(seller) ?? 0n) + amount)
  }

  /** Nothing was issued after all. */
  release(seller: Account, amount: Btt): void {
    const promised = this.#promised.get(seller)
    if (promised !== undefined) this.#promised.set(seller, maxBig(0n, promised - amount))
  }

  /** Bytes of this seller were verified, paid for or not: its room is free for others. */
  tried(seller: Account): void {
    this.#tried.add(seller)
    this.#promised.delete(seller)
  }
}
