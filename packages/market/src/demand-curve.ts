/**
 * What the awake bids of a book ask for at each price, as a curve that changes with one bid in O(log n): by it the epoch
 * tries who should wake and who should sleep. Rates are not rounded here; the price that is billed is `clearBook`'s.
 */

import { ascendingOrder } from './ascending-order.ts'
import type { Book } from './book.ts'
import { PrefixSums } from './prefix-sums.ts'

/** What a rate that should be whole may fall short of it. */
const nearness = 2 ** -40

export interface Level {
  /** p */
  readonly price: number
  /** Those whose cap is p share what is left: each has w^ divided by this, at most d; p itself when all fit. */
  readonly tiedPrice: number
}

/** What an epoch asks of a curve. */
export interface Demand {
  /** Takes it anew who is awake. */
  reset(awake: readonly boolean[]): void
  /** Wakes a bid that sleeps. */
  wake(i: number): void
  sleep(i: number): void
  /** The least price from the ask up at which the bids above it fit. */
  level(ask: number): Level
  /** x of an awake bid: whole bytes a second, rounded down. */
  share(i: number, level: Level): number
  /** A bid whose cap is this price; -1 when there is none. */
  cappedAt(price: number): number
}

/** x of an awake bid at a level: whole bytes a second, rounded down. */
export function shareOf(book: Book, i: number, { price, tiedPrice }: Level): number {
  const cap = book.cap[i] ?? 0
  if (cap < price) return 0
  const money = book.money[i] ?? 0
  return Math.floor(Math.min(book.demand[i] ?? 0, (money / (cap > price ? price : tiedPrice)) * (1 + nearness)))
}

/** A bid takes d up to the price w^/d, w^/p from there on, and nothing from its cap on. */
export class DemandCurve implements Demand {
  readonly #book: Book
  /** At this price a bid's demand is all that its money buys. */
  readonly #limits: Float64Array
  /** The prices at which a bid changes its kind or leaves, ascending, and Infinity. */
  readonly #events: Float64Array
  readonly #limitEvent: Int32Array
  readonly #capEvent: Int32Array
  /** Over the events: how the sum of demands and the sum of money of the others change. */
  readonly #changes: PrefixSums
  /** The bids by cap, those of one cap by limit. */
  readonly #byCap: Uint32Array
  readonly #capPosition: Int32Array
  /** Over the same: demands and money. */
  readonly #tied: PrefixSums
  #demand = 0

  constructor(book: Book, awake: readonly boolean[]) {
    const { length } = book.claims
    this.#book = book
    this.#limits = new Float64Array(length)
    for (let i = 0; i < length; i++) this.#limits[i] = (book.money[i] ?? 0) / Math.max(book.demand[i] ?? 0, 1)
    const byLimit = ascendingOrder(this.#limits)
    this.#byCap = ascendingOrder(book.cap, byLimit)
    this.#limitEvent = new Int32Array(length).fill(-1)
    this.#capEvent = new Int32Array(length)
    this.#capPosition = new Int32Array(length)
    this.#events = this.#merge(byLimit)
    this.#changes = new PrefixSums(this.#events.length - 1)
    this.#tied = new PrefixSums(length)
    for (let at = 0; at < length; at++) this.#capPosition[this.#byCap[at] ?? 0] = at
    this.reset(awake)
  }

  reset(awake: readonly boolean[]): void {
    this.#changes.clear()
    this.#tied.clear()
    this.#demand = 0
    for (let at = 0; at < this.#byCap.length; at++) {
      const i = this.#byCap[at] ?? 0
      if (awake[i]) this.#fill(i, at)
    }
    this.#changes.settle()
    this.#tied.settle()
  }

  wake(i: number): void {
    this.#put(i, 1)
  }

  sleep(i: number): void {
    this.#put(i, -1)
  }

  level(ask: number): Level {
    const { room } = this.#book
    const events = this.#events
    const demand = this.#demand
    const count = this.#changes.least((k, change, money) => {
      const end = events[k] ?? Number.POSITIVE_INFINITY
      return end > ask && demand + change + money / end <= room
    })
    const [change, money] = this.#changes.at(count)
    const left = room - demand - change
    const start = Math.max(ask, events[count - 1] ?? 0)
    const price = money > 0 && left > 0 ? Math.max(start, money / left) : start
    return { price, tiedPrice: this.#tiedPrice(price) }
  }

  share(i: number, level: Level): number {
    return shareOf(this.#book, i, level)
  }

  cappedAt(price: number): number {
    const i = this.#byCap[this.#firstCapFrom(price)] ?? -1
    return this.#book.cap[i] === price ? i : -1
  }

  #fill(i: number, capPosition: number): void {
    const demand = this.#book.demand[i] ?? 0
    const money = this.#book.money[i] ?? 0
    if (demand === 0 || money === 0) return
    this.#demand += demand
    const limitEvent = this.#limitEvent[i] ?? -1
    if (limitEvent >= 0) this.#changes.fill(limitEvent, -demand, money)
    this.#changes.fill(this.#capEvent[i] ?? 0, limitEvent < 0 ? -demand : 0, limitEvent < 0 ? 0 : -money)
    this.#tied.fill(capPosition, demand, money)
  }

  #put(i: number, sign: number): void {
    const demand = sign * (this.#book.demand[i] ?? 0)
    const money = sign * (this.#book.money[i] ?? 0)
    if (demand === 0 || money === 0) return
    this.#demand += demand
    const limitEvent = this.#limitEvent[i] ?? -1
    if (limitEvent >= 0) this.#changes.add(limitEvent, -demand, money)
    this.#changes.add(this.#capEvent[i] ?? 0, limitEvent < 0 ? -demand : 0, limitEvent < 0 ? 0 : -money)
    this.#tied.add(this.#capPosition[i] ?? 0, demand, money)
  }

  /** Lines limits and caps up; a limit at or above the bid's cap is never reached. */
  #merge(byLimit: Uint32Array): Float64Array {
    const { length } = byLimit
    const { cap } = this.#book
    const events = new Float64Array(2 * length + 1)
    let count = 0
    let at = 0
    for (let k = 0; k < length; k++) {
      const capped = this.#byCap[k] ?? 0
      const end = cap[capped] ?? 0
      for (; at < length; at++) {
        const i = byLimit[at] ?? 0
        const limit = this.#limits[i] ?? 0
        if (limit >= end) break
        if (limit >= (cap[i] ?? 0)) continue
        this.#limitEvent[i] = count
        events[count++] = limit
      }
      this.#capEvent[capped] = count
      events[count++] = end
    }
    events[count] = Number.POSITIVE_INFINITY
    return events.subarray(0, count + 1)
  }

  #tiedPrice(price: number): number {
    const first = this.#firstCapFrom(price)
    if (this.#book.cap[this.#byCap[first] ?? -1] !== price) return price
    const end = this.#firstCapFrom(price, true)
    const [, moneyBefore] = this.#tied.at(first)
    const [demandAll, moneyAll] = this.#tied.at(end)
    if (moneyAll <= moneyBefore) return price
    const rest = Math.max(0, this.#book.room - this.#above(price))
    // Of those tied the first k have more demand than money at the price that is sought.
    const k = halve(first, end, (at) => {
      const [demand, money] = this.#tied.at(at)
      const limit = this.#limits[this.#byCap[at] ?? 0] ?? 0
      return demandAll - demand + (money - moneyBefore) / Math.max(limit, Number.MIN_VALUE) <= rest
    })
    const [demand, money] = this.#tied.at(k)
    const left = rest - (demandAll - demand)
    if (money <= moneyBefore) return price
    return left > 0 ? Math.max(price, (money - moneyBefore) / left) : Number.POSITIVE_INFINITY
  }

  /** What the bids with a higher cap take at a price. */
  #above(price: number): number {
    const count = halve(0, this.#events.length - 1, (at) => (this.#events[at] ?? 0) > price)
    const [change, money] = this.#changes.at(count)
    return this.#demand + change + money / price
  }

  #firstCapFrom(price: number, isAfter = false): number {
    const { cap } = this.#book
    return halve(0, this.#byCap.length, (at) => {
      const own = cap[this.#byCap[at] ?? 0] ?? 0
      return isAfter ? own > price : own >= price
    })
  }
}

/** The least number from `low` to `high` that holds; `high` when none below it does. */
function halve(low: number, high: number, holds: (at: number) => boolean): number {
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
