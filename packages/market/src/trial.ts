/** The bids of an epoch while it is tried who should be awake: what each has, what it would have, and who is wronged most. */

import { defined } from '@millrace/base'
import type { Book } from './book.ts'
import type { Demand, Level } from './demand-curve.ts'
import type { EpochInput } from './epoch-input.ts'
import { demandOf } from './flat-demand.ts'
import { FreeField } from './free-level.ts'
import type { Guess } from './price-search.ts'
import { UnusedShare } from './unused-share.ts'
import { isAwake } from './wake.ts'

/** Of the awake and of the sleeping bids, so many that stand the nearest to a change are watched while bids change. */
const watchedMax = 64

export class Trial {
  readonly #input: EpochInput
  readonly #ask: number
  readonly #awake: boolean[]
  readonly #curve: Demand
  readonly #field: FreeField
  /** What a bid would have at the ask: rates. */
  readonly #atAsk: Float64Array
  readonly #demand: Float64Array
  /** Its address group; -1 when the choker does not serve it. */
  readonly #group: Int32Array
  readonly #unusedShare: UnusedShare
  #totalAtAsk = 0
  #unused = 0
  #level: Level
  #watched: Uint32Array | undefined
  /** f of each bid, until one flips. */
  #levels: Float64Array | undefined

  constructor(input: EpochInput, book: Book) {
    const { bidders, askPerMiB } = input
    this.#input = input
    this.#ask = Math.max(1, Number(askPerMiB))
    this.#awake = bidders.map(({ awake }) => awake)
    this.#curve = demandOf(book, this.#awake, this.#ask)
    this.#field = fieldOf(input)
    this.#atAsk = new Float64Array(bidders.length)
    this.#demand = new Float64Array(bidders.length)
    this.#group = new Int32Array(bidders.length)
    const taken = new Float64Array(bidders.length)
    for (let i = 0; i < bidders.length; i++) {
      const bidder = defined(bidders[i], 'a bidder in range')
      taken[i] = bidder.taken
      this.#demand[i] = bidder.demand
      this.#group[i] = bidder.unchoked ? bidder.group : -1
      if ((book.cap[i] ?? 0) < this.#ask) continue
      this.#atAsk[i] = Math.min(Math.floor((book.money[i] ?? 0) / this.#ask), bidder.demand)
      if (this.#awake[i]) this.#totalAtAsk += this.#atAsk[i] ?? 0
    }
    this.#level = this.#curve.level(this.#ask)
    this.#unusedShare = new UnusedShare(book, this.#curve, taken, this.#awake)
    this.#unused = this.#unusedShare.at(this.#level)
  }

  isAwake(i: number): boolean {
    return this.#awake[i] === true
  }

  /** x: whole bytes a second; 0 of a bid that sleeps. */
  share(i: number): number {
    return this.#awake[i] ? this.#curve.share(i, this.#level) : 0
  }

  /** f of each bid. */
  levels(): Float64Array {
    if (this.#levels !== undefined) return this.#levels
    const levels = new Float64Array(this.#awake.length)
    for (let i = 0; i < levels.length; i++) levels[i] = this.#freeLevel(i)
    this.#levels = levels
    return levels
  }

  flip(i: number): void {
    const bidder = defined(this.#input.bidders[i], 'a bidder in range')
    const isWaking = !this.#awake[i]
    this.#awake[i] = isWaking
    this.#levels = undefined
    if (isWaking) this.#curve.wake(i)
    else this.#curve.sleep(i)
    if (bidder.unchoked) {
      if (isWaking) this.#field.leave(bidder.group, bidder.demand)
      else this.#field.join(bidder.group, bidder.demand)
    }
    this.#totalAtAsk += (isWaking ? 1 : -1) * (this.#atAsk[i] ?? 0)
    this.#level = this.#curve.level(this.#ask)
    this.#unusedShare.flipped(i)
    this.#unused = this.#unusedShare.at(this.#level)
  }

  /** Where the price is when these are awake. Ends the trial. */
  guess(settled: readonly boolean[]): Guess {
    this.#curve.reset(settled)
    const { price } = this.#curve.level(this.#ask)
    return { price, capped: this.#curve.cappedAt(price) }
  }

  /**
   * The bid whose state is the furthest from what its share and its free level ask for; of equals the last sleeper.
   * Sleepers that may be the furthest are asked first and the hopeless not at all.
   */
  mostWronged(): number | undefined {
    this.#watched ??= this.#nearest()
    const { wake } = this.#input
    let worst: number | undefined
    let worstRatio = 0
    const sleepers: { readonly i: number; readonly level: number; readonly ratioMax: number }[] = []
    for (const i of this.#watched) {
      const level = this.#levels?.[i] ?? this.#freeLevel(i)
      if (!this.#awake[i]) sleepers.push({ i, level, ratioMax: this.#shareMax(i) / Math.max(level, 1) })
      else {
        const share = this.share(i)
        const ratio = level / Math.max(share, 1)
        if (ratio <= worstRatio || isAwake(true, share, level, wake)) continue
        worst = i
        worstRatio = ratio
      }
    }
    for (const { i, level, ratioMax } of sleepers.sort((a, b) => b.ratioMax - a.ratioMax || b.i - a.i)) {
      if (ratioMax < worstRatio) break
      if (!isAwake(false, this.#shareMax(i), level, wake)) continue
      const share = this.#shareIfAwake(i)
      const ratio = share / Math.max(level, 1)
      if (!isAwake(false, share, level, wake) || ratio < worstRatio) continue
      if (ratio === worstRatio && worst !== undefined && !this.#awake[worst] && worst > i) continue
      worst = i
      worstRatio = ratio
    }
    return worst
  }

  /** The bids to watch, by index. */
  #nearest(): Uint32Array {
    const { length } = this.#awake
    if (length <= watchedMax) return Uint32Array.from({ length }, (_, i) => i)
    const [awake, asleep] = [new Nearest(watchedMax), new Nearest(watchedMax)]
    const levels = this.levels()
    for (let i = 0; i < length; i++) {
      const level = levels[i] ?? 0
      if (this.#awake[i]) awake.offer(i, level / Math.max(this.share(i), 1))
      else asleep.offer(i, this.#shareMax(i) / Math.max(level, 1))
    }
    return Uint32Array.from([...awake.items, ...asleep.items]).sort()
  }

  /** The most that a sleeper could have if it woke: its coming does not lower the price. */
  #shareMax(i: number): number {
    return this.#curve.share(i, this.#level)
  }

  #shareIfAwake(i: number): number {
    this.#curve.wake(i)
    const share = this.#curve.share(i, this.#curve.level(this.#ask))
    this.#curve.sleep(i)
    return share
  }

  #freeLevel(i: number): number {
    const group = this.#group[i] ?? -1
    if (group < 0) return 0
    const { capacity, freeShare } = this.#input
    const isAwakeNow = this.#awake[i] === true
    const slack = isAwakeNow ? this.#unusedShare.of(i, this.#level) : 0
    // The paid class is filled, or everybody in it has what its money buys at the ask.
    const atAsk = isAwakeNow ? (this.#atAsk[i] ?? 0) : 0
    const others = Math.min((1 - freeShare) * capacity, this.#totalAtAsk - atAsk) - (this.#unused - slack)
    const left = capacity - Math.max(0, others)
    const demand = this.#demand[i] ?? 0
    // A sleeper is in the field already: its own level is asked for, not that of a second one.
    return isAwakeNow ? this.#field.levelFor(group, demand, left) : this.#field.levelOf(group, demand, left)
  }
}

/** The free peers and the sleeping bids. */
function fieldOf({ bidders, free }: EpochInput): FreeField {
  const groups = new Int32Array(free.length + bidders.length)
  const demands = new Float64Array(groups.length)
  let count = 0
  let last = -1
  for (const { group, demand } of free) {
    last = Math.max(last, group)
    groups[count] = group
    demands[count++] = demand
  }
  for (const { group, demand, awake, unchoked } of bidders) {
    last = Math.max(last, group)
    if (awake || !unchoked) continue
    groups[count] = group
    demands[count++] = demand
  }
  return new FreeField(last + 1, { groups: groups.subarray(0, count), demands: demands.subarray(0, count) })
}

/** The greatest of many, by value: a few at a time. */
class Nearest {
  readonly #max: number
  #items: { readonly i: number; readonly value: number }[] = []
  /** Below this nobody is among them. */
  #least = Number.NEGATIVE_INFINITY

  constructor(max: number) {
    this.#max = max
  }

  get items(): number[] {
    this.#trim()
    return this.#items.map(({ i }) => i)
  }

  offer(i: number, value: number): void {
    if (value <= this.#least) return
    this.#items.push({ i, value })
    if (this.#items.length >= 4 * this.#max) this.#trim()
  }

  #trim(): void {
    if (this.#items.length <= this.#max) return
    this.#items.sort((a, b) => b.value - a.value)
    this.#items.length = this.#max
    this.#least = this.#items.at(-1)?.value ?? this.#least
  }
}
