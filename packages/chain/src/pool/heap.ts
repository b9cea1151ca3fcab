/** A binary heap: the item that comes before all others at its root. */

export class Heap<T> {
  private readonly items: T[] = []
  private readonly isBefore: (a: T, b: T) => boolean

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.isBefore = isBefore
  }

  get size(): number {
    return this.items.length
  }

  peek(): T | undefined {
    return this.items[0]
  }

  push(item: T): void {
    const { items } = this
    let at = items.push(item) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.comesFirst(at, parent)) break
      this.swap(at, parent)
      at = parent
    }
  }

  pop(): T | undefined {
    const { items } = this
    if (items.length === 0) return undefined
    this.swap(0, items.length - 1)
    const first = items.pop()
    this.sink(0)
    return first
  }

  /** Holds these and nothing else from now on: in a time that grows with their number, where pushing each takes longer. */
  fill(items: Iterable<T>): void {
    this.items.length = 0
    for (const item of items) this.items.push(item)
    for (let at = (this.items.length >> 1) - 1; at >= 0; at--) this.sink(at)
  }

  private sink(from: number): void {
    const { length } = this.items
    for (let at = from; ; ) {
      let child = 2 * at + 1
      if (child >= length) break
      if (child + 1 < length && this.comesFirst(child + 1, child)) child++
      if (!this.comesFirst(child, at)) break
      this.swap(at, child)
      at = child
    }
  }

  private comesFirst(a: number, b: number): boolean {
    const [one, other] = [this.items[a], this.items[b]]
    return one !== undefined && other !== undefined && this.isBefore(one, other)
  }

  private swap(a: number, b: number): void {
    const [one, other] = [this.items[a], this.items[b]]
    if (one === undefined || other === undefined) return
    this.items[a] = other
    this.items[b] = one
  }
}
