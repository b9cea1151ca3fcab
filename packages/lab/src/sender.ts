/**
 * The uploading half of a peer: the scheduler names whose block is next, the line carries it. It wakes when the scheduler
 * says that a block may leave again.
 */

import type { Btt } from '@millrace/base'
import type { Actor, EventQueue } from './event-queue.ts'
import { blockArrives, type Neighbour, requestIsHeard } from './neighbour.ts'
import type { Scheduler } from './scheduler.ts'
import type { Turns } from './turns.ts'
import type { Uplink } from './uplink.ts'

/** A scheduler that says "now" and then names nobody is asked again after so long. */
const retryMsMin = 0.01

export interface SenderParts {
  readonly scheduler: Scheduler
  readonly uplink: Uplink
  readonly events: EventQueue
  readonly turns: Turns
  neighbour(handle: number): Neighbour | undefined
  onServed(neighbour: Neighbour, bytes: number, billed: Btt): void
}

export class Sender implements Actor {
  readonly #parts: SenderParts
  #wakesAtMs = Number.POSITIVE_INFINITY

  constructor(parts: SenderParts) {
    this.#parts = parts
  }

  /** What this neighbour may be sent has changed: a request, room on its line, a choke. */
  refresh(neighbour: Neighbour): void {
    const { scheduler, events } = this.#parts
    const now = events.now()
    const { requests, id } = neighbour
    let length = 0
    let isStalled = false
    if (requests.size > 0) {
      if (requests.timeMs > now) {
        if (!neighbour.isAwaited) events.at(requests.timeMs, neighbour, requestIsHeard)
        neighbour.isAwaited = true
      } else {
        length = neighbour.lengthOf(requests.key)
        isStalled = !neighbour.other.downlink.admits(neighbour.twin, length)
        if (isStalled) length = 0
      }
    }
    scheduler.setBacklog(id, length, now)
    scheduler.setStalled(id, isStalled, now)
    if (length > 0) this.wakeAt(now)
  }

  /** Between events, never inside one: the scheduler may be at work. */
  wakeAt(timeMs: number): void {
    if (timeMs >= this.#wakesAtMs) return
    const turnMs = this.#parts.turns.sendAt(timeMs)
    if (turnMs >= this.#wakesAtMs) return
    this.#wakesAtMs = turnMs
    this.#parts.events.at(turnMs, this, 0)
  }

  wake(): void {
    const { scheduler, events } = this.#parts
    const now = events.now()
    // An earlier time was set after this wake-up was.
    if (now !== this.#wakesAtMs) return
    for (;;) {
      const neighbour = this.#parts.neighbour(scheduler.choose(now))
      if (neighbour === undefined) break
      this.#serve(neighbour, now)
    }
    this.#wakesAtMs = Number.POSITIVE_INFINITY
    const retryMs = scheduler.retryAtMs(now)
    if (Number.isFinite(retryMs)) this.wakeAt(Math.max(retryMs, now + retryMsMin))
  }

  #serve(neighbour: Neighbour, now: number): void {
    const { scheduler, uplink, events } = this.#parts
    const { twin, other, requests } = neighbour
    const { key } = requests
    const length = neighbour.lengthOf(key)
    requests.shift()
    const leaves = uplink.send(length, now)
    // The time on the receiver's line counts here, so that a line without a queue needs one event a block.
    const arrives = leaves + neighbour.latencyMs + length / other.downlink.bytesPerMs
    other.downlink.launch(twin, length)
    twin.coming.push(key, arrives)
    twin.lastArrivesMs = arrives
    events.at(other.turns.near(arrives, now), twin, blockArrives)
    const billed = scheduler.served(neighbour.id, length, now)
    neighbour.upload.total += length
    this.#parts.onServed(neighbour, length, billed)
    this.refresh(neighbour)
  }
}
