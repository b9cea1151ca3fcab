/** Slots by time and, at the same time, by order: a heap of four children a node over typed arrays. */

const arity = 4
const capacityStart = 1024

export class EventHeap {
  #times = new Float64Array(capacityStart)
  #orders = new Float64Array(capacityStart)
  #slots = new Int32Array(capacityStart)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Of the first; Infinity when empty. */
  get timeMs(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] as number) // the first is inside
  }

  /** Whether there is a first, and it is not after `timeMs`. */
  isDue(timeMs: number): boolean {
    return this.#size > 0 && (this.#times[0] as number) <= timeMs // the first is inside
  }

  push(timeMs: number, order: number, slot: number): void {
    if (this.#size === this.#times.length) this.#grow()
    let at = this.#size++
    while (at > 0) {
      const parent = (at - 1) >> 2
      const parentTime = this.#times[parent] as number // a parent stands below its child
      if (parentTime < timeMs || (parentTime === timeMs && (this.#orders[parent] as number) < order)) break // as above
      this.#move(parent, at)
      at = parent
    }
    this.#put(at, timeMs, order, slot)
  }

  /** Takes the first out; answers its slot. There is one. */
  shift(): number {
    const first = this.#slots[0] as number // not empty
    const last = --this.#size
    if (last > 0) this.#sink(last)
    return first
  }

  /** Puts the entry at `last`, which is past the end now, where the first was. */
  #sink(last: number): void {
    const times = this.#times
    const orders = this.#orders
    const time = times[last] as number // the last is inside
    const order = orders[last] as number // as above
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
    this.#put(at, time, order, this.#slots[last] as number) // the last is inside
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
    this.#slots[to] = this.#slots[from] as number // as above
  }

  #put(at: number, time: number, order: number, slot: number): void {
    this.#times[at] = time
    this.#orders[at] = order
    this.#slots[at] = slot
  }

  #grow(): void {
    const length = this.#times.length * 2
    const times = new Float64Array(length)
    const orders = new Float64Array(length)
    const slots = new Int32Array(length)
    times.set(this.#times)
    orders.set(this.#orders)
    slots.set(this.#slots)
    this.#times = times
    this.#orders = orders
    this.#slots = slots
  }
}
