/** What the upload market keeps of one peer. */

import type { Btt } from '@millrace/base'
import { type Account, bill, canBill, onTrial } from './account.ts'
import { type Bid, bytePriceOf, bytePriceShift } from './bid.ts'
import { firstDemand } from './demand.ts'
import type { Bidder } from './epoch-input.ts'
import type { Flow, Tier } from './fair-queue.ts'

export interface PeerState {
  readonly peer: number
  /** The number of its address group. */
  readonly group: number
  readonly flow: Flow
  /** Of the resource: what is mostly served at once. */
  readonly stepUnits: number
  account: Account | undefined
  bid: Bid | undefined
  /** When the bid began to count, and what was billed on it since, in byte-price units, but for whole blocks at this price. */
  bidSinceMs: number
  bidBilled: bigint
  bidBlocks: number
  /** The last quote sent on this connection, base units a MiB. */
  quote: bigint | undefined
  /** min(p, last quote), and what a whole block costs by it in byte-price units. */
  billPrice: bigint
  blockCost: bigint
  /** w^, x and f of the epoch. */
  secured: bigint
  share: number
  freeLevel: number
  awake: boolean
  unchoked: boolean
  interested: boolean
  /** Bytes of the next request that can be served now; 0 when there is none. */
  backlog: number
  /** It has requests, but its socket has no room. */
  stalled: boolean
  demand: number
  /** The last epoch's demand was its own limit, not ours. */
  limited: boolean
  /** Since when it has been eligible without anything to serve; undefined while it has. */
  unreadySinceMs: number | undefined
  unreadyMs: number
  sentInEpoch: number
  sentRate: number
  paidBytes: number
  freeBytes: number
  billedBytes: number
}

/** @param capacity of the whole: what is known of a new peer's demand */
export function newPeer(peer: number, flow: Flow, stepUnits: number, capacity: number): PeerState {
  return {
    peer,
    group: flow.group.number,
    flow,
    stepUnits,
    account: undefined,
    bid: undefined,
    bidSinceMs: 0,
    bidBilled: 0n,
    bidBlocks: 0,
    quote: undefined,
    billPrice: 0n,
    blockCost: 0n,
    secured: 0n,
    share: 0,
    freeLevel: 0,
    awake: false,
    unchoked: false,
    interested: false,
    backlog: 0,
    stalled: false,
    demand: firstDemand(capacity, stepUnits),
    limited: false,
    unreadySinceMs: undefined,
    unreadyMs: 0,
    sentInEpoch: 0,
    sentRate: 0,
    paidBytes: 0,
    freeBytes: 0,
    billedBytes: 0,
  }
}

/** The exact cost of `bytes` at the price this peer is billed. */
export function billCost(state: PeerState, bytes: number): bigint {
  return bytes === state.stepUnits ? state.blockCost : bytePriceOf(bytes, state.billPrice)
}

/** Bills bytes to the peer's account; by how many base units its bill rose. */
export function billTo(state: PeerState, account: Account, bytes: number): Btt {
  const cost = billCost(state, bytes)
  if (bytes === state.stepUnits) state.bidBlocks++
  else state.bidBilled += cost
  state.billedBytes += bytes
  return bill(account, bytes, cost)
}

/** Takes a new price: the bill never goes above the last quote of the connection. Answers whether it is billed another. */
export function repriceBill(state: PeerState, price: bigint): boolean {
  const { quote } = state
  const billPrice = quote === undefined ? 0n : quote < price ? quote : price
  if (billPrice === state.billPrice) return false
  state.bidBilled = bidBilledOf(state)
  state.bidBlocks = 0
  state.billPrice = billPrice
  state.blockCost = bytePriceOf(state.stepUnits, billPrice)
  return true
}

/** Where the peer stands now. A bid that is awake without the money for a block is served as one that sleeps. */
export function tierOf(state: PeerState): Tier {
  if (state.backlog === 0) return 'idle'
  if (state.awake && state.account !== undefined && canBill(state.account, billCost(state, state.backlog)))
    return 'paid'
  return state.unchoked ? 'free' : 'spare'
}

/** True while blocks of the free class are billed: the first ones of a stranger with a bid that allows the price. */
export function trialBilled(state: PeerState, nowMs: number): boolean {
  const { account, bid, quote, billPrice } = state
  return (
    account !== undefined &&
    bid !== undefined &&
    quote !== undefined &&
    billPrice > 0n &&
    billPrice <= bid.priceMaxPerMiB &&
    onTrial(account, state.blockCost) &&
    state.bidSinceMs + billedMsOf(state) <= nowMs
  )
}

/** The time for which the bid's spend rate pays what was billed on it. */
export function billedMsOf(state: PeerState): number {
  const { bid } = state
  const bidBilled = bidBilledOf(state)
  if (bid === undefined || bidBilled === 0n) return 0
  if (bid.spendRatePerSecond === 0n) return Number.POSITIVE_INFINITY
  const microseconds = (bidBilled * 1_000_000n) / (bid.spendRatePerSecond << bytePriceShift)
  return (Number(microseconds) + 1) / 1000
}

/** What was billed on the bid since it began to count: byte-price units. */
function bidBilledOf({ bidBilled, bidBlocks, blockCost }: PeerState): bigint {
  return bidBlocks === 0 ? bidBilled : bidBilled + blockCost * BigInt(bidBlocks)
}

/** The peer's bid as the price sees it. The peer has one. */
export function bidderOf(state: PeerState): Bidder {
  const { bid, secured, demand, group, awake, unchoked } = state
  const taken = state.limited ? Math.min(demand, state.sentRate) : demand
  const { spendRatePerSecond: spendRateBid, priceMaxPerMiB: priceMax } = bid ?? {
    spendRatePerSecond: 0n,
    priceMaxPerMiB: 0n,
  }
  return { spendRate: secured, spendRateBid, priceMax, demand, taken, group, awake, unchoked }
}

/** Notes whether an eligible peer has something to serve. */
export function noteReadiness(state: PeerState, nowMs: number): void {
  const eligible = state.unchoked || state.awake
  const unready = eligible && state.backlog === 0
  if (unready && state.unreadySinceMs === undefined) state.unreadySinceMs = nowMs
  else if (!unready && state.unreadySinceMs !== undefined) {
    state.unreadyMs += nowMs - state.unreadySinceMs
    state.unreadySinceMs = undefined
  }
}

/** Ends the epoch's count and returns the milliseconds in which the peer was eligible without anything to serve. */
export function closeReadiness(state: PeerState, nowMs: number): number {
  if (state.unreadySinceMs !== undefined) {
    state.unreadyMs += nowMs - state.unreadySinceMs
    state.unreadySinceMs = nowMs
  }
  const total = state.unreadyMs
  state.unreadyMs = 0
  return total
}

/** What a peer that is served for nothing has in the mean: C less the paid shares, by those who are unchoked. */
export function meanFreeLevel(states: Iterable<PeerState>, capacity: number): number {
  let paid = 0
  let free = 0
  for (const { awake, share, unchoked } of states) {
    if (awake) paid += share
    else if (unchoked) free++
  }
  return Math.max(0, capacity - paid) / Math.max(1, free)
}

/** The first that is interested and neither unchoked nor served for its bid; -1 when there is none. */
export function starvedOf(states: Iterable<PeerState>): number {
  for (const { peer, interested, unchoked, awake } of states) if (interested && !unchoked && !awake) return peer
  return -1
}
