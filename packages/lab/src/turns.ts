/**
 * When a peer acts on what has come to it: at once, or in turns, as a program does that looks at its sockets every few
 * milliseconds. What happens to one peer is then done in one go, which is what a large swarm needs to be quick: the peer
 * is in the processor's cache.
 */

/** Turns of peers are apart from one another: each begins at its own place. */
const places = 2 ** 16
/** Odd, so that neighbours in number are far apart in place. */
const stride = 40_503

export class Turns {
  readonly #everyMs: number
  readonly #firstMs: number

  /** @param everyMs whole; 0 is at once */
  constructor(everyMs: number, peer: number) {
    this.#everyMs = everyMs
    // A fraction of a power of two: sums of it and whole milliseconds are exact.
    this.#firstMs = (everyMs * ((peer * stride) % places)) / places
  }

  /** How much a turn may be early: half of the time between two. */
  get earlyMs(): number {
    return this.#everyMs / 2
  }

  /** The first turn that is not before `timeMs`. */
  at(timeMs: number): number {
    return this.#everyMs === 0 ? timeMs : this.#ceiling(timeMs, this.#everyMs)
  }

  /** As `at`, when it is to send: twice a turn, since a block cannot leave before its time and would be late in the mean. */
  sendAt(timeMs: number): number {
    return this.#everyMs === 0 ? timeMs : this.#ceiling(timeMs, this.#everyMs / 2)
  }

  /** The turn nearest to `timeMs` that is not before `nowMs`: what is on its way is neither late nor early in the mean. */
  near(timeMs: number, nowMs: number): number {
    return this.at(Math.max(nowMs, timeMs - this.earlyMs))
  }

  #ceiling(timeMs: number, stepMs: number): number {
    return this.#firstMs + Math.ceil((timeMs - this.#firstMs) / stepMs) * stepMs
  }
}
