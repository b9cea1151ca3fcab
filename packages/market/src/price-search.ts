/** The search for the clearing price: bounds that close in, and at each step only the bids that differ between them. */

import { maxBig, minBig } from '@millrace/base'
import { amountAt, type Book, compareCap, type Price, priceOf } from './book.ts'

/** More than the relative error of a guess, but for what rounding the rates down takes off. */
const guessError = 2 ** -40
/** After so many tries a guess was none. */
const strideTurns = 6
/** Every so many steps the bounds are halved whatever the slopes promise. */
const halvingPeriod = 3

/** What is asked for above a price: by each of the bids that are looked at, and in all. */
interface Bound {
  readonly price: Price
  readonly amounts: Float64Array
  readonly total: number
}

/** About where the price is. */
export interface Guess {
  readonly price: number
  /** A bid whose cap it is; -1 when it is none's. */
  readonly capped: number
}

/** The bids that differ between two bounds, and what all others take at any price there. */
interface Span {
  readonly low: Bound
  readonly high: Bound
  readonly moving: Uint32Array
  readonly fixed: number
}

/**
 * The least whole price from `lowest` up at which the bids above it take no more than the room.
 *
 * @param standing indices of the bids with money and demand
 */
export function leastPrice(book: Book, standing: Uint32Array, lowest: bigint, guess: Guess | undefined): Price {
  const near = guess === undefined ? {} : around(book, standing, lowest, guess)
  const low = near.low ?? boundAt(book, standing, 0, priceOf(lowest))
  if (low.total <= book.room) return low.price
  const high = near.high ?? boundAt(book, standing, 0, priceOf(enough(book, standing, lowest)))
  let span: Span = { low, high, moving: standing.slice(), fixed: 0 }
  for (let step = 0; span.high.price.exact - span.low.price.exact > 1n; step++) {
    span = narrowed(span)
    const bound = boundAt(book, span.moving, span.fixed, priceOf(probe(book, span, step)))
    span = bound.total <= book.room ? { ...span, high: bound } : { ...span, low: bound }
  }
  return span.high.price
}

/** Bounds about a guess, each of them only if it was found. */
function around(
  book: Book,
  standing: Uint32Array,
  lowest: bigint,
  { price: near, capped }: Guess,
): { low?: Bound; high?: Bound } {
  const found: { low?: Bound; high?: Bound } = {}
  let price = maxBig(lowest, book.claims[capped]?.priceMax ?? BigInt(Math.ceil(near * (1 + guessError))) + 1n)
  let stride = capped < 0 ? 0n : 1n
  for (let turn = 0; turn < strideTurns && (found.low === undefined || found.high === undefined); turn++) {
    const bound = boundAt(book, standing, 0, priceOf(price))
    const isHigh = bound.total <= book.room
    if (isHigh && price === lowest) return { low: bound }
    if (isHigh) found.high = bound
    else found.low = bound
    stride = stride === 0n ? strideFrom(book, standing, bound) : turn === 0 ? stride : stride * 4n
    price = isHigh ? maxBig(lowest, price - stride) : price + stride
  }
  return found
}

/** By how much the price must move so that what is free is taken, or what is too much is not; a little more than that. */
function strideFrom({ demand, room }: Book, standing: Uint32Array, { price, amounts, total }: Bound): bigint {
  let sloping = 0
  for (let at = 0; at < amounts.length; at++) {
    const amount = amounts[at] ?? 0
    if (amount < (demand[standing[at] ?? 0] ?? 0)) sloping += amount
  }
  const missing = Math.abs(room - total) + Math.sqrt(amounts.length) + 1
  return BigInt(Math.ceil(price.near * Math.min(0.5, missing / Math.max(sloping, 1))))
}

function boundAt(book: Book, bids: Uint32Array, fixed: number, price: Price): Bound {
  const amounts = new Float64Array(bids.length)
  let total = fixed
  for (let at = 0; at < bids.length; at++) {
    const i = bids[at] ?? 0
    if (compareCap(book, i, price) <= 0) continue
    const amount = amountAt(book, i, price)
    amounts[at] = amount
    total += amount
  }
  return { price, amounts, total }
}

/** A price that clears: at the highest cap nobody stands above it, and one at which all the money fits does too. */
function enough({ claims, money, cap, room }: Book, standing: Uint32Array, lowest: bigint): bigint {
  let highest = lowest
  let near = 0
  let sum = 0
  for (let at = 0; at < standing.length; at++) {
    const i = standing[at] ?? 0
    sum += money[i] ?? 0
    if ((cap[i] ?? 0) < near) continue
    near = cap[i] ?? 0
    highest = maxBig(highest, claims[i]?.priceMax ?? 0n)
  }
  if (room === 0) return highest
  return minBig(highest, maxBig(lowest, BigInt(Math.ceil((sum / room) * (1 + 1e-9))) + 1n))
}

/** What a bid takes falls with the price: one that takes the same at both bounds takes that between them too. */
function narrowed({ low, high, moving, fixed }: Span): Span {
  let count = 0
  let rest = fixed
  for (let at = 0; at < moving.length; at++) {
    const most = low.amounts[at] ?? 0
    const least = high.amounts[at] ?? 0
    if (most === least) {
      rest += most
      continue
    }
    // The arrays belong to the span that ends here.
    moving[count] = moving[at] ?? 0
    low.amounts[count] = most
    high.amounts[count] = least
    count++
  }
  return {
    low: { ...low, amounts: low.amounts.subarray(0, count) },
    high: { ...high, amounts: high.amounts.subarray(0, count) },
    moving: moving.subarray(0, count),
    fixed: rest,
  }
}

/** The price to try next, between the bounds. */
function probe(book: Book, span: Span, step: number): bigint {
  const price = sharedCap(book, span) ?? sloped(book, span, step)
  return maxBig(span.low.price.exact + 1n, minBig(span.high.price.exact - 1n, price))
}

/** When all that moves has one cap between the bounds: that cap, or one short of it. */
function sharedCap(book: Book, { moving, high }: Span): bigint | undefined {
  const cap = book.claims[moving[0] ?? 0]?.priceMax ?? 0n
  if (cap > high.price.exact) return undefined
  for (let at = 1; at < moving.length; at++) {
    if (book.claims[moving[at] ?? 0]?.priceMax !== cap) return undefined
  }
  return cap === high.price.exact ? cap - 1n : cap
}

function sloped({ room }: Book, { low, high }: Span, step: number): bigint {
  if (step % halvingPeriod === halvingPeriod - 1) return (low.price.exact + high.price.exact) / 2n
  // Between prices at which a bid changes its kind, demand is linear in 1/p.
  const part = (low.total - room) / (low.total - high.total)
  return BigInt(Math.floor(1 / ((1 - part) / low.price.near + part / high.price.near)))
}
