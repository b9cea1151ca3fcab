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
    const kept = this.#entries()
    const at = kept.findIndex((entry) => entry.key === key)
    if (at < 0) return false
    kept.splice(at, 1)
    this.#size = 0
    for (const entry of kept) this.push(entry.key, entry.timeMs)
    return true
  }

  /** Empties it; answers the keys. */
  clear(): number[] {
    const keys = this.#entries().map(({ key }) => key)
    this.#size = 0
    return keys
  }

  #entries(): { readonly key: number; readonly timeMs: number }[] {
    const mask = this.#keys.length - 1
    return Array.from({ length: this.#size }, (_, i) => {
      const at = (this.#head + i) & mask
      return { key: this.#keys[at] ?? -1, timeMs: this.#times[at] ?? 0 }
    })
  }

  #grow(): void {
    const entries = this.#entries()
    const keys = new Int32Array(Math.max(capacityStart, entries.length * 2))
    const times = new Float64Array(keys.length)
    for (const [at, entry] of entries.entries()) {
      keys[at] = entry.key
      times[at] = entry.timeMs
    }
    this.#keys = keys
    this.#times = times
    this.#head = 0
  }
}
