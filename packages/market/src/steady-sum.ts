/**
 * An exact sum that mostly grows by the same amount again: a block at an unchanged price. While it does, nothing is
 * reckoned in big integers: blocks are counted, and how many more fit below the limit is known ahead.
 */

import { bytePriceShift } from './bid.ts'

const unit = 2 ** Number(bytePriceShift)
const fractionMask = (1n << bytePriceShift) - 1n

/**
 * Amounts in byte-price units (`bytePriceOf`), none below 0.
 *
 * @example
 * const sum = new SteadySum()
 * sum.setLimit(3n << 20n)
 * sum.fits(1n << 20n) // true
 * sum.add(1n << 20n) // 1n: by so many base units it rose
 */
export class SteadySum {
  /** Up to the steps that are only counted. */
  #base = 0n
  #step = 0n
  #count = 0
  /** How many steps fit below the limit, from the base. */
  #countMax = Number.POSITIVE_INFINITY
  #limit = 0n
  /** A step in base units, and what it has beyond them in byte-price units. */
  #whole = 0n
  #wholeAndOne = 1n
  #rest = 0
  /** What the sum has beyond whole base units. */
  #fraction = 0

  get value(): bigint {
    return this.#count === 0 ? this.#base : this.#base + this.#step * BigInt(this.#count)
  }

  setValue(value: bigint): void {
    this.#base = value
    this.#start(this.#step)
  }

  setLimit(limit: bigint): void {
    if (limit === this.#limit) return
    this.#limit = limit
    this.#base = this.value
    this.#start(this.#step)
  }

  /** Whether the sum stays within the limit with this amount more. */
  fits(amount: bigint): boolean {
    return amount === this.#step ? this.#count < this.#countMax : this.value + amount <= this.#limit
  }

  /** Adds an amount; returns by how many whole base units the sum rose. */
  add(amount: bigint): bigint {
    if (amount !== this.#step) {
      this.#base = this.value
      this.#start(amount)
    }
    this.#count++
    this.#fraction += this.#rest
    if (this.#fraction < unit) return this.#whole
    this.#fraction -= unit
    return this.#wholeAndOne
  }

  #start(step: bigint): void {
    this.#step = step
    this.#count = 0
    this.#countMax = this.#countOf(step)
    this.#whole = step >> bytePriceShift
    this.#wholeAndOne = this.#whole + 1n
    this.#rest = Number(step & fractionMask)
    this.#fraction = Number(this.#base & fractionMask)
  }

  #countOf(step: bigint): number {
    if (this.#limit < this.#base) return 0
    return step === 0n ? Number.POSITIVE_INFINITY : Number((this.#limit - this.#base) / step)
  }
}
