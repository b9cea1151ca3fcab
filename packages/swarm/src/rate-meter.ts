/** A byte rate over a sliding window of whole slots, with no timer and nothing allocated a byte. */

const slotCount = 8
const slotMilliseconds = 500

export class RateMeter {
  readonly #slots = new Float64Array(slotCount)
  #slot = 0
  #origin: number
  total = 0

  constructor(now: number) {
    this.#origin = now
  }

  add(bytes: number, now: number): void {
    this.#turn(now)
    const at = this.#slot % slotCount
    this.#slots[at] = (this.#slots[at] ?? 0) + bytes
    this.total += bytes
  }

  /** Bytes a second over the last four seconds, or over the life of the meter where that is shorter. */
  bytesPerSecond(now: number): number {
    this.#turn(now)
    const sum = this.#slots.reduce((total, slot) => total + slot, 0)
    const span = Math.min(
      (slotCount - 1) * slotMilliseconds + ((now - this.#origin) % slotMilliseconds),
      now - this.#origin,
    )
    return span < 1 ? 0 : (sum * 1000) / span
  }

  #turn(now: number): void {
    const slot = Math.floor((now - this.#origin) / slotMilliseconds)
    const stale = Math.min(slot - this.#slot, slotCount)
    for (let step = 1; step <= stale; step++) this.#slots[(this.#slot + step) % slotCount] = 0
    if (slot > this.#slot) this.#slot = slot
  }
}
