/** How long blocks waited at a line, as counts by length: nothing is kept a block. */

/** Upper edges in milliseconds; the last class has none. */
export const delayEdgesMs: readonly number[] = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000]

export class DelayMeter {
  readonly counts = new Float64Array(delayEdgesMs.length + 1)
  /** Since `takeMean` was asked last. */
  #sumMs = 0
  #count = 0

  add(milliseconds: number): void {
    let at = 0
    while (at < delayEdgesMs.length && milliseconds > (delayEdgesMs[at] as number)) at++ // below the length
    this.counts[at] = (this.counts[at] as number) + 1 // one class more than edges
    this.#sumMs += milliseconds
    this.#count++
  }

  /** The mean delay since this was asked last, in milliseconds; 0 when nothing passed. */
  takeMean(): number {
    const mean = this.#count === 0 ? 0 : this.#sumMs / this.#count
    this.#sumMs = 0
    this.#count = 0
    return mean
  }
}
