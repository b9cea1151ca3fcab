/** The price of an epoch: the least one at which the bids that stand above it fit; ties at it are rationed. Exact integers. */

import { type Btt, maxBig } from '@millrace/base'
import { amountAt, type Book, bookOf, type Claim, compareCap } from './book.ts'
import { type Guess, leastPrice } from './price-search.ts'
import { rationed } from './ration.ts'

export interface Clearing {
  /** p: base units a MiB, at least the ask and at least 1. */
  readonly price: Btt
  /** x of each claim, in order: whole bytes a second; their sum is at most the capacity. */
  readonly shares: readonly number[]
}

/**
 * Clears `capacity` bytes a second of the paid class.
 *
 * p is the least integer from the ask up with: sum over m > p of min(w^/p, d) <= capacity. Bids above p get that in full,
 * those at m = p share the rest pro rata to their w^, each up to its own w^/p and d. The price never falls when a bid
 * is added, raised or wants more, and never rises with capacity. Rates are rounded down.
 *
 * @example
 * // 2,000 base units a second for 2 MiB a second: 1,000 would be the price of a MiB, rates are whole bytes
 * clear([{ spendRate: 2_000n, priceMax: 10n ** 9n, demand: 1e9 }], 1n, 2 * 2 ** 20).price // 1000n
 */
export function clear(claims: readonly Claim[], askPerMiB: bigint, capacity: number): Clearing {
  return clearBook(bookOf(claims, capacity), undefined, askPerMiB)
}

/**
 * The same for the bids of a book that are awake; the others have a share of 0.
 *
 * @param guess where to look for the price first; a wrong one costs time only
 */
export function clearBook(book: Book, awake: readonly boolean[] | undefined, ask: bigint, guess?: Guess): Clearing {
  const standing = standingOf(book, awake)
  const price = leastPrice(book, standing, maxBig(ask, 1n), guess)
  const shares = new Array<number>(book.claims.length).fill(0)
  const tied: number[] = []
  let rest = book.room
  for (let at = 0; at < standing.length; at++) {
    const i = standing[at] ?? 0
    const side = compareCap(book, i, price)
    if (side === 0) tied.push(i)
    if (side <= 0) continue
    shares[i] = amountAt(book, i, price)
    rest -= shares[i] ?? 0
  }
  const parts = rationed(book, tied, price, rest)
  for (let at = 0; at < parts.length; at++) shares[tied[at] ?? 0] = parts[at] ?? 0
  return { price: price.exact, shares }
}

/** The bids that can take anything. */
function standingOf({ claims, money, demand }: Book, awake: readonly boolean[] | undefined): Uint32Array {
  const standing = new Uint32Array(claims.length)
  let count = 0
  for (let i = 0; i < claims.length; i++) {
    if (awake?.[i] !== false && (money[i] ?? 0) > 0 && (demand[i] ?? 0) > 0) standing[count++] = i
  }
  return standing.subarray(0, count)
}
