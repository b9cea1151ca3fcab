/** A byte budget that refills with time: the download limit of a session. */

/** What may be spent at once after a pause. */
const burstMilliseconds = 500

export class Limiter {
  readonly #bytesPerSecond: number | undefined
  #bytes: number
  #at: number

  /** No limit when `bytesPerSecond` is undefined. */
  constructor(bytesPerSecond: number | undefined, now: number) {
    this.#bytesPerSecond = bytesPerSecond
    this.#bytes = this.#burst
    this.#at = now
  }

  /** Bytes that may be spent now; at most one tick's debt is carried over. */
  bytes(now: number): number {
    if (this.#bytesPerSecond === undefined) return Number.POSITIVE_INFINITY
    this.#bytes = Math.min(this.#burst, this.#bytes + ((now - this.#at) * this.#bytesPerSecond) / 1000)
    this.#at = now
    return Math.max(0, this.#bytes)
  }

  take(bytes: number): void {
    this.#bytes -= bytes
  }

  get #burst(): number {
    return ((this.#bytesPerSecond ?? 0) * burstMilliseconds) / 1000
  }
}
