/** What an uplink did in an epoch: bytes sent, and how long somebody waited for bytes or for socket room. */

export interface EpochMeasure {
  readonly elapsedMs: number
  /** Bytes a second. */
  readonly sentRate: number
  /** Part of the epoch, 0 to 1. */
  readonly busy: number
}

/** The clock of an epoch starts with the first peer. */
export class EpochMeter {
  #startMs: number | undefined
  #sentBytes = 0
  #waiting = 0
  #busySinceMs = 0
  #busyMs = 0

  start(nowMs: number): void {
    this.#startMs ??= nowMs
  }

  sent(bytes: number): void {
    this.#sentBytes += bytes
  }

  /** `change` peers more, or fewer, have something to be served. */
  wait(change: number, nowMs: number): void {
    if (this.#waiting > 0) this.#busyMs += nowMs - this.#busySinceMs
    this.#busySinceMs = nowMs
    this.#waiting += change
  }

  /** Ends the epoch and starts the next. */
  close(nowMs: number): EpochMeasure {
    this.wait(0, nowMs)
    const elapsedMs = Math.max(1, nowMs - (this.#startMs ?? nowMs))
    const measure = { elapsedMs, sentRate: (this.#sentBytes * 1000) / elapsedMs, busy: this.#busyMs / elapsedMs }
    this.#startMs = nowMs
    this.#sentBytes = 0
    this.#busyMs = 0
    return measure
  }
}
