/** Blocks in order with a time each: requests that wait, or blocks on their way. A ring that grows; nothing a block. */

const capacityStart = 8

export class BlockFifo {
  /** Time and key of each place, one after the other: plain doubles, so that one look brings both. */
  #ring: number[] = []
  /** Places less one: a power of two less one. */
  #mask = -1
  #head = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Key of the oldest; -1 when empty. */
  get key(): number {
    return this.#size === 0 ? -1 : (this.#ring[2 * this.#head + 1] as number) // the head is inside
  }

  /** Time of the oldest; Infinity when empty. */
  get timeMs(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#ring[2 * this.#head] as number) // the head is inside
  }

  push(key: number, timeMs: number): void {
    if (this.#size > this.#mask) this.#grow()
    const at = 2 * ((this.#head + this.#size) & this.#mask)
    this.#ring[at] = timeMs
    this.#ring[at + 1] = key
    this.#size++
  }

  shift(): void {
    if (this.#size === 0) return
    this.#head = (this.#head + 1) & this.#mask
    this.#size--
  }

  /** Drops the block; whether it was there. */
  remove(key: number): boolean {
    for (let place = 0; place < this.#size; place++) {
      if (this.#keyAt(place) !== key) continue
      for (let next = place + 1; next < this.#size; next++) {
        const [from, to] = [2 * ((this.#head + next) & this.#mask), 2 * ((this.#head + next - 1) & this.#mask)]
        this.#ring[to] = this.#ring[from] as number // both inside by the mask
        this.#ring[to + 1] = this.#ring[from + 1] as number // as above
      }
      this.#size--
      return true
    }
    return false
  }

  /** Empties it; answers the keys. */
  clear(): number[] {
    const keys: number[] = []
    for (let place = 0; place < this.#size; place++) keys.push(this.#keyAt(place))
    this.#size = 0
    return keys
  }

  #keyAt(place: number): number {
    return this.#ring[2 * ((this.#head + place) & this.#mask) + 1] as number // inside by the mask
  }

  #grow(): void {
    const places = Math.max(capacityStart, this.#size * 2)
    const ring: number[] = []
    // It is full: what stands before the head comes after what stands from it on.
    for (let at = 0; at < 2 * this.#size; at++)
      ring.push(this.#ring[(2 * this.#head + at) % (2 * this.#size)] as number) // inside
    while (ring.length < 2 * places) ring.push(Number.NaN)
    this.#ring = ring
    this.#mask = places - 1
    this.#head = 0
  }
}
