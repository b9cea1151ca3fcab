/** What an epoch decides: price, shares, and which bids are awake. Pure; the market applies it. */

import { type Btt, btt, maxBig } from '@millrace/base'
import { type Book, bookOf, compareCap, priceOf, rateBelow } from './book.ts'
import { clearBook } from './clearing-price.ts'
import type { EpochInput } from './epoch-input.ts'
import { Trial } from './trial.ts'
import { isAwake } from './wake.ts'

export interface BidderOutcome {
  /** x: whole bytes a second. */
  readonly share: number
  /** What its flow is paced to: x, and its part of the room that nobody was cleared for. */
  readonly pace: number
  /** f: bytes a second this peer would have for nothing. */
  readonly freeLevel: number
  readonly awake: boolean
}

export interface EpochOutcome {
  readonly price: Btt
  readonly bidders: readonly BidderOutcome[]
}

/** Bids change one at a time, each seeing the one before; more than this in one epoch wait for the next. */
const changesMax = 256

/**
 * Decides an epoch. Only bids that are awake take part in the price; the share of one that sleeps is what it would have if it woke.
 *
 * f of a bid is reckoned as if it were not there: C less what the others who are awake would be paid for, poured over the
 * free peers, the sleeping bids and this peer. A choked peer would have nothing.
 *
 * Who wakes and sleeps is tried with rates that are not rounded (`trial.ts`); the price and the shares are exact.
 */
export function decideEpoch(input: EpochInput): EpochOutcome {
  const { bidders, capacity, freeShare, askPerMiB, wake } = input
  if (bidders.length === 0) return { price: maxBig(btt(askPerMiB), btt(1n)), bidders: [] }
  const book = bookOf(bidders, (1 - freeShare) * capacity)
  const trial = new Trial(input, book)
  for (let change = 0; change < Math.min(changesMax, 2 * bidders.length); change++) {
    const flipped = trial.mostWronged()
    if (flipped === undefined) break
    trial.flip(flipped)
  }
  // What still wants to sleep after the last change does, so that nobody is billed for less than it would have for nothing.
  const levels = trial.levels()
  const settled = bidders.map((_, i) => trial.isAwake(i) && isAwake(true, trial.share(i), levels[i] ?? 0, wake))
  const { price, shares } = clearBook(book, settled, askPerMiB, trial.guess(settled))
  const awake = settled.map((value, i) => value && (shares[i] ?? 0) > 0)
  const paces = pacesOf(book, input, awake, shares, price)
  return {
    price,
    bidders: shares.map((share, i) => ({
      share,
      pace: paces[i] ?? 0,
      freeLevel: levels[i] ?? 0,
      awake: awake[i] ?? false,
    })),
  }
}

/**
 * Room that the shares leave is no use to the price, but a bid whose demand was guessed too low, or whose money is only
 * secured a round trip at a time, may take it up to what it bids: w/p. Lacks are filled in proportion, so the paces
 * never sum above the room.
 */
function pacesOf(
  book: Book,
  { bidders, capacity, freeShare }: EpochInput,
  awake: readonly boolean[],
  shares: readonly number[],
  price: Btt,
): readonly number[] {
  const rest = (1 - freeShare) * capacity - shares.reduce((sum, share) => sum + share, 0)
  if (rest <= 0) return shares
  const near = priceOf(price)
  const lacks = bidders.map(({ spendRateBid }, i) =>
    awake[i] && compareCap(book, i, near) >= 0 ? Math.max(0, rateBelow(spendRateBid, near) - (shares[i] ?? 0)) : 0,
  )
  const lacking = lacks.reduce((sum, lack) => sum + lack, 0)
  if (lacking <= 0) return shares
  const part = Math.min(1, rest / lacking)
  return shares.map((share, i) => share + Math.floor(part * (lacks[i] ?? 0)))
}
