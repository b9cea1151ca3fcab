/** Things by handles that count up from 1, as a scheduler names them; -1 is nobody. */
export class Handles<T> {
  readonly #items: (T | undefined)[] = [undefined]

  /** The handle of the next that is added. */
  get next(): number {
    return this.#items.length
  }

  add(item: T): void {
    this.#items.push(item)
  }

  delete(handle: number): void {
    this.#items[handle] = undefined
  }

  get(handle: number): T | undefined {
    return handle < 0 ? undefined : this.#items[handle]
  }
}
