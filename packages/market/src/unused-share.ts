/**
 * How much of their shares the awake bids leave: the estimate of a limited peer's demand is above what it takes. Asked at
 * one price after another that is near it; only bids whose part of it changes on the way are looked at each time.
 */

import type { Book } from './book.ts'
import type { Demand, Level } from './demand-curve.ts'

/** The window of prices in which the bids are told apart once: this many times the price, and the price by it. */
const windowRatio = 1.25

export class UnusedShare {
  readonly #book: Book
  readonly #curve: Pick<Demand, 'share'>
  /** Bytes a second, by bid. */
  readonly #taken: Float64Array
  readonly #awake: readonly boolean[]
  #low = 0
  #high = 0
  /** Bids that have all their demand at any price of the window. */
  readonly #isFull: Uint8Array
  #ofFull = 0
  /** Bids of which neither that nor the opposite is sure. */
  #others: number[] = []

  /** @param awake as of each call */
  constructor(book: Book, curve: Pick<Demand, 'share'>, taken: Float64Array, awake: readonly boolean[]) {
    this.#book = book
    this.#curve = curve
    this.#taken = taken
    this.#awake = awake
    this.#isFull = new Uint8Array(taken.length)
  }

  /** A bid woke or fell asleep: it is in `awake` already. */
  flipped(i: number): void {
    if (this.#isFull[i] === 1) this.#ofFull += (this.#awake[i] ? 1 : -1) * this.#leftOfDemand(i)
  }

  at(level: Level): number {
    if (level.price < this.#low || level.price > this.#high) this.#tellApart(level.price)
    let sum = this.#ofFull
    for (const i of this.#others) if (this.#awake[i]) sum += this.of(i, level)
    return sum
  }

  /** What one awake bid leaves. */
  of(i: number, level: Level): number {
    return Math.max(0, this.#curve.share(i, level) - (this.#taken[i] ?? 0))
  }

  #leftOfDemand(i: number): number {
    return (this.#book.demand[i] ?? 0) - (this.#taken[i] ?? 0)
  }

  #tellApart(price: number): void {
    const { money, demand, cap } = this.#book
    this.#low = price / windowRatio
    this.#high = price * windowRatio
    this.#isFull.fill(0)
    this.#ofFull = 0
    this.#others = []
    for (let i = 0; i < this.#taken.length; i++) {
      const taken = this.#taken[i] ?? 0
      const all = demand[i] ?? 0
      const own = money[i] ?? 0
      const end = cap[i] ?? 0
      if (taken >= all || end < this.#low || own <= taken * this.#low) continue
      if (end > this.#high && own >= all * this.#high) {
        this.#isFull[i] = 1
        if (this.#awake[i]) this.#ofFull += this.#leftOfDemand(i)
      } else this.#others.push(i)
    }
  }
}
