/** The epoch's decision as its definition reads: each flip with clearings of its own. What the fast one is compared with. */

import { type Btt, defined, maxBig } from '@millrace/base'
import { rateOf } from '../src/bid.ts'
import type { Clearing } from '../src/clearing-price.ts'
import type { Bidder, EpochInput } from '../src/epoch-input.ts'
import type { EpochOutcome } from '../src/price-epoch.ts'
import { isAwake } from '../src/wake.ts'
import { plainClear } from './plain-clearing.ts'
import { PlainField } from './plain-free-level.ts'

/** Bids change one at a time, each seeing the one before; more than this in one epoch wait for the next. */
const changesMax = 32

/**
 * Decides an epoch. Only bids that are awake take part in the price; the share of one that sleeps is what it would have if it woke.
 *
 * f of a bid is reckoned as if it were not there: C less what the others who are awake would be paid for, poured over the
 * free peers, the sleeping bids and this peer. A choked peer would have nothing.
 */
export function plainEpoch(input: EpochInput): EpochOutcome {
  const { bidders, capacity, freeShare, askPerMiB } = input
  const room = (1 - freeShare) * capacity
  const awake = bidders.map((bidder) => bidder.awake)
  let view = viewOf(input, awake, room)
  for (let change = 0; change < Math.min(changesMax, 2 * bidders.length); change++) {
    const flipped = mostWronged(input, awake, view, room)
    if (flipped === undefined) break
    awake[flipped] = !awake[flipped]
    view = viewOf(input, awake, room)
  }
  // What still wants to sleep after the last change does, so that nobody is billed for less than it would have for nothing.
  const settled = awake.map((value, i) => value && isAwake(true, view.shares[i] ?? 0, view.levels[i] ?? 0, input.wake))
  const { price, shares } = clearAmong(bidders, settled, askPerMiB, room)
  const paces = pacesOf(bidders, settled, shares, price, room)
  return {
    price,
    bidders: shares.map((share, i) => ({
      share,
      pace: paces[i] ?? 0,
      freeLevel: view.levels[i] ?? 0,
      awake: settled[i] ?? false,
    })),
  }
}

/**
 * Room that the shares leave is no use to the price, but a bid whose demand was guessed too low, or whose money is only
 * secured a round trip at a time, may take it up to what it bids: w/p. Lacks are filled in proportion, so the paces
 * never sum above the room.
 */
function pacesOf(
  bidders: readonly Bidder[],
  awake: readonly boolean[],
  shares: readonly number[],
  price: Btt,
  room: number,
): readonly number[] {
  const lacks = bidders.map(({ spendRateBid, priceMax }, i) =>
    awake[i] && priceMax >= price ? Math.max(0, rateOf(spendRateBid, price) - (shares[i] ?? 0)) : 0,
  )
  const lacking = lacks.reduce((sum, lack) => sum + lack, 0)
  const rest = room - shares.reduce((sum, share) => sum + share, 0)
  if (lacking <= 0 || rest <= 0) return shares
  const part = Math.min(1, rest / lacking)
  return shares.map((share, i) => share + Math.floor(part * (lacks[i] ?? 0)))
}

interface View {
  readonly price: Btt
  readonly shares: readonly number[]
  readonly levels: readonly number[]
}

function viewOf(input: EpochInput, awake: readonly boolean[], room: number): View {
  const { price, shares } = clearAmong(input.bidders, awake, input.askPerMiB, room)
  return { price, shares, levels: freeLevels(input, awake, shares, room) }
}

/** Clears the bids that are awake; the others have a share of 0. */
function clearAmong(bidders: readonly Bidder[], awake: readonly boolean[], ask: bigint, room: number): Clearing {
  const claims = bidders.map((bidder, i) => (awake[i] ? bidder : { ...bidder, spendRate: 0n }))
  return plainClear(claims, ask, room)
}

/**
 * The bid whose state is the furthest from what its share and its free level ask for; of equals the last sleeper. The exact
 * share of a sleeper costs a clearing, so those that may be the furthest are asked first and the hopeless not at all.
 */
function mostWronged(input: EpochInput, awake: readonly boolean[], view: View, room: number): number | undefined {
  let worst: number | undefined
  let worstRatio = 0
  const sleepers: { readonly i: number; readonly level: number; readonly ratioMax: number }[] = []
  for (const [i, bidder] of input.bidders.entries()) {
    const level = view.levels[i] ?? 0
    const share = view.shares[i] ?? 0
    if (!awake[i]) sleepers.push({ i, level, ratioMax: wakeBound(bidder, view) / Math.max(level, 1) })
    else if (!isAwake(true, share, level, input.wake) && level / Math.max(share, 1) > worstRatio) {
      worst = i
      worstRatio = level / Math.max(share, 1)
    }
  }
  for (const { i, level, ratioMax } of sleepers.sort((a, b) => b.ratioMax - a.ratioMax || b.i - a.i)) {
    if (ratioMax < worstRatio) break
    const share = shareIfAwake(input, awake, i, level, view, room)
    const ratio = share / Math.max(level, 1)
    if (!isAwake(false, share, level, input.wake) || ratio < worstRatio) continue
    if (ratio === worstRatio && worst !== undefined && !awake[worst] && worst > i) continue
    worst = i
    worstRatio = ratio
  }
  return worst
}

/** The most that a sleeper could have if it woke: its coming does not lower the price. */
function wakeBound({ spendRate, demand }: Bidder, { price }: View): number {
  return Math.min(rateOf(spendRate, price), demand)
}

/** The exact share of a sleeper that woke alone; 0 at once where even today's price gives it too little. */
function shareIfAwake(
  { bidders, askPerMiB, wake }: EpochInput,
  awake: readonly boolean[],
  i: number,
  level: number,
  view: View,
  room: number,
): number {
  const bidder = defined(bidders[i], 'a bidder of this epoch')
  if (!isAwake(false, wakeBound(bidder, view), level, wake)) return 0
  const woken = awake.map((value, j) => value || j === i)
  // One more bid never lowers the price: the search begins at today's.
  return clearAmong(bidders, woken, maxBig(askPerMiB, view.price), room).shares[i] ?? 0
}

function freeLevels(
  { bidders, free, capacity, askPerMiB }: EpochInput,
  awake: readonly boolean[],
  shares: readonly number[],
  room: number,
): number[] {
  const ask = maxBig(askPerMiB, 1n)
  const sleeping = bidders.filter(({ unchoked }, i) => unchoked && !awake[i])
  const field = new PlainField([...free, ...sleeping])
  const atAsk = bidders.map((bidder, i) =>
    awake[i] && bidder.priceMax >= ask ? Math.min(rateOf(bidder.spendRate, ask), bidder.demand) : 0,
  )
  const slack = bidders.map(({ taken }, i) => (awake[i] ? Math.max(0, (shares[i] ?? 0) - taken) : 0))
  const total = atAsk.reduce((sum, rate) => sum + rate, 0)
  const unused = slack.reduce((sum, rate) => sum + rate, 0)
  return bidders.map((bidder, i) => {
    if (!bidder.unchoked) return 0
    // The paid class is filled, or everybody in it has what its money buys at the ask.
    const others = Math.min(room, total - (atAsk[i] ?? 0)) - (unused - (slack[i] ?? 0))
    const left = capacity - Math.max(0, others)
    // A sleeper is in the field already: its own level is asked for, not that of a second one.
    return awake[i] ? field.levelFor(bidder, left) : field.levelOf(bidder, left)
  })
}
