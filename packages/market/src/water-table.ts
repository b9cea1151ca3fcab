/** Vessels in a row that are filled to one level: each takes min(size, level). Asked often, changed now and then. */

const spareMin = 16

/**
 * @example
 * new WaterTable([1, 10, 10]).level(9) // 4
 */
export class WaterTable {
  /** Ascending; the first `#count` count. */
  #sizes: Float64Array
  /** Sum of the sizes before each, one more than there are sizes. */
  #sums: Float64Array
  #count: number
  /** Where the level was found last: most questions of an epoch have nearly the same answer. */
  #last = 0

  constructor(sizes: ArrayLike<number>) {
    this.#count = sizes.length
    this.#sizes = Float64Array.from(sizes).sort()
    this.#sums = new Float64Array(sizes.length + 1)
    this.#sumFrom(0)
  }

  /** A vessel comes. One of no size changes nothing. */
  add(size: number): void {
    if (size <= 0) return
    if (this.#count === this.#sizes.length) this.#grow()
    const k = this.#firstFrom(size)
    this.#sizes.copyWithin(k + 1, k, this.#count)
    this.#sizes[k] = size
    this.#count++
    this.#sumFrom(k)
  }

  /** One of the vessels goes. */
  remove(size: number): void {
    if (size <= 0) return
    const k = this.#firstFrom(size)
    this.#sizes.copyWithin(k, k + 1, this.#count)
    this.#count--
    this.#sumFrom(k)
  }

  /**
   * The level to which `capacity` fills the vessels, if one of size `without` went and one of size `more` came; 0 for none.
   * Infinity when all are filled.
   */
  level(capacity: number, without = 0, more = 0): number {
    if (capacity <= 0) return 0
    const k = this.#find(capacity, without, more)
    const top = k < this.#count ? (this.#sizes[k] ?? 0) : Number.POSITIVE_INFINITY
    let level = k > 0 ? (this.#sizes[k - 1] ?? 0) : 0
    // Between two sizes of the row the line is bent where the one that went and the one that came are filled.
    const first = Math.min(without, more)
    const second = Math.max(without, more)
    if (first > level && first < top && this.#held(first, k, without, more) <= capacity) level = first
    if (second > level && second < top && this.#held(second, k, without, more) <= capacity) level = second
    const open = this.#count - k + (more > level ? 1 : 0) - (without > level ? 1 : 0)
    if (open <= 0) return Number.POSITIVE_INFINITY
    return level + Math.max(0, capacity - this.#held(level, k, without, more)) / open
  }

  /** What all take at a level that is no lower than the first k of the row and no higher than the others. */
  #held(level: number, k: number, without: number, more: number): number {
    const row = (this.#sums[k] ?? 0) + (this.#count - k) * level
    return row - Math.min(without, level) + Math.min(more, level)
  }

  /** The least k whose size is a level above the one sought; the count when there is none. */
  #find(capacity: number, without: number, more: number): number {
    let low = 0
    let high = this.#count
    const near = Math.min(this.#last, high)
    if (near < high && this.#isAbove(near, capacity, without, more)) {
      high = near
      if (near > 0 && !this.#isAbove(near - 1, capacity, without, more)) low = near
    } else if (near < high) low = near + 1
    else if (near > 0 && !this.#isAbove(near - 1, capacity, without, more)) low = near
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#isAbove(middle, capacity, without, more)) high = middle
      else low = middle + 1
    }
    this.#last = low
    return low
  }

  #isAbove(k: number, capacity: number, without: number, more: number): boolean {
    return this.#held(this.#sizes[k] ?? 0, k, without, more) > capacity
  }

  /** The least k whose size is no less than this one. */
  #firstFrom(size: number): number {
    let low = 0
    let high = this.#count
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#sizes[middle] ?? 0) < size) low = middle + 1
      else high = middle
    }
    return low
  }

  #sumFrom(k: number): void {
    let sum = this.#sums[k] ?? 0
    for (let at = k; at < this.#count; at++) {
      sum += this.#sizes[at] ?? 0
      this.#sums[at + 1] = sum
    }
  }

  #grow(): void {
    const length = this.#count + Math.max(spareMin, this.#count >> 2)
    const [sizes, sums] = [new Float64Array(length), new Float64Array(length + 1)]
    sizes.set(this.#sizes)
    sums.set(this.#sums)
    this.#sizes = sizes
    this.#sums = sums
  }
}
