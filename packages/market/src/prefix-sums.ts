/** Sums of the first k of a row of pairs, while single pairs change: a Fenwick tree (Fenwick 1994), O(log n) for both. */

/**
 * @example
 * const sums = new PrefixSums(3)
 * sums.add(1, 5, 2)
 * sums.at(2) // [5, 2]: the sums of positions 0 and 1
 */
export class PrefixSums {
  readonly #first: Float64Array
  readonly #second: Float64Array

  constructor(length: number) {
    this.#first = new Float64Array(length + 1)
    this.#second = new Float64Array(length + 1)
  }

  get length(): number {
    return this.#first.length - 1
  }

  add(position: number, first: number, second: number): void {
    for (let k = position + 1; k < this.#first.length; k += k & -k) {
      this.#first[k] = (this.#first[k] ?? 0) + first
      this.#second[k] = (this.#second[k] ?? 0) + second
    }
  }

  clear(): void {
    this.#first.fill(0)
    this.#second.fill(0)
  }

  /** Adds to a row that was cleared, before `settle`: cheaper than `add` for many. */
  fill(position: number, first: number, second: number): void {
    this.#first[position + 1] = (this.#first[position + 1] ?? 0) + first
    this.#second[position + 1] = (this.#second[position + 1] ?? 0) + second
  }

  settle(): void {
    const { length } = this.#first
    for (let k = 1; k < length; k++) {
      const above = k + (k & -k)
      if (above >= length) continue
      this.#first[above] = (this.#first[above] ?? 0) + (this.#first[k] ?? 0)
      this.#second[above] = (this.#second[above] ?? 0) + (this.#second[k] ?? 0)
    }
  }

  at(count: number): readonly [number, number] {
    let first = 0
    let second = 0
    for (let k = count; k > 0; k -= k & -k) {
      first += this.#first[k] ?? 0
      second += this.#second[k] ?? 0
    }
    return [first, second]
  }

  /** The least k from 0 to the length whose sums hold `isEnough`, which once true stays true. */
  least(isEnough: (count: number, first: number, second: number) => boolean): number {
    if (isEnough(0, 0, 0)) return 0
    let count = 0
    let first = 0
    let second = 0
    for (let step = 2 ** Math.floor(Math.log2(Math.max(1, this.length))); step >= 1; step /= 2) {
      const next = count + step
      if (next > this.length) continue
      const a = first + (this.#first[next] ?? 0)
      const b = second + (this.#second[next] ?? 0)
      if (isEnough(next, a, b)) continue
      count = next
      first = a
      second = b
    }
    return Math.min(count + 1, this.length)
  }
}
