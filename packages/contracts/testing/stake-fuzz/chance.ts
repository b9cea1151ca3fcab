/** Random numbers that a seed repeats. */

export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** 32 random bits (Weyl sequence through a mixer of shifts and products). */
  word(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0
    let z = this.#state
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
    return (z ^ (z >>> 16)) >>> 0
  }

  /** 0 to `below` - 1. */
  number(below: number): number {
    return this.word() % below
  }

  is(probability: number): boolean {
    return this.word() < probability * 2 ** 32
  }

  of<T>(items: readonly T[]): T {
    const item = items[this.number(items.length)]
    if (item === undefined) throw new Error('a choice of nothing')
    return item
  }

  /** Uniform from 0 to `most`. */
  amount(most: bigint): bigint {
    const bits = BigInt(this.word()) * 2n ** 32n + BigInt(this.word())
    return ((most + 1n) * bits) >> 64n
  }

  /** From 1 to `most`, any size as likely as any other: where rounding hurts are small sums beside large ones. */
  scaled(most: bigint): bigint {
    const digits = most.toString(2).length
    const size = 1n << BigInt(this.number(digits) + 1)
    return this.amount(size < most ? size - 1n : most - 1n) + 1n
  }
}
