/** The set-offs of a desk, by account. */

import { type Btt, btt, type Logger } from '@millrace/base'
import { type Account, agreedSum } from '@millrace/voucher'
import type { DeskBooks } from './desk-books.ts'
import { SetOffPair, type Sides } from './set-off-pair.ts'

export class SetOffs {
  readonly #parts: { readonly books: DeskBooks; readonly logger: Logger }
  readonly #pairs = new Map<Account, SetOffPair>()

  constructor(parts: { readonly books: DeskBooks; readonly logger: Logger }) {
    this.#parts = parts
  }

  /** Set off in this run, with everybody. */
  get sum(): Btt {
    return btt([...this.#pairs.values()].reduce((sum, pair) => sum + pair.sum, 0n))
  }

  /** Of an account that buys from us and sells to us, or once did both: one side alone counts what was agreed then. */
  pairOf(account: Account, sides: Sides): SetOffPair | undefined {
    const { store } = this.#parts.books
    const isMutual = sides.seller !== undefined && sides.buyer !== undefined
    const known = this.#pairs.get(account)
    if (known === undefined && !isMutual && agreedSum(store.setOffWith(account)) === 0n) return undefined
    const pair = known ?? new SetOffPair(this.#parts, { account, bootId: store.bootId })
    pair.join(sides)
    this.#pairs.set(account, pair)
    return pair
  }

  forget(account: Account): void {
    this.#pairs.delete(account)
  }

  tick(): void {
    for (const pair of this.#pairs.values()) pair.tick()
  }
}
