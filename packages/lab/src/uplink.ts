/** A peer's upload line behind its scheduler: one block after the other, at what the line really carries. */

import type { DelayMeter } from './delay-meter.ts'

/** The upload limit is this part of what the line carries, so that the queue stays ours and not the line's. */
export const limitOfLine = 0.95

export class Uplink {
  readonly #bytesPerMs: number
  readonly #delays: DelayMeter
  readonly #earlyMs: number
  #freeAtMs = 0

  /** @param earlyMs how much earlier than it is told a block may have left, see `Turns` */
  constructor(bytesPerSecond: number, delays: DelayMeter, earlyMs = 0) {
    this.#earlyMs = earlyMs
    this.#bytesPerMs = bytesPerSecond / 1000
    this.#delays = delays
  }

  /** Takes a block at `nowMs`; answers when its last byte has left. */
  send(bytes: number, nowMs: number): number {
    const start = Math.max(nowMs - this.#earlyMs, this.#freeAtMs)
    this.#delays.add(Math.max(0, start - nowMs))
    this.#freeAtMs = start + bytes / this.#bytesPerMs
    return this.#freeAtMs
  }
}
