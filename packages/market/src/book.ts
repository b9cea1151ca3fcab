/** The bids of an epoch as numbers: near enough to reckon with, and exact whenever nearness does not decide. */

import { type Btt, btt, defined } from '@millrace/base'
import { bytePriceShift } from './bid.ts'

/** A bid as the price sees it. */
export interface Claim {
  /** w^: the part of the spend rate that secured money backs, base units a second. */
  readonly spendRate: bigint
  /** m: base units a MiB. */
  readonly priceMax: bigint
  /** d: bytes a second this buyer can take. */
  readonly demand: number
}

/** More than the relative error of a number made of a `bigint`, and of the quotient of two. */
const nearness = 2 ** -50
/** Above this, bytes a second would not be exact as numbers. */
const roomMax = 2 ** 52
/** `Book.money` of a base unit a second. */
export const unitsPerSpend = 2 ** Number(bytePriceShift)

export interface Book {
  readonly claims: readonly Claim[]
  /** w^ in byte-price units a second. */
  readonly money: Float64Array
  /** m */
  readonly cap: Float64Array
  /** d: whole bytes a second, at most one more than the room: more changes nothing. */
  readonly demand: Float64Array
  /** C of the paid class: whole bytes a second. */
  readonly room: number
}

/** A price as the integer that it is and as the number nearest to it. */
export interface Price {
  readonly exact: Btt
  readonly near: number
}

export function priceOf(exact: bigint): Price {
  return { exact: btt(exact), near: Number(exact) }
}

/** `money` and `cap` are whole numbers of any size, `demand` is any number. */
export function bookOf(claims: readonly Claim[], capacity: number): Book {
  const room = Math.min(roomMax, Math.max(0, Math.floor(capacity)))
  const { length } = claims
  const [money, cap, demand] = [new Float64Array(length), new Float64Array(length), new Float64Array(length)]
  for (let i = 0; i < length; i++) {
    const claim = defined(claims[i], 'a claim in range')
    money[i] = Number(claim.spendRate) * unitsPerSpend
    cap[i] = Number(claim.priceMax)
    demand[i] = Math.min(room + 1, Math.max(0, Math.floor(claim.demand)))
  }
  return { claims, money, cap, demand, room }
}

/** Below 0, 0 or above 0 as the cap of a bid is below, at or above a price. */
export function compareCap(book: Book, i: number, price: Price): number {
  const difference = (book.cap[i] ?? 0) - price.near
  if (Math.abs(difference) > price.near * nearness) return difference
  const { priceMax } = defined(book.claims[i], 'a claim in range')
  return priceMax < price.exact ? -1 : priceMax > price.exact ? 1 : 0
}

/** min(w^/p, d): what a bid takes at a price above 0 if its cap allows it, whole bytes a second, rounded down. */
export function amountAt(book: Book, i: number, price: Price): number {
  const demand = book.demand[i] ?? 0
  const quotient = (book.money[i] ?? 0) / price.near
  const error = quotient * nearness
  if (quotient - error >= demand) return demand
  const whole = Math.floor(quotient)
  if (quotient - whole > error && whole + 1 - quotient > error) return whole
  const { spendRate } = defined(book.claims[i], 'a claim in range')
  return Math.min(demand, Number((spendRate << bytePriceShift) / price.exact))
}

/** What a spend rate buys at a price: whole bytes a second, rounded down, at most one less than exactly that. */
export function rateBelow(spendRate: bigint, price: Price): number {
  return Math.min(
    Number.MAX_SAFE_INTEGER,
    Math.floor(((Number(spendRate) * unitsPerSpend) / price.near) * (1 - nearness)),
  )
}
