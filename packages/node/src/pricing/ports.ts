/** What a stable ask needs of the world: feeds that say what a BTT is worth. */

import { MillraceError } from '@millrace/base'
import type { ExchangeRate } from '@millrace/market'

/**
 * One source of a price. Implemented by `fixed-feed.ts`, `file-feed.ts`, `http-feed.ts` and `oracle-feed.ts`; any other that
 * holds to the compliance suite fits as well.
 */
export interface PriceFeed {
  /** For people: what it is and where, without a password. */
  readonly name: string
  /**
   * Asks once. It ends within `feedReadMsMax` or when `signal` is aborted, and changes nothing.
   *
   * @throws FeedError when there is no price to be had; never answers one that it doubts
   */
  read(signal: AbortSignal): Promise<PriceReading>
}

export interface PriceReading {
  /** One BTT in the unit of the ask. */
  readonly rate: ExchangeRate
  /** How old the price already is by the feed's own word; 0 from a feed that does not say. */
  readonly ageMs: number
}

/** A feed that does not answer by then has no price. */
export const feedReadMsMax = 10_000

/**
 * - `unreachable`: nothing answers, or not in time.
 * - `bad-reply`: what answered is no price: another status, too long, no JSON, nothing at the pointer, no number above 0.
 * - `no-price`: the feed says itself that it has none.
 * - `bad-address`: no feed can be at such an address.
 */
export class FeedError extends MillraceError<'unreachable' | 'bad-reply' | 'no-price' | 'bad-address'> {
  override readonly name = 'FeedError'
}
