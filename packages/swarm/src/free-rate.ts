/**
 * How fast a peer gives for nothing: what tit-for-tat rewards. A seller bills after it served, so a byte counts as given when
 * its bill had time to come and did not. A bill that comes later still is made up for before anything more counts.
 */

import { RateMeter } from './rate-meter.ts'

/** Statements come within a second of the first byte; the rest is for the line and a busy peer. */
export const billMillisecondsMax = 3_000
const sampleMilliseconds = 500
/** The oldest that is kept is older than the time for a bill. */
const samplesMax = billMillisecondsMax / sampleMilliseconds + 2

export class FreeRate {
  readonly #since: number
  /** Of who has billed: most never do. */
  #given: RateMeter | undefined
  readonly #samples: { readonly at: number; readonly total: number }[] = []
  #credited = 0

  constructor(now: number) {
    this.#since = now
  }

  /**
   * Bytes a second, over the last seconds. To be asked about once a second.
   *
   * @param received all bytes of this peer, and how fast they come
   * @param billedBytes those of them that it billed, as far as is known
   */
  bytesPerSecond(received: Pick<RateMeter, 'total' | 'bytesPerSecond'>, billedBytes: number, now: number): number {
    const ripe = this.#totalBefore(now - billMillisecondsMax, received.total, now) - billedBytes
    if (ripe > this.#credited) {
      this.#given ??= new RateMeter(this.#since)
      this.#given.add(ripe - this.#credited, now)
      this.#credited = ripe
    }
    return billedBytes === 0 ? received.bytesPerSecond(now) : (this.#given?.bytesPerSecond(now) ?? 0)
  }

  /** What had come by then, as far as samples tell: never more. */
  #totalBefore(time: number, total: number, now: number): number {
    const last = this.#samples.at(-1)
    if (last === undefined || now >= last.at + sampleMilliseconds) this.#samples.push({ at: now, total })
    if (this.#samples.length > samplesMax) this.#samples.shift()
    return this.#samples.findLast(({ at }) => at <= time)?.total ?? 0
  }
}
