/** Choices that a seed repeats. */

import { type Random, seededRandom } from '@millrace/base'

const wordRange = 2 ** 32

export class Chance {
  readonly #random: Random

  constructor(seed: number) {
    this.#random = seededRandom(seed)
  }

  /** 0 to `below` - 1. */
  number(below: number): number {
    return this.#random.below(below)
  }

  is(probability: number): boolean {
    return this.#random.below(wordRange) < probability * wordRange
  }

  of<T>(items: readonly T[]): T {
    const item = items[this.number(items.length)]
    if (item === undefined) throw new Error('a choice of nothing')
    return item
  }

  /** Uniform from 0 to `most`. */
  amount(most: bigint): bigint {
    const bits = BigInt(this.number(wordRange)) * 2n ** 32n + BigInt(this.number(wordRange))
    return ((most + 1n) * bits) >> 64n
  }

  /** From 1 to `most`, any size as likely as any other: rounding shows between small sums and large ones. */
  scaled(most: bigint): bigint {
    const digits = most.toString(2).length
    const size = 1n << BigInt(this.number(digits) + 1)
    return this.amount(size < most ? size - 1n : most - 1n) + 1n
  }
}
