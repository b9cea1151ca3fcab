/** How many bytes a second there are to sell: a limit that is held exactly, or a line that is measured. */

import { assert } from '@millrace/base'

export type CapacityOptions =
  | { readonly kind: 'limited'; readonly bytesPerSecond: number }
  | { readonly kind: 'measured'; readonly startBytesPerSecond: number }

/** The bucket of a limited link holds this much, so that a timer that is late by a few ms costs nothing. */
const burstMs = 50
const burstStepsMin = 2
/** A measured link whose queue stood this part of an epoch and sent less than C is slower than C. */
const busyPart = 0.9
/** How much of C a lagging link keeps at most an epoch. */
const keptPart = 0.75
const measuredStepsPerSecondMin = 4

/** C of one uplink. A limited one spends tokens: a block may leave while the bucket is above 0. */
export class Capacity {
  readonly #limited: boolean
  readonly #stepUnits: number
  #rate: number
  #tokens = 0
  #filledMs = 0

  constructor(options: CapacityOptions, stepUnits: number) {
    this.#stepUnits = stepUnits
    this.#limited = options.kind === 'limited'
    this.#rate = options.kind === 'limited' ? options.bytesPerSecond : options.startBytesPerSecond
    assert(this.#rate > 0 && Number.isFinite(this.#rate), 'a capacity above 0')
    this.#tokens = this.#burst()
  }

  /** C: bytes a second. */
  get bytesPerSecond(): number {
    return this.#rate
  }

  /** Sets the limit of a limited link; what the bucket owes stays owed. */
  setLimit(bytesPerSecond: number, nowMs: number): void {
    assert(this.#limited && bytesPerSecond > 0, 'a limited link and a limit above 0')
    this.#fill(nowMs)
    this.#rate = bytesPerSecond
    this.#tokens = Math.min(this.#tokens, this.#burst())
  }

  /** True when a block may leave now. */
  open(nowMs: number): boolean {
    if (!this.#limited) return true
    this.#fill(nowMs)
    return this.#tokens > 0
  }

  spend(bytes: number): void {
    if (this.#limited) this.#tokens -= bytes
  }

  /** When a block may leave again: `nowMs` if it may now. */
  openAtMs(nowMs: number): number {
    if (this.open(nowMs)) return nowMs
    // A whole byte above 0, so that the bucket is open at that time whatever the rounding.
    return nowMs + ((1 - this.#tokens) * 1000) / this.#rate
  }

  /**
   * Takes the measure of an epoch. A measured C grows to what was sent, and backs off when the queue stood and less was sent.
   *
   * @param sent bytes a second
   * @param busy part of the epoch, 0 to 1, in which somebody waited for bytes or for socket room
   */
  measure(sent: number, busy: number): void {
    if (this.#limited) return
    if (sent > this.#rate) this.#rate = sent
    else if (busy >= busyPart) this.#rate = this.#backedOff(sent)
  }

  #backedOff(sent: number): number {
    return Math.max(sent, this.#rate * keptPart, measuredStepsPerSecondMin * this.#stepUnits)
  }

  #burst(): number {
    return Math.max(burstStepsMin * this.#stepUnits, (this.#rate * burstMs) / 1000)
  }

  #fill(nowMs: number): void {
    const elapsed = Math.max(0, nowMs - this.#filledMs)
    this.#filledMs = Math.max(this.#filledMs, nowMs)
    this.#tokens = Math.min(this.#burst(), this.#tokens + (elapsed * this.#rate) / 1000)
  }
}
