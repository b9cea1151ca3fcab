/** Blocks in order with a time each: requests that wait, or blocks on their way. A ring that grows; nothing a block. */

const capacityStart = 8
const noKeys = new Int32Array(0)
const noTimes = new Float64Array(0)

export class BlockFifo {
  #keys = noKeys
  #times = noTimes
  #head = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Key of the oldest; -1 when empty. */
  get key(): number {
    return this.#size === 0 ? -1 : (this.#keys[this.#head] as number) // the head is inside
  }

  /** Time of the oldest; Infinity when empty. */
  get timeMs(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#times[this.#head] as number) // the head is inside
  }

  push(key: number, timeMs: number): void {
    if (this.#size === this.#keys.length) this.#grow()
    const at = (this.#head + this.#size) & (this.#keys.length - 1)
    this.#keys[at] = key
    this.#times[at] = timeMs
    this.#size++
  }

  shift(): void {
    if (this.#size === 0) return
    this.#head = (this.#head + 1) & (this.#keys.length - 1)
    this.#size--
  }

  /** Drops the block; whether it was there. */
  remove(key: number): boolean {
    const mask = this.#keys.length - 1
    for (let place = 0; place < this.#size; place++) {
      if (this.#keys[(this.#head + place) & mask] !== key) continue
      for (let next = place + 1; next < this.#size; next++) {
        const [from, to] = [(this.#head + next) & mask, (this.#head + next - 1) & mask]
        this.#keys[to] = this.#keys[from] as number // both inside by the mask
        this.#times[to] = this.#times[from] as number // as above
      }
      this.#size--
      return true
    }
    return false
  }

  /** Empties it; answers the keys. */
  clear(): number[] {
    const mask = this.#keys.length - 1
    const keys: number[] = []
    for (let place = 0; place < this.#size; place++) keys.push(this.#keys[(this.#head + place) & mask] ?? -1)
    this.#size = 0
    return keys
  }

  #grow(): void {
    const keys = new Int32Array(Math.max(capacityStart, this.#size * 2))
    const times = new Float64Array(keys.length)
    // It is full: what stands before the head comes after what stands from it on.
    keys.set(this.#keys.subarray(this.#head))
    keys.set(this.#keys.subarray(0, this.#head), this.#size - this.#head)
    times.set(this.#times.subarray(this.#head))
    times.set(this.#times.subarray(0, this.#head), this.#size - this.#head)
    this.#keys = keys
    this.#times = times
    this.#head = 0
  }
}
