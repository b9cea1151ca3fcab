/** The search for the clearing price: bounds that close in, and at each step only the bids that differ between them. */

import { defined, maxBig, minBig } from '@millrace/base'
import { bytePriceShift } from './bid.ts'
import { amountAt, type Book, compareCap, type Price, priceOf } from './book.ts'

/** More than the relative error of a guess, but for what rounding the rates down takes off. */
const guessError = 2 ** -40
/** After so many tries a guess was none. */
const strideTurns = 6
/** Every so many steps the bounds are halved whatever the slopes promise. */
const halvingPeriod = 3
/** From so few bytes a bid between the bounds on it counts that rates are whole. */
const stairs = 4

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
  low: Bound
  high: Bound
  /** The first `count` count, here and in the amounts of the bounds. */
  readonly moving: Uint32Array
  count: number
  fixed: number
}

/**
 * The least whole price from `lowest` up at which the bids above it take no more than the room.
 *
 * @param standing indices of the bids with money and demand
 */
export function leastPrice(book: Book, standing: Uint32Array, lowest: bigint, guess: Guess | undefined): Price {
  const least = priceOf(lowest)
  let near: { low?: Bound; high?: Bound } = {}
  // Where the price is the ask, as it mostly is, one look tells.
  if (guess !== undefined && guess.price <= least.near) {
    const low = boundAt(book, standing, standing.length, 0, least)
    if (low.total <= book.room) return least
    near = { ...around(book, standing, lowest, guess), low }
  } else if (guess !== undefined) near = around(book, standing, lowest, guess)
  const low = near.low ?? boundAt(book, standing, standing.length, 0, least)
  if (low.total <= book.room) return low.price
  const high = near.high ?? boundAt(book, standing, standing.length, 0, priceOf(enough(book, standing, lowest)))
  const span: Span = { low, high, moving: standing.slice(), count: standing.length, fixed: 0 }
  for (let step = 0; span.high.price.exact - span.low.price.exact > 1n; step++) {
    narrow(span)
    const { moving, count, fixed } = span
    const isStaircase = span.low.total - span.high.total <= stairs * count
    const bound = boundAt(book, moving, count, fixed, priceOf(probe(book, span, step)))
    if (bound.total <= book.room) span.high = isStaircase ? lowered(book, span, bound) : bound
    else span.low = isStaircase ? raised(book, span, bound) : bound
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
    const bound = boundAt(book, standing, standing.length, 0, priceOf(price))
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

/** Of the first `count` bids. */
function boundAt(book: Book, bids: Uint32Array, count: number, fixed: number, price: Price): Bound {
  const amounts = new Float64Array(count)
  let total = fixed
  for (let at = 0; at < count; at++) {
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

/**
 * What a bid takes falls with the price: one that takes the same at both bounds takes that between them too. The arrays
 * belong to the span.
 */
function narrow(span: Span): void {
  const { moving, low, high } = span
  let count = 0
  for (let at = 0; at < span.count; at++) {
    const most = low.amounts[at] ?? 0
    const least = high.amounts[at] ?? 0
    if (most === least) {
      span.fixed += most
      continue
    }
    moving[count] = moving[at] ?? 0
    low.amounts[count] = most
    high.amounts[count] = least
    count++
  }
  span.count = count
}

/**
 * Whole bytes make steps of what is asked for, and within a step there is nothing to search: the bound at the last price
 * at which all take the same.
 */
function raised(book: Book, { moving, count, high }: Span, bound: Bound): Bound {
  let near = high.price.near
  for (let at = 0; at < count; at++) near = Math.min(near, lastNear(book, moving[at] ?? 0, bound.amounts[at] ?? 0))
  let last = high.price.exact - 1n
  for (let at = 0; at < count; at++) {
    const [i, amount] = [moving[at] ?? 0, bound.amounts[at] ?? 0]
    if (amount === 0 || lastNear(book, i, amount) > near * (1 + guessError)) continue
    const { spendRate, priceMax } = defined(book.claims[i], 'a claim in range')
    last = minBig<bigint>(last, minBig(priceMax - 1n, (spendRate << bytePriceShift) / BigInt(amount)))
  }
  return { ...bound, price: priceOf(last) }
}

/** The same downwards: at the first price at which all take no more. */
function lowered(book: Book, { moving, count, low }: Span, bound: Bound): Bound {
  let near = low.price.near
  for (let at = 0; at < count; at++) {
    near = Math.max(near, firstNear(book, moving[at] ?? 0, bound.amounts[at] ?? 0))
  }
  let first = low.price.exact + 1n
  for (let at = 0; at < count; at++) {
    const [i, amount] = [moving[at] ?? 0, bound.amounts[at] ?? 0]
    if (firstNear(book, i, amount) * (1 + guessError) < near) continue
    const { spendRate, priceMax } = defined(book.claims[i], 'a claim in range')
    const bought = amount < (book.demand[i] ?? 0) ? (spendRate << bytePriceShift) / BigInt(amount + 1) + 1n : 0n
    first = maxBig<bigint>(first, minBig(priceMax, bought))
  }
  return { ...bound, price: priceOf(first) }
}

/** About the price up to which a bid takes so much. */
function lastNear({ money, cap }: Book, i: number, amount: number): number {
  return amount === 0 ? Number.POSITIVE_INFINITY : Math.min(cap[i] ?? 0, (money[i] ?? 0) / amount)
}

/** About the price from which on a bid takes no more than that. */
function firstNear({ money, cap, demand }: Book, i: number, amount: number): number {
  return amount < (demand[i] ?? 0) ? Math.min(cap[i] ?? 0, (money[i] ?? 0) / (amount + 1)) : 0
}

/** The price to try next, between the bounds. */
function probe(book: Book, span: Span, step: number): bigint {
  const price = sharedCap(book, span) ?? sloped(book, span, step)
  return maxBig(span.low.price.exact + 1n, minBig(span.high.price.exact - 1n, price))
}

/** When all that moves has one cap between the bounds: that cap, or one short of it. */
function sharedCap(book: Book, { moving, count, high }: Span): bigint | undefined {
  const cap = book.claims[moving[0] ?? 0]?.priceMax ?? 0n
  if (cap > high.price.exact) return undefined
  for (let at = 1; at < count; at++) {
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
