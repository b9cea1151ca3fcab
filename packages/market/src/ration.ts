/** How the bids tied at the price share what those above it leave: pro rata to their money, each up to what it takes. */

import { defined } from '@millrace/base'
import { ascendingOrder } from './ascending-order.ts'
import { amountAt, type Book, type Price, unitsPerSpend } from './book.ts'

/** More than the relative error of a product of two numbers made of `bigint`s. */
const nearness = 2 ** -48

/**
 * The shares of the bids `tied`, whole bytes a second and rounded down: the water level of `rest` bytes for each one's
 * money. Those that want the least for their money fill first; what they leave raises the others.
 */
export function rationed(book: Book, tied: readonly number[], price: Price, rest: number): number[] {
  const full = tied.map((i) => amountAt(book, i, price))
  if (sumOf(full) <= rest) return full
  const level = levelOf(book, tied, full, rest)
  return tied.map((i, at) => Math.min(full[at] ?? 0, partOf(book, i, level)))
}

/** `room` bytes for `money`. */
interface Level {
  room: number
  /** Base units a second. */
  money: bigint
  /** The same in the units of the book, as the nearest number. */
  near: number
}

function levelOf(book: Book, tied: readonly number[], full: readonly number[], rest: number): Level {
  let money = 0n
  for (const i of tied) money += spendOf(book, i)
  const level = { room: Math.max(0, rest), money, near: Number(money) * unitsPerSpend }
  const ratios = new Float64Array(tied.length)
  for (let at = 0; at < tied.length; at++) ratios[at] = (full[at] ?? 0) / (book.money[tied[at] ?? 0] ?? 1)
  const order = ascendingOrder(ratios)
  const isFilled = new Uint8Array(order.length)
  // Numbers order those that are far apart; among near ones it is tried until none is left that fills.
  for (let first = 0, isMoved = true; isMoved; ) {
    isMoved = false
    for (let k = first; k < order.length && level.money > 0n; k++) {
      const at = order[k] ?? 0
      if (isFilled[at] === 1) continue
      const i = tied[at] ?? 0
      if (fills(book, i, full[at] ?? 0, level)) {
        isFilled[at] = 1
        isMoved = true
        level.room -= full[at] ?? 0
        level.money -= spendOf(book, i)
        level.near = Number(level.money) * unitsPerSpend
      } else if (isFar(ratios[at] ?? 0, level)) break
    }
    while (isFilled[order[first] ?? -1] === 1) first++
  }
  return level
}

/** Whether a bid has all it takes at this level. */
function fills(book: Book, i: number, full: number, level: Level): boolean {
  const wanted = full * level.near
  const given = (book.money[i] ?? 0) * level.room
  if (Math.abs(wanted - given) > given * nearness) return wanted < given
  return BigInt(full) * level.money <= spendOf(book, i) * BigInt(level.room)
}

function isFar(ratio: number, { room, near }: Level): boolean {
  return ratio > (room / near) * (1 + 2 * nearness)
}

function partOf(book: Book, i: number, { room, money, near }: Level): number {
  if (money === 0n) return Number.POSITIVE_INFINITY
  const quotient = (book.money[i] ?? 0) * (room / near)
  const error = quotient * nearness
  const whole = Math.floor(quotient)
  if (quotient - whole > error && whole + 1 - quotient > error) return whole
  return Number((spendOf(book, i) * BigInt(room)) / money)
}

function spendOf(book: Book, i: number): bigint {
  return defined(book.claims[i], 'a claim in range').spendRate
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0)
}
