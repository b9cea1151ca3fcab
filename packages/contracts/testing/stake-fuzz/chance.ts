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

  /** One of the items, in proportion to the weight before it. */
  weighted<T>(items: readonly (readonly [weight: number, item: T])[]): T {
    let left = this.number(items.reduce((sum, [weight]) => sum + weight, 0))
    for (const [weight, item] of items) {
      if (left < weight) return item
      left -= weight
    }
    throw new Error('the weights sum to less than they did')
  }

  /** Uniform from 0 to `most`. */
  amount(most: bigint): bigint {
    const bits = BigInt(this.number(wordRange)) * 2n ** 32n + BigInt(this.number(wordRange))
    return ((most + 1n) * bits) >> 64n
  }

  /** From 1 to `most`, each size as likely as the others: rounding shows between small sums and large ones. */
  scaled(most: bigint): bigint {
    const digits = most.toString(2).length
    const size = 1n << BigInt(this.number(digits) + 1)
    return this.amount(size < most ? size - 1n : most - 1n) + 1n
  }
}
