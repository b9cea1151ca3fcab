/** A byte rate over a sliding window of whole slots, with no timer and nothing allocated a byte. */

const slotCount = 8
const slotMilliseconds = 500

export class RateMeter {
  readonly #slots: number[] = Array<number>(slotCount).fill(0)
  #slot = 0
  readonly #origin: number
  /** Of all slots: kept beside them, since it is asked for far more often than it changes. */
  #sum = 0
  total = 0

  constructor(now: number) {
    this.#origin = now
  }

  add(bytes: number, now: number): void {
    this.#turn(now)
    const at = this.#slot % slotCount
    this.#slots[at] = (this.#slots[at] ?? 0) + bytes
    this.#sum += bytes
    this.total += bytes
  }

  /** Bytes a second over the last four seconds, or over the life of the meter where that is shorter. */
  bytesPerSecond(now: number): number {
    this.#turn(now)
    const span = Math.min(
      (slotCount - 1) * slotMilliseconds + ((now - this.#origin) % slotMilliseconds),
      now - this.#origin,
    )
    return span < 1 ? 0 : (this.#sum * 1000) / span
  }

  #turn(now: number): void {
    const slot = Math.floor((now - this.#origin) / slotMilliseconds)
    const stale = Math.min(slot - this.#slot, slotCount)
    for (let step = 1; step <= stale; step++) {
      const at = (this.#slot + step) % slotCount
      this.#sum -= this.#slots[at] ?? 0
      this.#slots[at] = 0
    }
    if (slot > this.#slot) this.#slot = slot
  }
}
