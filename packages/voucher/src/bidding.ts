/** A buyer's bids on one connection: what it wants, what it said, and which of its bids may count at the seller by now. */

import { type Btt, maxBig, minBig, zeroBtt } from '@millrace/base'
import { rejectCodes } from '@millrace/wire'

/** What the buyer wants of one connection: at most so much a second, at most so much a MiB. */
export interface Want {
  readonly spendRatePerSecond: Btt
  readonly priceMaxPerMiB: Btt
}

export type SentBid = Want & { readonly number: number }

export interface Bidding {
  readonly want: Want | undefined
  readonly quote: { readonly pricePerMiB: Btt; readonly endsAtMs: number } | undefined
  /** The newest bid that the seller's statements echoed. */
  readonly counted: SentBid | undefined
  /** Sent since: any may count by now, also one that seems refused, since a refusal names no number. */
  readonly unsure: readonly SentBid[]
  /** What the seller is taken to hold: while that is what we want, nothing is sent. */
  readonly held: SentBid | undefined
  /** Of the last bid that was sent: a number is not used twice, were its bid refused. */
  readonly numberUsed: number
  /** When the last bid left that was no withdrawal. */
  readonly bidAtMs: number | undefined
}

/** One bid a second, with room for a clock that runs a little slower over there. */
export const bidPeriodMs = 1_050
/** A seller echoes within a moment: older bids than these count no more. */
const unsureMax = 16

export const noBids: Bidding = {
  want: undefined,
  quote: undefined,
  counted: undefined,
  unsure: [],
  held: undefined,
  numberUsed: 0,
  bidAtMs: undefined,
}

/** The bid to send for `want`; undefined while none is due or may be sent. A spend rate of 0 withdraws. */
export function nextBid(bidding: Bidding, want: Want | undefined, nowMs: number): SentBid | undefined {
  const { held, quote, bidAtMs } = bidding
  const number = bidding.numberUsed + 1
  const wanted = want?.spendRatePerSecond ?? zeroBtt
  const offered = held?.spendRatePerSecond ?? zeroBtt
  if (want === undefined || wanted === 0n) {
    return offered === 0n ? undefined : { number, spendRatePerSecond: zeroBtt, priceMaxPerMiB: zeroBtt }
  }
  if (offered === wanted && held?.priceMaxPerMiB === want.priceMaxPerMiB) return undefined
  if (quote === undefined || nowMs >= quote.endsAtMs) return undefined
  if (bidAtMs !== undefined && nowMs < bidAtMs + bidPeriodMs) return undefined
  return { number, spendRatePerSecond: wanted, priceMaxPerMiB: want.priceMaxPerMiB }
}

export function onSent(bidding: Bidding, bid: SentBid, nowMs: number): Bidding {
  const bidAtMs = bid.spendRatePerSecond > 0n ? nowMs : bidding.bidAtMs
  const unsure = [...bidding.unsure, bid].slice(-unsureMax)
  return { ...bidding, unsure, held: bid, numberUsed: bid.number, bidAtMs }
}

/** A statement echoes the bid of this number: those before it count no more. */
export function onEcho(bidding: Bidding, number: number): Bidding {
  const counted = bidding.unsure.find((bid) => bid.number === number)
  if (counted === undefined) return bidding
  // After a refusal the seller was taken to hold an older one.
  const held = bidding.held === undefined || bidding.held.number < number ? counted : bidding.held
  return { ...bidding, counted, held, unsure: bidding.unsure.filter((bid) => bid.number > number) }
}

/** The seller refused a bid: what is wanted goes out again when it may. */
export function onRefusal(bidding: Bidding, code: number): Bidding {
  // Our cap is below the ask: nothing to be had here.
  const want = code === rejectCodes.priceAboveCap ? undefined : bidding.want
  const quote = code === rejectCodes.noQuote ? undefined : bidding.quote
  // A withdrawal that was refused would be refused again.
  const held = bidding.held?.spendRatePerSecond === 0n ? bidding.held : bidding.counted
  return { ...bidding, want, quote, held }
}

/** The most that a second may cost: of all bids that may count. */
export function spendRateLimit({ counted, unsure }: Bidding): Btt {
  return unsure.reduce<Btt>((most, bid) => maxBig(most, bid.spendRatePerSecond), counted?.spendRatePerSecond ?? zeroBtt)
}

/** The most that a MiB may cost: the lower of the quote and the highest cap that may count. */
export function priceLimit({ counted, unsure, quote }: Bidding): Btt {
  if (quote === undefined) return zeroBtt
  const cap = unsure.reduce<Btt>((most, bid) => maxBig(most, bid.priceMaxPerMiB), counted?.priceMaxPerMiB ?? zeroBtt)
  return minBig(cap, quote.pricePerMiB)
}
