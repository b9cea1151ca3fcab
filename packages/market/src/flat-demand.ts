/** What bids ask for while there is room for all of them at the ask, as there mostly is: the price stays there, whoever wakes. */

import type { Book } from './book.ts'
import { type Demand, DemandCurve, type Level, shareOf } from './demand-curve.ts'

/** Room to spare, by which sums of rounded numbers are sure to fit: this part of it. */
const sparePart = 1e-6

/** The curve of a book from the ask up. */
export function demandOf(book: Book, awake: readonly boolean[], ask: number): Demand {
  return fitsAt(book, ask) ? new FlatDemand(book, ask) : new DemandCurve(book, awake)
}

/** Whether all bids, awake or not, fit at the ask, and none is tied there. */
function fitsAt({ money, demand, cap, room }: Book, ask: number): boolean {
  let sum = 0
  for (let i = 0; i < cap.length; i++) {
    const own = cap[i] ?? 0
    if (own === ask) return false
    if (own > ask) sum += Math.min(demand[i] ?? 0, (money[i] ?? 0) / ask)
  }
  return sum < room * (1 - sparePart)
}

/** Answers what a `DemandCurve` of the same book does, without its rows. */
class FlatDemand implements Demand {
  readonly #book: Book
  readonly #level: Level

  constructor(book: Book, ask: number) {
    this.#book = book
    this.#level = { price: ask, tiedPrice: ask }
  }

  reset(): void {}

  wake(): void {}

  sleep(): void {}

  level(): Level {
    return this.#level
  }

  share(i: number, level: Level): number {
    return shareOf(this.#book, i, level)
  }

  cappedAt(): number {
    return -1
  }
}
