/**
 * Virtual time: what happens next, in order of time and, at the same time, in the order it was scheduled. A calendar queue
 * (Brown 1988): only the events of the page that runs are sorted, those of the next second lie on their pages as they came.
 */

import { assert, type Clock } from '@millrace/base'
import { EventHeap } from './event-heap.ts'

/** Something that acts at a time. `what` tells it which of its doings was meant. */
export interface Actor {
  wake(what: number): void
}

const pageMs = 4
/** A power of two. */
const pageCount = 256

/**
 * The clock of a run and everything that is still to happen. An event costs no closure.
 *
 * @example
 * const events = new EventQueue()
 * events.at(250, { wake: () => console.log(events.now()) }, 0)
 * events.runUntil(1000) // prints 250
 */
export class EventQueue implements Clock {
  // What happens, by slot.
  readonly #actors: Actor[] = []
  readonly #whats: number[] = []
  readonly #times: number[] = []
  readonly #orders: number[] = []
  readonly #freeSlots: number[] = []
  /** The page that runs, and events that were scheduled for a time on it since. */
  readonly #current = new EventHeap()
  /** Slots on the pages after it, by page number modulo their count. */
  readonly #pages: number[][] = Array.from({ length: pageCount }, () => [])
  /** Beyond the pages. */
  readonly #later = new EventHeap()
  #page = 0
  /** On the pages. */
  #pagedCount = 0
  #order = 0
  #nowMs = 0
  #isStopped = false

  /** Milliseconds since the run began. */
  now(): number {
    return this.#nowMs
  }

  /** How many events there were. */
  get count(): number {
    return this.#order - this.#current.size - this.#pagedCount - this.#later.size
  }

  /** Wakes `actor` at a time that is not past. */
  at(timeMs: number, actor: Actor, what: number): void {
    assert(timeMs >= this.#nowMs, 'an event that is not past')
    const slot = this.#freeSlots.pop() ?? this.#actors.length
    this.#actors[slot] = actor
    this.#whats[slot] = what
    this.#times[slot] = timeMs
    this.#orders[slot] = this.#order
    this.#file(timeMs, this.#order++, slot)
  }

  /** Calls `act` after a while: for what is rare, since it costs a closure. */
  after(milliseconds: number, act: () => void): void {
    this.at(this.#nowMs + milliseconds, { wake: act }, 0)
  }

  /** Runs everything up to and at `endMs`, unless somebody stops it. */
  runUntil(endMs: number): void {
    this.#isStopped = false
    while (!this.#isStopped) {
      if (this.#current.size === 0 && !this.#turnPage()) break
      if (!this.#current.isDue(endMs)) break
      const slot = this.#current.shift()
      this.#nowMs = this.#times[slot] as number // the slot of an event
      // A slot keeps its last actor until the next event is put there.
      this.#freeSlots.push(slot)
      const actor = this.#actors[slot] as Actor // as above
      actor.wake(this.#whats[slot] as number) // as above
    }
    if (!this.#isStopped) this.#nowMs = Math.max(this.#nowMs, endMs)
  }

  /** Ends `runUntil` after the event that runs now. */
  stop(): void {
    this.#isStopped = true
  }

  #file(timeMs: number, order: number, slot: number): void {
    const page = Math.floor(timeMs / pageMs)
    if (page <= this.#page) this.#current.push(timeMs, order, slot)
    else if (page < this.#page + pageCount) {
      this.#pageOf(page).push(slot)
      this.#pagedCount++
    } else this.#later.push(timeMs, order, slot)
  }

  /** Goes on to the next page that has events; false when there are none. */
  #turnPage(): boolean {
    if (this.#pagedCount === 0) {
      if (this.#later.size === 0) return false
      this.#page = Math.floor(this.#later.timeMs / pageMs) - 1
    }
    while (this.#current.size === 0) {
      this.#page++
      while (this.#later.timeMs < (this.#page + pageCount) * pageMs) this.#refile(this.#later.shift())
      const slots = this.#pageOf(this.#page)
      this.#pagedCount -= slots.length
      for (const slot of slots) this.#refile(slot)
      slots.length = 0
    }
    return true
  }

  #refile(slot: number): void {
    this.#file(this.#times[slot] as number, this.#orders[slot] as number, slot) // the slot of an event
  }

  #pageOf(page: number): number[] {
    return this.#pages[page & (pageCount - 1)] as number[] // the mask keeps it inside
  }
}
