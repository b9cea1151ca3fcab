/** In what order a block tries the pool's transactions: the best price first, of equals the one that came first. */

import type { Hex } from 'viem'
import type { ChainTransaction } from '../block.ts'
import { bidOf, effectivePrice } from '../execution/price.ts'

export interface Selection {
  next(): ChainTransaction | undefined
  /** Leaves the rest of this account for a later block. */
  skip(sender: Hex): void
}

/** What the selection sees of an account: the nonce of its state, and what waits by nonce. */
export interface WaitingAccount {
  readonly nonce: bigint
  readonly queue: ReadonlyMap<bigint, ChainTransaction>
}

/** The transaction that an account would give next. */
interface Offer {
  readonly transaction: ChainTransaction
  readonly price: bigint
  readonly arrived: number
}

/** When transactions came: a count that rises with each. */
export class Arrivals {
  private readonly places = new Map<Hex, number>()
  private next = 0

  note(hash: Hex): void {
    this.places.set(hash, this.next++)
  }

  forget(hash: Hex): void {
    this.places.delete(hash)
  }

  of(hash: Hex): number {
    return this.places.get(hash) ?? 0
  }

  /** So many came up to now. */
  count(): number {
    return this.next
  }
}

/**
 * The selection sees what waits now. What comes while a block is built waits for the next one: else accounts that were there at
 * its beginning would fill it with all that they send meanwhile, and the others would wait behind them.
 */
export function selectionOf(
  accounts: ReadonlyMap<Hex, WaitingAccount>,
  baseFeePerGas: bigint,
  arrivals: Arrivals,
): Selection {
  const heap = new Heap()
  const end = arrivals.count()
  const skipped = new Set<Hex>()
  /** The account whose next transaction is offered once it is known that this one was no fault. */
  let last: ChainTransaction | undefined
  const offer = (sender: Hex, nonce: bigint): void => {
    const transaction = accounts.get(sender)?.queue.get(nonce)
    const price = transaction === undefined ? undefined : effectivePrice(bidOf(transaction.tx), baseFeePerGas)
    if (transaction === undefined || price === undefined) return
    const arrived = arrivals.of(transaction.hash)
    if (arrived < end) heap.push({ transaction, price, arrived })
  }
  for (const [sender, { nonce }] of accounts) offer(sender, nonce)
  return {
    next() {
      if (last !== undefined && !skipped.has(last.sender)) offer(last.sender, last.tx.nonce + 1n)
      last = undefined
      for (let best = heap.pop(); best !== undefined; best = heap.pop()) {
        const { sender, tx } = best.transaction
        if (skipped.has(sender)) continue
        // Another may have taken its place since, or a block.
        if (accounts.get(sender)?.queue.get(tx.nonce) !== best.transaction) {
          offer(sender, tx.nonce)
          continue
        }
        last = best.transaction
        return last
      }
      return undefined
    },
    skip(sender) {
      skipped.add(sender)
    },
  }
}

/** A binary heap, the best offer at its root. */
class Heap {
  private readonly offers: Offer[] = []

  push(offer: Offer): void {
    const { offers } = this
    let at = offers.push(offer) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.isBefore(at, parent)) break
      this.swap(at, parent)
      at = parent
    }
  }

  pop(): Offer | undefined {
    const { offers } = this
    if (offers.length === 0) return undefined
    this.swap(0, offers.length - 1)
    const best = offers.pop()
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= offers.length) break
      if (child + 1 < offers.length && this.isBefore(child + 1, child)) child++
      if (!this.isBefore(child, at)) break
      this.swap(at, child)
      at = child
    }
    return best
  }

  private isBefore(a: number, b: number): boolean {
    const [one, other] = [this.offers[a], this.offers[b]]
    if (one === undefined || other === undefined) return false
    return one.price === other.price ? one.arrived < other.arrived : one.price > other.price
  }

  private swap(a: number, b: number): void {
    const [one, other] = [this.offers[a], this.offers[b]]
    if (one === undefined || other === undefined) return
    this.offers[a] = other
    this.offers[b] = one
  }
}
