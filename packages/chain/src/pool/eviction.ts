/**
 * Who leaves a full pool: of the accounts' last transactions the one that blocks would take last. Dropping a last one breaks no
 * run of nonces. The order is kept in a heap, so that a transaction that comes costs no walk over all accounts.
 */

import { minBig } from '@millrace/base'
import type { Hex } from 'viem'
import type { ChainTransaction } from '../block.ts'
import { bidOf, offeredPrice } from '../execution/price.ts'
import { Heap } from './heap.ts'
import type { Arrivals, WaitingAccount } from './selection.ts'

/** What a place in the pool is worth. */
export interface Rank {
  /** What no block could take now pays nothing for its place, whatever it bids. */
  readonly waitsForGap: boolean
  /**
   * The lowest price on the way to it: a block takes it after those before it, and so no earlier than the cheapest of them.
   * Otherwise one dear transaction, which is never reached, would hold the places of many cheap ones.
   */
  readonly price: bigint
}

export interface Tail extends Rank {
  readonly transaction: ChainTransaction
}

export interface EvictionOrder {
  /** Of a block now; at another one the order is another. */
  readonly baseFeePerGas: bigint
  /** Something of this account has come or gone. */
  touch(sender: Hex): void
  /** The first to go; undefined in an empty pool. */
  first(): Tail | undefined
}

/** A rank of an account's tail; void once the account has a later one. */
interface Entry {
  readonly tail: Tail
  readonly arrived: number
  readonly stamp: number
}

/** Void entries that may lie in the heap, beside as many as there are accounts. */
const voidEntriesMax = 1024

/** Whether a transaction of the first rank goes before one of the other. */
export function isBelow(a: Rank, b: Rank): boolean {
  return a.waitsForGap === b.waitsForGap ? a.price < b.price : a.waitsForGap
}

/** The rank of a transaction that waits in this account, or would. */
export function rankOf({ nonce, queue }: WaitingAccount, { tx }: ChainTransaction, baseFeePerGas: bigint): Rank {
  let price = offeredPrice(bidOf(tx), baseFeePerGas)
  let before = 0n
  for (const [at, waiting] of queue) {
    if (at >= tx.nonce) continue
    before += 1n
    price = minBig(price, offeredPrice(bidOf(waiting.tx), baseFeePerGas))
  }
  return { waitsForGap: before < tx.nonce - nonce, price }
}

/** The account's last transaction, by the same rule: all others are before it. One walk over what waits there. */
function tailOf({ nonce, queue }: WaitingAccount, baseFeePerGas: bigint): Tail | undefined {
  let transaction: ChainTransaction | undefined
  let price: bigint | undefined
  for (const waiting of queue.values()) {
    if (transaction === undefined || waiting.tx.nonce > transaction.tx.nonce) transaction = waiting
    const offered = offeredPrice(bidOf(waiting.tx), baseFeePerGas)
    if (price === undefined || offered < price) price = offered
  }
  if (transaction === undefined || price === undefined) return undefined
  return { transaction, price, waitsForGap: BigInt(queue.size) <= transaction.tx.nonce - nonce }
}

/** The order among the accounts' tails. Building it walks all accounts; keeping it, an account's 64 places and the heap's depth. */
export function evictionOrder(
  accounts: ReadonlyMap<Hex, WaitingAccount>,
  arrivals: Arrivals,
  baseFeePerGas: bigint,
): EvictionOrder {
  const heap = new Heap<Entry>(({ tail: a, arrived }, { tail: b, arrived: other }) => {
    if (a.waitsForGap !== b.waitsForGap || a.price !== b.price) return isBelow(a, b)
    return arrived > other
  })
  const stamps = new Map<Hex, number>()
  let nextStamp = 0

  const entryOf = (sender: Hex): Entry | undefined => {
    const account = accounts.get(sender)
    const tail = account && tailOf(account, baseFeePerGas)
    if (tail === undefined) {
      stamps.delete(sender)
      return undefined
    }
    const stamp = nextStamp++
    stamps.set(sender, stamp)
    return { tail, arrived: arrivals.of(tail.transaction.hash), stamp }
  }
  const build = (): void => {
    stamps.clear()
    const entries: Entry[] = []
    for (const sender of accounts.keys()) {
      const entry = entryOf(sender)
      if (entry !== undefined) entries.push(entry)
    }
    heap.fill(entries)
  }

  build()
  return {
    baseFeePerGas,
    touch(sender) {
      const entry = entryOf(sender)
      if (entry !== undefined) heap.push(entry)
      if (heap.size > 2 * stamps.size + voidEntriesMax) build()
    },
    first() {
      for (let entry = heap.peek(); entry !== undefined; entry = heap.peek()) {
        if (stamps.get(entry.tail.transaction.sender) === entry.stamp) return entry.tail
        heap.pop()
      }
      return undefined
    },
  }
}
