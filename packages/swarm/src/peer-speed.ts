/**
 * How fast a peer sends what it is asked for, as far as that is known: what the end game compares. Time in which it owes nothing
 * says nothing; a peer whose blocks had to be taken from it is not trusted again until it sends one.
 */

/** Before that, what came is too little to tell a rate; a shorter spell counts as so long. */
export const rateKnownMs = 1_000
const spellMsMin = 250
/** What a meter of the last seconds covers. */
const meterMs = 4_000
/** Who could not help does not look again before. */
export const searchAgainMs = 250
/** Who lost blocks waits so long before it helps again, and twice as long each further time. */
const lossMsFirst = 2_000
const lossMsMax = 120_000

export interface Meter {
  readonly total: number
  bytesPerSecond(now: number): number
}

export class PeerSpeed {
  readonly #meter: Meter
  /** The spell in which it owes blocks, or owed them last. */
  #sinceMs = 0
  #fromBytes = 0
  /** Bytes a second of the last spell that ended with all sent; 0 when it is not known. */
  #pace = 0
  #losses = 0
  #lostUntilMs = Number.NEGATIVE_INFINITY
  #searchedUntilMs = Number.NEGATIVE_INFINITY

  constructor(meter: Meter) {
    this.#meter = meter
  }

  /** It owes nothing, and is asked for blocks. */
  begin(now: number): void {
    this.#sinceMs = now
    this.#fromBytes = this.#meter.total
  }

  /** A block of it came. */
  onBlock(now: number, owesMore: boolean): void {
    this.#losses = 0
    this.#lostUntilMs = Number.NEGATIVE_INFINITY
    if (owesMore) return
    this.#pace = ((this.#meter.total - this.#fromBytes) * 1_000) / Math.max(spellMsMin, now - this.#sinceMs)
  }

  /** What it owed will not come, through no delay of it: it choked us. */
  forget(): void {
    this.#pace = 0
  }

  /** What it owed was taken from it, since it did not come. */
  onLoss(now: number): void {
    this.#pace = 0
    if (now < this.#lostUntilMs) return
    this.#lostUntilMs = now + Math.min(lossMsMax, lossMsFirst * 2 ** this.#losses)
    this.#losses++
  }

  /** It could not help others. */
  onSearch(now: number): void {
    this.#searchedUntilMs = now + searchAgainMs
  }

  mayHelp(now: number): boolean {
    return now >= Math.max(this.#lostUntilMs, this.#searchedUntilMs)
  }

  /** It has had the time to send. */
  isDue(now: number): boolean {
    return now - this.#sinceMs >= rateKnownMs
  }

  /**
   * Bytes a second; undefined where nothing is known, or nothing comes.
   *
   * @param owes it was asked for blocks that it has not sent
   */
  at(now: number, owes: boolean): number | undefined {
    const ms = now - this.#sinceMs
    const speed = !owes || ms < rateKnownMs ? this.#pace : this.#measured(now, ms)
    return speed > 0 ? speed : undefined
  }

  #measured(now: number, ms: number): number {
    if (ms >= meterMs) return this.#meter.bytesPerSecond(now)
    return ((this.#meter.total - this.#fromBytes) * 1_000) / ms
  }
}
