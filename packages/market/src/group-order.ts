/** The order in which the free class serves: least group tag, then least peer tag, then who came first. */

import { type HeapEntry, heapEntry, TagHeap } from './tag-heap.ts'

/** One group's waiting flows in one order. The fields belong to the order. */
export class Standing<T> {
  readonly flows = new TagHeap<T>()
  /** How many flows wait, and the first of them: asked for with each block. */
  size = 0
  first: T | undefined
  readonly entry: HeapEntry<Standing<T>> = heapEntry<Standing<T>>(this)
  /** G: the group's tag as of the last `refresh`. */
  tag = 0
  /** Its tag is above the order's floor. */
  isAbove = false
}

/**
 * Two levels of heaps. Group tags below `floor` count as the floor: their flows stand in one line by their own tags.
 * A group leaves that line only when it is served, so raising the floor costs no more than the services before it.
 */
export class GroupOrder<T> {
  readonly #below = new TagHeap<Standing<T>>()
  readonly #above = new TagHeap<Standing<T>>()
  #floor: number

  constructor(floor: number) {
    this.#floor = floor
  }

  get size(): number {
    return this.#below.size + this.#above.size
  }

  /** The flow to serve next. */
  get least(): T | undefined {
    return (this.#below.top ?? this.#above.top)?.item.first
  }

  /** Puts a flow in, or moves it. `rank` tells flows of equal tags apart. */
  set(standing: Standing<T>, flow: HeapEntry<T>, tag: number, rank: number): void {
    standing.flows.set(flow, tag, rank, 0)
    this.#note(standing)
  }

  delete(standing: Standing<T>, flow: HeapEntry<T>): void {
    standing.flows.delete(flow)
    this.#note(standing)
  }

  /** Takes the group's tag. */
  refresh(standing: Standing<T>, groupTag: number): void {
    if (standing.tag === groupTag) return
    standing.tag = groupTag
    // Where nobody waits there is nothing to move: most groups wait in one order alone.
    if (standing.size > 0) this.#place(standing)
  }

  /** Floors only rise. */
  raiseFloor(floor: number): void {
    this.#floor = floor
    for (let top = this.#above.top; top !== undefined && top.a <= floor; top = this.#above.top) this.#place(top.item)
  }

  #note(standing: Standing<T>): void {
    standing.size = standing.flows.size
    standing.first = standing.flows.top?.item
    this.#place(standing)
  }

  #place(standing: Standing<T>): void {
    const { entry, tag, flows } = standing
    const isAbove = tag > this.#floor
    const { top } = flows
    if (entry.slot >= 0 && (top === undefined || isAbove !== standing.isAbove)) {
      if (standing.isAbove) this.#above.delete(entry)
      else this.#below.delete(entry)
    }
    if (top === undefined) return
    standing.isAbove = isAbove
    if (isAbove) this.#above.set(entry, tag, top.a, top.b)
    else this.#below.set(entry, top.a, top.b, 0)
  }
}
