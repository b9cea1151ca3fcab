/** A priority queue whose entries can move: an indexed binary heap, ordered by three numbers, the least on top. */

/** One item's place in a heap. The key is compared number by number: `a`, then `b`, then `c`. */
export interface HeapEntry<T> {
  readonly item: T
  a: number
  b: number
  c: number
  /** -1 while it is in no heap; belongs to the heap. */
  slot: number
}

export function heapEntry<T>(item: T): HeapEntry<T> {
  return { item, a: 0, b: 0, c: 0, slot: -1 }
}

/**
 * Entries are in one heap at most. Each operation takes O(log n) comparisons and allocates nothing.
 *
 * @example
 * const heap = new TagHeap<string>()
 * heap.set(heapEntry('late'), 2, 0, 0)
 * heap.set(heapEntry('early'), 1, 0, 0)
 * heap.top?.item // 'early'
 */
export class TagHeap<T> {
  readonly #entries: HeapEntry<T>[] = []

  get size(): number {
    return this.#entries.length
  }

  get top(): HeapEntry<T> | undefined {
    return this.#entries[0]
  }

  /** Puts an entry in, or moves the one that is in, to the place of its new key. */
  set(entry: HeapEntry<T>, a: number, b: number, c: number): void {
    entry.a = a
    entry.b = b
    entry.c = c
    if (entry.slot < 0) {
      entry.slot = this.#entries.length
      this.#entries.push(entry)
    }
    if (!this.#rise(entry)) this.#sink(entry)
  }

  /** Takes an entry of this heap out. */
  delete(entry: HeapEntry<T>): void {
    const { slot } = entry
    entry.slot = -1
    const last = this.#entries.pop()
    if (last === undefined || last === entry) return
    last.slot = slot
    this.#entries[slot] = last
    if (!this.#rise(last)) this.#sink(last)
  }

  /** Answers whether the entry moved. */
  #rise(entry: HeapEntry<T>): boolean {
    const entries = this.#entries
    const start = entry.slot
    let slot = start
    while (slot > 0) {
      const above = (slot - 1) >> 1
      const parent = entries[above]
      if (parent === undefined || !isBefore(entry, parent)) break
      parent.slot = slot
      entries[slot] = parent
      slot = above
    }
    entry.slot = slot
    entries[slot] = entry
    return slot !== start
  }

  #sink(entry: HeapEntry<T>): void {
    const entries = this.#entries
    let slot = entry.slot
    for (;;) {
      let below = 2 * slot + 1
      let child = entries[below]
      if (child === undefined) break
      const right = entries[below + 1]
      if (right !== undefined && isBefore(right, child)) {
        child = right
        below++
      }
      if (!isBefore(child, entry)) break
      child.slot = slot
      entries[slot] = child
      slot = below
    }
    entry.slot = slot
    entries[slot] = entry
  }
}

function isBefore<T>(left: HeapEntry<T>, right: HeapEntry<T>): boolean {
  if (left.a !== right.a) return left.a < right.a
  if (left.b !== right.b) return left.b < right.b
  return left.c < right.c
}
