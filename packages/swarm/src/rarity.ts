/**
 * The pieces not started yet, ordered by how many peers have them (BEP 3: rarest first).
 *
 * One permutation holds them in buckets of equal availability; a change of one piece's availability moves it by one
 * swap to the edge of its bucket, so nothing is ever sorted again.
 */

import { assert, type Random, shuffle } from '@millrace/base'

export class RarityIndex {
  /** Of each piece side by side: how many peers have it, and where it stands in `#order`, or -1. */
  readonly #pieces: Int32Array
  /** Pieces by rising availability; only the first `#size` count. */
  readonly #order: Int32Array
  /** `#starts[a]` is where the pieces of availability `a` or more begin. */
  readonly #starts: number[] = [0]
  #size: number
  readonly #random: Random

  constructor(pieceCount: number, random: Random) {
    this.#pieces = new Int32Array(2 * pieceCount)
    this.#order = Int32Array.from(shuffle([...Array(pieceCount).keys()], random))
    for (const [at, piece] of this.#order.entries()) this.#setPosition(piece, at)
    this.#size = pieceCount
    this.#random = random
  }

  /** How many pieces are not started. */
  get size(): number {
    return this.#size
  }

  availability(piece: number): number {
    return this.#pieces[2 * piece] as number // the picker checked the index
  }

  /** One more peer has the piece. */
  increment(piece: number): void {
    const level = this.availability(piece)
    this.#pieces[2 * piece] = level + 1
    const at = this.#position(piece)
    if (at < 0) return
    const last = this.#start(level + 1) - 1
    this.#swap(at, last)
    this.#starts[level + 1] = last
  }

  /** One peer fewer has the piece. */
  decrement(piece: number): void {
    const level = this.availability(piece)
    assert(level > 0, 'an availability above zero')
    this.#pieces[2 * piece] = level - 1
    const at = this.#position(piece)
    if (at < 0) return
    const first = this.#start(level)
    this.#swap(at, first)
    this.#starts[level] = first + 1
  }

  /** The piece was started, or is had already. */
  remove(piece: number): void {
    let at = this.#position(piece)
    if (at < 0) return
    for (let level = this.availability(piece) + 1; level < this.#starts.length; level++) {
      const last = this.#start(level) - 1
      this.#swap(at, last)
      at = last
      this.#starts[level] = last
    }
    this.#swap(at, this.#size - 1)
    this.#size--
    this.#setPosition(piece, -1)
    this.#clampStarts()
  }

  /** The piece is to be started again. */
  insert(piece: number): void {
    if (this.#position(piece) >= 0) return
    // Its level may be new: nobody had so many when it was started. Its bucket begins here then.
    this.#start(this.availability(piece))
    let at = this.#size
    this.#size++
    this.#order[at] = piece
    this.#setPosition(piece, at)
    for (let level = this.#starts.length - 1; level > this.availability(piece); level--) {
      const first = this.#start(level)
      if (first >= this.#size) {
        this.#starts[level] = this.#size
        continue
      }
      this.#swap(at, first)
      at = first
      this.#starts[level] = first + 1
    }
  }

  /** The rarest piece that `wanted` accepts, or -1; any of equals, since all peers asking for one would make it rare. */
  rarest(wanted: (piece: number) => boolean): number {
    for (let level = 1; this.#start(level) < this.#size; level++) {
      const found = this.#anyBetween(this.#start(level), this.#start(level + 1), wanted)
      if (found >= 0) return found
    }
    return -1
  }

  /** A random piece that `wanted` accepts, or -1: for the first pieces, which should come fast rather than rare. */
  anyPiece(wanted: (piece: number) => boolean): number {
    return this.#anyBetween(this.#start(1), this.#size, wanted)
  }

  #anyBetween(from: number, to: number, wanted: (piece: number) => boolean): number {
    const length = to - from
    if (length <= 0) return -1
    let at = from + this.#random.below(length)
    for (let step = 0; step < length; step++) {
      const piece = this.#order[at] as number // below size
      if (wanted(piece)) return piece
      if (++at === to) at = from
    }
    return -1
  }

  #position(piece: number): number {
    return this.#pieces[2 * piece + 1] as number // the picker checked the index
  }

  #setPosition(piece: number, at: number): void {
    this.#pieces[2 * piece + 1] = at
  }

  #start(level: number): number {
    while (this.#starts.length <= level) this.#starts.push(this.#size)
    return this.#starts[level] as number // just made to exist
  }

  #clampStarts(): void {
    for (let level = this.#starts.length - 1; level >= 0 && this.#start(level) > this.#size; level--) {
      this.#starts[level] = this.#size
    }
  }

  #swap(a: number, b: number): void {
    if (a === b) return
    const pieceA = this.#order[a] as number // both below the array's length
    const pieceB = this.#order[b] as number
    this.#order[a] = pieceB
    this.#order[b] = pieceA
    this.#setPosition(pieceB, a)
    this.#setPosition(pieceA, b)
  }
}
