/** In what order a block tries the pool's transactions: the best price first, of equals the one that came first. */

import type { Hex } from 'viem'
import type { ChainTransaction } from '../block.ts'
import { bidOf, effectivePrice } from '../execution/price.ts'
import { Heap } from './heap.ts'

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
  const heap = new Heap<Offer>((a, b) => (a.price === b.price ? a.arrived < b.arrived : a.price > b.price))
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
