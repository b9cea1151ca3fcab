/**
 * A peer's download line: blocks that arrive together share it fairly, one a neighbour in turn. Like a line with a short
 * buffer and TCP on it, it lets no more than a window's worth come its way; who would send more waits for it.
 */

import { blockBytes } from '@millrace/base'
import type { BlockFifo } from './block-fifo.ts'
import type { DelayMeter } from './delay-meter.ts'
import type { Actor, EventQueue } from './event-queue.ts'
import type { Turns } from './turns.ts'

/** What is on its way and in the line's buffer at most, in time at the line's rate: a round trip and 100 ms. */
export const windowMs = 250
const windowBlocksMin = 4

/** One path into the line. */
export interface Path {
  /** Blocks that came and wait, or are on their way: key and time of arrival. */
  readonly coming: BlockFifo
  inFlightBytes: number
  /** Blocks that came and wait for the line. */
  waiting: number
  /** Its sender has blocks that the window holds back. */
  isHeldBack: boolean
  readonly isOpen: boolean
  lengthOf(key: number): number
  /** A block is here. */
  deliver(key: number): void
  /** There may be room in the window again. */
  resume(): void
}

export class Downlink implements Actor {
  readonly bytesPerMs: number
  readonly #events: EventQueue
  readonly #delays: DelayMeter
  readonly #turns: Turns
  readonly #windowBytes: number
  #inFlightBytes = 0
  #activePaths = 0
  #freeAtMs = 0
  #isDraining = false
  /** Paths with blocks that wait, in turn. */
  readonly #waiting: Path[] = []
  readonly #heldBack: Path[] = []

  constructor(bytesPerSecond: number, events: EventQueue, turns: Turns, delays: DelayMeter) {
    this.#turns = turns
    this.bytesPerMs = bytesPerSecond / 1000
    this.#events = events
    this.#delays = delays
    this.#windowBytes = Math.max(windowBlocksMin * blockBytes, this.bytesPerMs * windowMs)
  }

  /** Whether the window lets a block of this path start now; if not, the path is resumed when it may. */
  admits(path: Path, bytes: number): boolean {
    if (this.#inFlightBytes + bytes <= this.#windowBytes) return true
    const paths = this.#activePaths + (path.inFlightBytes === 0 ? 1 : 0)
    if (path.inFlightBytes + bytes <= Math.max(blockBytes, this.#windowBytes / paths)) return true
    if (!path.isHeldBack) this.#heldBack.push(path)
    path.isHeldBack = true
    return false
  }

  /** A block started towards here. */
  launch(path: Path, bytes: number): void {
    if (path.inFlightBytes === 0) this.#activePaths++
    path.inFlightBytes += bytes
    this.#inFlightBytes += bytes
  }

  /** The oldest block of the path that is on its way is here. */
  arrive(path: Path): void {
    path.waiting++
    if (path.waiting > 1 || this.#waiting.length > 0 || this.#freeAtMs > this.#events.now() + this.#turns.earlyMs) {
      if (path.waiting === 1) this.#waiting.push(path)
      this.#drainLater()
    } else this.#take(path)
  }

  wake(): void {
    this.#isDraining = false
    const now = this.#events.now()
    // Everything that the line has carried by now.
    do {
      const path = this.#waiting.shift()
      if (path === undefined) return
      this.#take(path)
      if (path.waiting > 0) this.#waiting.push(path)
    } while (this.#freeAtMs < now + this.#turns.earlyMs)
    if (this.#waiting.length > 0) this.#drainLater()
  }

  #drainLater(): void {
    if (this.#isDraining) return
    this.#isDraining = true
    this.#events.at(this.#turns.at(Math.max(this.#freeAtMs, this.#events.now())), this, 0)
  }

  #take(path: Path): void {
    const { key, timeMs } = path.coming
    const start = Math.max(this.#freeAtMs, timeMs)
    const bytes = path.lengthOf(key)
    path.coming.shift()
    path.waiting--
    path.inFlightBytes -= bytes
    this.#inFlightBytes -= bytes
    if (bytes > 0 && path.inFlightBytes === 0) this.#activePaths--
    this.#freeAtMs = start + bytes / this.bytesPerMs
    if (bytes > 0) this.#delays.add(start - timeMs)
    path.deliver(key)
    if (this.#heldBack.length > 0) this.#resume(path)
  }

  /** The path that just gave room, and one of those that waited for the whole window. */
  #resume(path: Path): void {
    const first = this.#heldBack.shift()
    if (first !== undefined) {
      first.isHeldBack = false
      first.resume()
    }
    if (path.isHeldBack) path.resume()
  }
}
