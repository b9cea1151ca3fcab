/** Keeps an ask in another unit up to date: asks the feeds in turn, lets the market's policy judge, and says what it came to. */

import { type Btt, type Clock, type Logger, messageOf } from '@millrace/base'
import {
  type FeedTrouble,
  faultyFeedsMax,
  formatExchangeRate,
  formatUnitAsk,
  openStableAsk,
  quotedAsk,
  type StableAskEvent,
  type StableAskState,
  type StableAskTerms,
  stepStableAsk,
  type UnitAsk,
} from '@millrace/market'
import type { Timers } from '@millrace/swarm'
import { FeedError, feedReadMsMax, type PriceFeed } from './ports.ts'

/** So often is looked at the time, that limits of age are held when no feed says anything. */
const tickMsMax = 1_000

export interface StableAskOptions {
  readonly ask: UnitAsk
  readonly feeds: readonly PriceFeed[]
  /** From one answer of a feed to the next question. */
  readonly intervalMs: number
  readonly limits: Omit<StableAskTerms, 'feeds'>
}

export interface AskKeeperParts {
  /** Told at each change: base units a MiB, undefined to sell nothing. */
  readonly onAsk: (askPerMiB: Btt | undefined) => void
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
}

/** What the ask is, at which rate, and why: for the report. */
export interface StableAskView {
  /** As its owner said it: `0.02 USD/GiB`. */
  readonly ask: string
  /** Base units a MiB; absent while nothing is sold. */
  readonly askPerMiB: Btt | undefined
  readonly state: 'fresh' | 'last-quote' | 'free-only'
  /** In words; absent while the feeds are fresh. */
  readonly why: string | undefined
  /** The quoted rate: the unit for one BTT, an exact decimal. */
  readonly rate: string | undefined
  /** Since the feeds last stood behind it. */
  readonly rateAgeSeconds: number | undefined
  readonly feeds: readonly FeedView[]
}

export interface FeedView {
  readonly name: string
  readonly rate: string | undefined
  readonly ageSeconds: number | undefined
  readonly isFresh: boolean
  /** Why its last answer was none. */
  readonly failure: string | undefined
}

export class AskKeeper {
  readonly #options: StableAskOptions
  readonly #parts: AskKeeperParts
  readonly #terms: StableAskTerms
  readonly #failures: (string | undefined)[]
  readonly #closing = new AbortController()
  /** Of each feed by its number, and of the tick. */
  readonly #cancels = new Map<number | 'tick', () => void>()
  #state: StableAskState
  #askPerMiB: Btt | undefined

  constructor(options: StableAskOptions, parts: AskKeeperParts) {
    this.#options = options
    this.#parts = parts
    this.#terms = { ...options.limits, feeds: options.feeds.length }
    this.#failures = options.feeds.map(() => undefined)
    this.#state = openStableAsk(this.#terms)
  }

  /** Begins to ask. Until enough feeds have answered nothing is sold. */
  start(): void {
    for (const [index, feed] of this.#options.feeds.entries()) void this.#read(index, feed)
    this.#tick()
  }

  view(): StableAskView {
    const { phase, readings } = this.#state
    const nowMs = this.#parts.clock.now()
    const { quoted } = phase
    return {
      ask: formatUnitAsk(this.#options.ask),
      askPerMiB: this.#askPerMiB,
      state: phase.kind,
      why: phase.kind === 'fresh' ? undefined : this.#words(phase.why, nowMs),
      rate: quoted && formatExchangeRate(quoted.rate),
      rateAgeSeconds: quoted && (nowMs - quoted.backedMs) / 1000,
      feeds: this.#options.feeds.map(({ name }, index) => {
        const reading = readings[index]
        return {
          name,
          rate: reading && formatExchangeRate(reading.rate),
          ageSeconds: reading && (nowMs - reading.atMs) / 1000,
          isFresh: this.#isFresh(index, nowMs),
          failure: this.#failures[index],
        }
      }),
    }
  }

  /** Asks no feed any more; the ask stays as it is. */
  close(): void {
    this.#closing.abort()
    for (const cancel of this.#cancels.values()) cancel()
  }

  async #read(index: number, feed: PriceFeed): Promise<void> {
    const { timers, logger } = this.#parts
    const { signal } = this.#closing
    try {
      const { rate, ageMs } = await feed.read(AbortSignal.any([signal, AbortSignal.timeout(feedReadMsMax)]))
      if (signal.aborted) return
      this.#failures[index] = undefined
      this.#step({ type: 'reading', feed: index, rate, ageMs })
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof FeedError)) throw error
      const reason = messageOf(error)
      if (this.#failures[index] !== reason) logger.log('warn', 'a price feed has no price', { feed: feed.name, reason })
      this.#failures[index] = reason
    }
    this.#cancels.set(
      index,
      timers.after(this.#options.intervalMs, () => void this.#read(index, feed)),
    )
  }

  #tick(): void {
    this.#step({ type: 'tick' })
    const milliseconds = Math.min(tickMsMax, this.#options.intervalMs)
    this.#cancels.set(
      'tick',
      this.#parts.timers.after(milliseconds, () => this.#tick()),
    )
  }

  #step(event: StableAskEvent): void {
    const { clock, logger, onAsk } = this.#parts
    const nowMs = clock.now()
    const before = this.#state.phase.kind
    this.#state = stepStableAsk(this.#state, event, this.#terms, nowMs)
    const { phase } = this.#state
    if (phase.kind !== before) {
      const why = phase.kind === 'fresh' ? {} : { why: this.#words(phase.why, nowMs) }
      logger.log(phase.kind === 'fresh' ? 'info' : 'warn', 'the ask changes its footing', { state: phase.kind, ...why })
    }
    const askPerMiB = quotedAsk(this.#options.ask, this.#state)
    if (askPerMiB === this.#askPerMiB) return
    this.#askPerMiB = askPerMiB
    onAsk(askPerMiB)
  }

  #isFresh(index: number, nowMs: number): boolean {
    const reading = this.#state.readings[index]
    return reading !== undefined && nowMs - reading.atMs <= this.#terms.ageMsMax
  }

  #words(why: FeedTrouble, nowMs: number): string {
    const { feeds } = this.#options
    const fresh = feeds.filter((_, index) => this.#isFresh(index, nowMs)).length
    const faulty = faultyFeedsMax(feeds.length)
    switch (why.kind) {
      case 'missing':
        return `${fresh} of ${feeds.length} feeds have a fresh price, at least ${faulty + 1} must`
      case 'split':
        return `${fresh} of ${feeds.length} feeds have a fresh price and do not agree; with ${2 * faulty + 1} the middle one would count`
      case 'jump':
        return `the price went to ${formatExchangeRate(why.jump.rate)}: that much at once must be said twice`
    }
  }
}
