/**
 * The blocks that a peer was asked for, oldest first. Blocks mostly come in the order they were asked for, so the oldest is
 * looked at first: a ring, nothing allocated a block.
 */

const placesStart = 8

/**
 * A set of keys that keeps their order. Each operation looks at one key where blocks come in order, at all of them otherwise.
 *
 * @example
 * const asked = new AskedBlocks()
 * asked.add(7)
 * asked.delete(7) // true
 */
export class AskedBlocks {
  #ring: number[] = []
  /** Places less one: a power of two less one. */
  #mask = -1
  #head = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  has(key: number): boolean {
    return this.placeOf(key) >= 0
  }

  /** How many were asked for before it; -1 when it is not in. */
  placeOf(key: number): number {
    for (let place = 0; place < this.#size; place++) {
      if (this.#ring[(this.#head + place) & this.#mask] === key) return place
    }
    return -1
  }

  /** Adds a key that is not in. */
  add(key: number): void {
    if (this.#size > this.#mask) this.#grow()
    this.#ring[(this.#head + this.#size) & this.#mask] = key
    this.#size++
  }

  /** Answers whether it was in. */
  delete(key: number): boolean {
    const place = this.placeOf(key)
    if (place < 0) return false
    // Those before it move up: they are few, where blocks come nearly in order.
    for (let to = place; to > 0; to--) {
      const from = (this.#head + to - 1) & this.#mask
      this.#ring[(this.#head + to) & this.#mask] = this.#ring[from] as number // inside by the mask
    }
    this.#head = (this.#head + 1) & this.#mask
    this.#size--
    return true
  }

  clear(): void {
    this.#size = 0
  }

  [Symbol.iterator](): IterableIterator<number> {
    return this.#keys().values()
  }

  #keys(): number[] {
    return Array.from({ length: this.#size }, (_, place) => this.#ring[(this.#head + place) & this.#mask] as number) // inside
  }

  #grow(): void {
    const keys = this.#keys()
    const places = Math.max(placesStart, 2 * keys.length)
    while (keys.length < places) keys.push(-1)
    this.#ring = keys
    this.#mask = places - 1
    this.#head = 0
  }
}
