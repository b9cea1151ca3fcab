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
      if (this.keyAt(place) === key) return place
    }
    return -1
  }

  /** The key before which `place` others were asked for; the place is below the size. */
  keyAt(place: number): number {
    return this.#ring[(this.#head + place) & this.#mask] as number // inside by the mask
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
    this.#size--
    // Those on its shorter side move: few, where blocks come nearly in order or are taken back from the end.
    if (2 * place > this.#size) {
      for (let to = place; to < this.#size; to++) this.#put(to, this.keyAt(to + 1))
    } else {
      for (let to = place; to > 0; to--) this.#put(to, this.keyAt(to - 1))
      this.#head = (this.#head + 1) & this.#mask
    }
    return true
  }

  clear(): void {
    this.#size = 0
  }

  [Symbol.iterator](): IterableIterator<number> {
    return this.#keys().values()
  }

  #put(place: number, key: number): void {
    this.#ring[(this.#head + place) & this.#mask] = key
  }

  #keys(): number[] {
    return Array.from({ length: this.#size }, (_, place) => this.keyAt(place))
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
