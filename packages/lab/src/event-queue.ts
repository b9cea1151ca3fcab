/**
 * Virtual time: what happens next, in order of time and, at the same time, in the order it was scheduled. A heap of four
 * children a node over typed arrays; an event costs no closure.
 */

import { assert, type Clock } from '@millrace/base'

/** Something that acts at a time. `what` tells it which of its doings was meant. */
export interface Actor {
  wake(what: number): void
}

const arity = 4
const capacityStart = 1024

/**
 * The clock of a run and everything that is still to happen.
 *
 * @example
 * const events = new EventQueue()
 * events.at(250, { wake: () => console.log(events.now()) }, 0)
 * events.runUntil(1000) // prints 250
 */
export class EventQueue implements Clock {
  #times = new Float64Array(capacityStart)
  #orders = new Float64Array(capacityStart)
  #whats = new Int32Array(capacityStart)
  readonly #actors: Actor[] = []
  #size = 0
  #order = 0
  #nowMs = 0
  #isStopped = false

  /** Milliseconds since the run began. */
  now(): number {
    return this.#nowMs
  }

  /** How many events there were. */
  get count(): number {
    return this.#order - this.#size
  }

  /** Wakes `actor` at a time that is not past. */
  at(timeMs: number, actor: Actor, what: number): void {
    assert(timeMs >= this.#nowMs, 'an event that is not past')
    if (this.#size === this.#times.length) this.#grow()
    const order = this.#order++
    let at = this.#size++
    while (at > 0) {
      const parent = (at - 1) >> 2
      const parentTime = this.#times[parent] as number // a parent stands below its child
      if (parentTime <= timeMs) break
      this.#move(parent, at)
      at = parent
    }
    this.#put(at, timeMs, order, what, actor)
  }

  /** Calls `act` after a while: for what is rare, since it costs a closure. */
  after(milliseconds: number, act: () => void): void {
    this.at(this.#nowMs + milliseconds, { wake: act }, 0)
  }

  /** Runs everything up to and at `endMs`, unless somebody stops it. */
  runUntil(endMs: number): void {
    this.#isStopped = false
    while (this.#size > 0 && !this.#isStopped) {
      const time = this.#times[0] as number // the heap is not empty
      if (time > endMs) break
      const actor = this.#actors[0] as Actor // as above
      const what = this.#whats[0] as number // as above
      this.#nowMs = time
      this.#removeFirst()
      actor.wake(what)
    }
    if (!this.#isStopped) this.#nowMs = Math.max(this.#nowMs, endMs)
  }

  /** Ends `runUntil` after the event that runs now. */
  stop(): void {
    this.#isStopped = true
  }

  #removeFirst(): void {
    const last = --this.#size
    const actor = this.#actors.pop() as Actor // one a slot
    if (last === 0) return
    const times = this.#times
    const orders = this.#orders
    const time = times[last] as number // the last is inside
    const order = orders[last] as number // as above
    const what = this.#whats[last] as number // as above
    let at = 0
    for (;;) {
      const first = at * arity + 1
      if (first >= last) break
      let least = first
      const end = Math.min(first + arity, last)
      for (let child = first + 1; child < end; child++) if (this.#isBefore(child, least)) least = child
      const leastTime = times[least] as number // below last
      const leastOrder = orders[least] as number // below last
      if (leastTime > time || (leastTime === time && leastOrder > order)) break
      this.#move(least, at)
      at = least
    }
    this.#put(at, time, order, what, actor)
  }

  #isBefore(a: number, b: number): boolean {
    const timeA = this.#times[a] as number // both inside
    const timeB = this.#times[b] as number // as above
    if (timeA !== timeB) return timeA < timeB
    return (this.#orders[a] as number) < (this.#orders[b] as number) // both inside
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from] as number // both inside
    this.#orders[to] = this.#orders[from] as number // as above
    this.#whats[to] = this.#whats[from] as number // as above
    this.#actors[to] = this.#actors[from] as Actor // as above
  }

  #put(at: number, time: number, order: number, what: number, actor: Actor): void {
    this.#times[at] = time
    this.#orders[at] = order
    this.#whats[at] = what
    this.#actors[at] = actor
  }

  #grow(): void {
    const length = this.#times.length * 2
    const times = new Float64Array(length)
    const orders = new Float64Array(length)
    const whats = new Int32Array(length)
    times.set(this.#times)
    orders.set(this.#orders)
    whats.set(this.#whats)
    this.#times = times
    this.#orders = orders
    this.#whats = whats
  }
}
