/** What an epoch decides: price, shares, and which bids are awake. Pure; the market applies it. */

import type { Btt } from '@millrace/base'
import { type Claim, clear } from './clearing-price.ts'
import { FreeField, type FreePeer } from './free-level.ts'
import { isAwake, type WakeTerms } from './wake.ts'

/** A bid and its peer. */
export interface Bidder extends Claim {
  readonly group: string
  readonly awake: boolean
  /** The free class's choker serves this peer: without its bid it would have its free level, otherwise nothing. */
  readonly unchoked: boolean
}

export interface EpochInput {
  readonly bidders: readonly Bidder[]
  /** The unchoked peers without a bid. */
  readonly free: readonly FreePeer[]
  readonly capacity: number
  /** phi: the free share, 0 to 1. */
  readonly freeShare: number
  readonly askPerMiB: bigint
  readonly wake: WakeTerms
}

export interface BidderOutcome {
  /** x: whole bytes a second. */
  readonly share: number
  /** f: bytes a second this peer would have for nothing. */
  readonly freeLevel: number
  readonly awake: boolean
}

export interface EpochOutcome {
  readonly price: Btt
  readonly bidders: readonly BidderOutcome[]
}

/** Each pass can only wake more or only put more to sleep as a rule; four settle nearly every case within one epoch. */
const wakePassesMax = 4
const otherPriceSteps = 24

/**
 * Decides an epoch. Sleeping bids take part in the price, so it does not jump when one wakes.
 *
 * f of a bid is reckoned as if it were not there: the others' shares at the price without it, then C less the shares of
 * those awake, poured over the free peers, the sleeping bids and this peer. A choked peer would have nothing.
 */
export function decideEpoch(input: EpochInput): EpochOutcome {
  const { bidders, capacity, freeShare, askPerMiB } = input
  const paidCapacity = (1 - freeShare) * capacity
  const { price, shares } = clear(bidders, askPerMiB, paidCapacity)
  const others = otherMarket(bidders, askPerMiB, price, paidCapacity)
  let awake = bidders.map((bidder) => bidder.awake)
  let levels: number[] = []
  for (let pass = 0; pass < wakePassesMax; pass++) {
    levels = freeLevels(input, awake, others)
    const next = levels.map((level, i) => isAwake(awake[i] ?? false, shares[i] ?? 0, level, input.wake))
    const settled = next.every((value, i) => value === awake[i])
    awake = next
    if (settled) break
  }
  return {
    price,
    bidders: shares.map((share, i) => ({ share, freeLevel: levels[i] ?? 0, awake: awake[i] ?? false })),
  }
}

function freeLevels(
  { bidders, free, capacity }: EpochInput,
  awake: readonly boolean[],
  others: (without: number, awake: readonly boolean[]) => number,
): number[] {
  const sleeping = bidders.filter(({ unchoked }, i) => unchoked && !awake[i])
  const field = new FreeField([...free, ...sleeping])
  return bidders.map((bidder, i) => {
    if (!bidder.unchoked) return 0
    const left = Math.max(0, capacity - others(i, awake))
    if (awake[i]) return field.levelFor(bidder, left)
    // A sleeper is in the field already: its own level is asked for, not that of a second one.
    const without = new FreeField([...free, ...sleeping.filter((other) => other !== bidder)])
    return without.levelFor(bidder, left)
  })
}

/**
 * What the awake others would be served in the paid class if one bid were not there. Rates only, no money: floating point
 * is enough. While nobody sleeps it is the whole demand at the ask, or the paid class when that is less.
 */
function otherMarket(
  bidders: readonly Bidder[],
  askPerMiB: bigint,
  price: bigint,
  paidCapacity: number,
): (without: number, awake: readonly boolean[]) => number {
  const money = bidders.map(({ spendRate }) => Number(spendRate) * 1_048_576)
  const ask = Math.max(1, Number(askPerMiB))
  const at = (i: number, at: number): number => Math.min((money[i] ?? 0) / at, bidders[i]?.demand ?? 0)
  const reach = bidders.map(({ priceMax }) => Number(priceMax))
  const sum = (level: number, without: number, awake?: readonly boolean[]): number => {
    let total = 0
    for (let i = 0; i < bidders.length; i++) {
      if (i === without || (reach[i] ?? 0) < level || (awake !== undefined && !awake[i])) continue
      total += at(i, level)
    }
    return total
  }
  return (without, awake) => {
    if (sum(ask, without) <= paidCapacity) return sum(ask, without, awake)
    if (awake.every((value, i) => value || i === without)) return paidCapacity
    let low = ask
    let high = Math.max(ask, Number(price) + 1)
    for (let step = 0; step < otherPriceSteps; step++) {
      const middle = (low + high) / 2
      if (sum(middle, without) <= paidCapacity) high = middle
      else low = middle
    }
    return Math.min(paidCapacity, sum(low, without, awake))
  }
}
