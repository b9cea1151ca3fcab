/** The blocks a peer asked us for, in order: a ring of plain integers, nothing allocated a request. */

/** Requests kept for a peer; told to it as `reqq` (BEP 10). More are refused. */
export const requestQueueLengthMax = 2_048

const mask = requestQueueLengthMax - 1

export class RequestQueue {
  readonly #pieces = new Int32Array(requestQueueLengthMax)
  readonly #begins = new Int32Array(requestQueueLengthMax)
  readonly #lengths = new Int32Array(requestQueueLengthMax)
  #head = 0
  #tail = 0

  get size(): number {
    return this.#tail - this.#head
  }

  /** Whether there was room. */
  push(piece: number, begin: number, length: number): boolean {
    if (this.size === requestQueueLengthMax) return false
    const at = this.#tail & mask
    this.#pieces[at] = piece
    this.#begins[at] = begin
    this.#lengths[at] = length
    this.#tail++
    return true
  }

  get piece(): number {
    return this.#pieces[this.#head & mask] as number // the mask keeps it inside
  }

  get begin(): number {
    return this.#begins[this.#head & mask] as number // the mask keeps it inside
  }

  /** Length of the head; 0 when the queue is empty. */
  get length(): number {
    return this.size === 0 ? 0 : (this.#lengths[this.#head & mask] as number) // the mask keeps it inside
  }

  shift(): void {
    if (this.size > 0) this.#head++
  }

  /** Drops one request. Whether it was there. */
  remove(piece: number, begin: number, length: number): boolean {
    for (let at = this.#head; at < this.#tail; at++) {
      const slot = at & mask
      if (this.#pieces[slot] !== piece || this.#begins[slot] !== begin || this.#lengths[slot] !== length) continue
      for (let next = at; next < this.#tail - 1; next++) this.#move((next + 1) & mask, next & mask)
      this.#tail--
      return true
    }
    return false
  }

  /** Empties the queue, telling each request dropped. */
  clear(dropped: (piece: number, begin: number, length: number) => void): void {
    for (; this.size > 0; this.#head++) dropped(this.piece, this.begin, this.length)
  }

  #move(from: number, to: number): void {
    this.#pieces[to] = this.#pieces[from] as number // both inside by the mask
    this.#begins[to] = this.#begins[from] as number // as above
    this.#lengths[to] = this.#lengths[from] as number // as above
  }
}
