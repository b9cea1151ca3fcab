/** A seller's ask in another unit that follows feeds by the client's own rules; what the feeds say is the study's. */

import { type Btt, defined } from '@millrace/base'
import {
  type ExchangeRate,
  openStableAsk,
  parseExchangeRate,
  parseUnitAsk,
  quotedAsk,
  type StableAskPhase,
  type StableAskState,
  type StableAskTerms,
  stepStableAsk,
  type UnitAsk,
} from '@millrace/market'

export interface AskFollowerTerms {
  readonly ask: UnitAsk
  readonly limits: StableAskTerms
  /** From one question to the next; all feeds are asked together. */
  readonly intervalMs: number
  /** What one feed says; undefined when it is silent. */
  feed(feed: number, nowMs: number): ExchangeRate | undefined
}

export class AskFollower {
  readonly #terms: AskFollowerTerms
  #state: StableAskState
  #dueMs = 0

  constructor(terms: AskFollowerTerms) {
    this.#terms = terms
    this.#state = openStableAsk(terms.limits)
  }

  get phase(): StableAskPhase {
    return this.#state.phase
  }

  /** The ask of now: base units a MiB. Time does not go back. */
  askAt(nowMs: number): Btt | undefined {
    const { ask, limits, intervalMs } = this.#terms
    if (nowMs >= this.#dueMs) {
      this.#dueMs = nowMs + intervalMs
      for (let feed = 0; feed < limits.feeds; feed++) {
        const rate = this.#terms.feed(feed, nowMs)
        if (rate === undefined) continue
        this.#state = stepStableAsk(this.#state, { type: 'reading', feed, rate, ageMs: 0 }, limits, nowMs)
      }
    }
    this.#state = stepStableAsk(this.#state, { type: 'tick' }, limits, nowMs)
    return quotedAsk(ask, this.#state)
  }
}

/** An ask that a study writes down. */
export function unitAskOf(text: string): UnitAsk {
  return defined(parseUnitAsk(text), 'an ask that can be read')
}

/** A rate that a study writes down, so many times over. */
export function rateOf(text: string, times = 1n, over = 1n): ExchangeRate {
  const parsed = parseExchangeRate(text)
  const rate = parsed.ok ? (parsed.value * times) / over : undefined
  return defined(rate, 'a rate that can be read') as ExchangeRate // above 0 as long as the part is no dust
}
