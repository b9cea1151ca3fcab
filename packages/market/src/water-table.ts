/** Vessels in a row that are filled to one level: each takes min(size, level). Asked often, changed by one vessel at a time. */

/** So many vessels may come and go before the row is sorted anew. */
const changesMax = 64

/**
 * @example
 * new WaterTable([1, 10, 10]).level(9) // 4
 */
export class WaterTable {
  #sizes: Float64Array
  /** Sum of the sizes before each. */
  #sums: Float64Array
  /** Vessels that came, as sizes, and that went, as sizes below 0. */
  #changes: number[] = []
  /** Where the level was found last: the next is near it. */
  #last = 0

  constructor(sizes: ArrayLike<number>) {
    this.#sizes = Float64Array.from(sizes).sort()
    this.#sums = sumsOf(this.#sizes)
  }

  /** A vessel comes. One of no size changes nothing. */
  add(size: number): void {
    if (size > 0) this.#change(size)
  }

  /** One of the vessels goes. */
  remove(size: number): void {
    if (size > 0) this.#change(-size)
  }

  /**
   * The level to which `capacity` fills the vessels, if one of size `without` went and one of size `more` came; 0 for none.
   * Infinity when all are filled.
   */
  level(capacity: number, without = 0, more = 0): number {
    if (capacity <= 0) return 0
    const k = this.#search((at) => this.#held(this.#sizes[at] ?? 0, at, without, more) > capacity)
    return this.#between(k, capacity, without, more)
  }

  /** What all take at a level that the first k of the row lie below or at. */
  #held(level: number, k: number, without: number, more: number): number {
    let held = (this.#sums[k] ?? 0) + (this.#sizes.length - k) * level
    for (const size of this.#changes) held += size > 0 ? Math.min(size, level) : -Math.min(-size, level)
    return held - Math.min(without, level) + Math.min(more, level)
  }

  /** The least k whose size is a level above the one sought; the length when there is none. */
  #search(isAbove: (k: number) => boolean): number {
    const { length } = this.#sizes
    let [low, high] = [0, length]
    const near = this.#last
    // Most questions of an epoch have nearly the same answer.
    if (near < length && isAbove(near)) high = near
    else if (near < length) low = near + 1
    if (high === near && near > 0 && !isAbove(near - 1)) low = near
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isAbove(middle)) high = middle
      else low = middle + 1
    }
    this.#last = low
    return low
  }

  /** The level between the sizes k - 1 and k of the row, where only those that came and went bend the line. */
  #between(k: number, capacity: number, without: number, more: number): number {
    const top = this.#sizes[k] ?? Number.POSITIVE_INFINITY
    let level = this.#sizes[k - 1] ?? 0
    for (;;) {
      const next = this.#bendAfter(level, top, without, more)
      if (next >= top || this.#held(next, k, without, more) > capacity) break
      level = next
    }
    let open = this.#sizes.length - k + (more > level ? 1 : 0) - (without > level ? 1 : 0)
    for (const size of this.#changes) if (Math.abs(size) > level) open += Math.sign(size)
    if (open <= 0) return Number.POSITIVE_INFINITY
    return level + Math.max(0, capacity - this.#held(level, k, without, more)) / open
  }

  #bendAfter(level: number, top: number, without: number, more: number): number {
    let next = top
    if (without > level && without < next) next = without
    if (more > level && more < next) next = more
    for (const size of this.#changes) {
      const bend = Math.abs(size)
      if (bend > level && bend < next) next = bend
    }
    return next
  }

  #change(size: number): void {
    const opposite = this.#changes.indexOf(-size)
    if (opposite >= 0) this.#changes.splice(opposite, 1)
    else this.#changes.push(size)
    if (this.#changes.length > changesMax) this.#settle()
  }

  #settle(): void {
    const gone = this.#changes.filter((size) => size < 0).map(Math.abs)
    const sizes = [...this.#sizes, ...this.#changes.filter((size) => size > 0)].sort((a, b) => a - b)
    for (const size of gone) sizes.splice(sizes.indexOf(size), 1)
    this.#sizes = Float64Array.from(sizes)
    this.#sums = sumsOf(this.#sizes)
    this.#changes = []
    this.#last = 0
  }
}

function sumsOf(sizes: Float64Array): Float64Array {
  const sums = new Float64Array(sizes.length + 1)
  let sum = 0
  for (let k = 0; k < sizes.length; k++) {
    sums[k] = sum
    sum += sizes[k] ?? 0
  }
  sums[sizes.length] = sum
  return sums
}
