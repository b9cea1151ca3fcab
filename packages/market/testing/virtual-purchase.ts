/**
 * One download from several selling seeders in virtual time: the real agent over real upload markets, a budget that no
 * voucher passes, statements that are a second old, bids a round trip away and at most one in 1,050 ms.
 */

import { type Btt, btt, minBig, type Random, seededRandom, zeroBtt } from '@millrace/base'
import { type AgentState, openAgent, type SellerWant, stepAgent } from '../src/buyer-agent.ts'
import type { BuyerTerms, SellerView } from '../src/buyer-view.ts'
import { type PeerPlan, type PeerTotals, VirtualSwarm } from './virtual-swarm.ts'

const tickMs = 20
const bidPeriodMs = 1_050
const bidDelayMs = 40
/** The buyer's seconds are not the sellers' seconds. */
const phaseMs = 380
/** Ours is the first peer of each seller. */
const own = 0

export interface VirtualSeller {
  readonly capacity: number
  /** The others. */
  readonly peers: readonly PeerPlan[]
  readonly billAlways?: boolean
  /** Peers that come and go, by their place in `peers`: each second each changes with one in so many. */
  readonly restless?: { readonly peers: readonly number[]; readonly oneIn: number }
}

export interface PurchasePlan {
  readonly bytes: number
  readonly sellers: readonly VirtualSeller[]
  /** Absent: downloads for nothing. */
  readonly terms?: BuyerTerms
  readonly secondsMax: number
  readonly seed: number
  readonly onSecond?: (second: number, state: AgentState, wants: ReadonlyMap<string, SellerWant>) => void
}

export interface PurchaseResult {
  /** Undefined when it did not end within `secondsMax`. */
  readonly doneMs: number | undefined
  readonly bytes: number
  readonly paid: bigint
  readonly billed: bigint
  /** The most that all bids of one second asked for. */
  readonly spendRateMax: bigint
  readonly state: AgentState | undefined
  readonly totals: readonly PeerTotals[]
}

interface Side {
  readonly swarm: VirtualSwarm
  readonly id: string
  offered: Btt
  wanted: SellerWant | undefined
  wantedMs: number
  bidMs: number
  /** As the last statement said. */
  billed: bigint
  billedBytes: number
}

export function purchase(plan: PurchasePlan): PurchaseResult {
  const random = seededRandom(plan.seed)
  let paid = 0n
  const grant = (amount: bigint): bigint => {
    const granted = minBig(amount, (plan.terms?.budget ?? 0n) - paid)
    paid += granted
    return granted
  }
  const sides = plan.sellers.map((seller, i) => sideOf(seller, i, grant, seededRandom(plan.seed * 97 + i)))
  let state = plan.terms && openAgent(plan.terms, 0, random)
  let spendRateMax = 0n
  const received = (side: Side): number => side.swarm.buyers[own]?.counted.total ?? 0
  const bytes = (): number => sides.reduce((sum, side) => sum + received(side), 0)
  let now = 0
  for (; now < plan.secondsMax * 1000 && bytes() < plan.bytes; now += tickMs) {
    for (const side of sides) {
      deliverBid(side, now)
      side.swarm.tick(now)
    }
    if (now % 1000 !== phaseMs || state === undefined || plan.terms === undefined) continue
    const views = sides.map((side) => viewOf(side, received(side)))
    const step = stepAgent(
      state,
      {
        nowMs: now,
        leftBytes: Math.max(1, plan.bytes - bytes()),
        receivedBytes: bytes(),
        billed: btt(sides.reduce((sum, side) => sum + side.billed, 0n)),
        billedBytes: views.reduce((sum, view) => sum + view.billedBytes, 0),
        moneyLeft: btt(plan.terms.budget - sides.reduce((sum, side) => sum + side.billed, 0n)),
        sellers: views,
      },
      random,
    )
    state = step.state
    for (const side of sides) {
      side.wanted = step.wants.get(side.id)
      side.wantedMs = now
      note(side)
    }
    const offered = [...step.wants.values()].reduce((sum, want) => sum + want.spendRatePerSecond, 0n)
    if (offered > spendRateMax) spendRateMax = offered
    plan.onSecond?.(Math.floor(now / 1000), state, step.wants)
  }
  return {
    doneMs: bytes() >= plan.bytes ? now : undefined,
    bytes: bytes(),
    paid,
    billed: sides.reduce((sum, { swarm }) => sum + (swarm.buyers[own]?.billed ?? 0n), 0n),
    spendRateMax,
    state,
    totals: sides.flatMap(({ swarm }) => swarm.buyers[own]?.counted ?? []),
  }
}

function sideOf(seller: VirtualSeller, i: number, grant: (amount: bigint) => bigint, random: Random): Side {
  const { capacity, peers, restless, billAlways = false } = seller
  const on = new Set(restless?.peers)
  const swarm = new VirtualSwarm({
    capacity,
    tickMs,
    seconds: 0,
    billAlways,
    peers: [{ spend: 0, grant, prepays: false }, ...peers],
    onSecond: (second, { market }) => {
      for (const peer of restless?.peers ?? []) {
        if (random.below(restless?.oneIn ?? 1) !== 0) continue
        if (on.has(peer)) on.delete(peer)
        else on.add(peer)
        market.setBacklog(peer + 1, on.has(peer) ? 16_384 : 0, second * 1000)
      }
    },
  })
  return {
    swarm,
    id: `seller ${i}`,
    offered: zeroBtt,
    wanted: undefined,
    wantedMs: 0,
    bidMs: Number.NEGATIVE_INFINITY,
    billed: 0n,
    billedBytes: 0,
  }
}

function deliverBid(side: Side, now: number): void {
  const wanted = side.wanted?.spendRatePerSecond ?? zeroBtt
  if (wanted === side.offered || now < side.wantedMs + bidDelayMs) return
  if (wanted > 0n && now < side.bidMs + bidPeriodMs) return
  side.offered = wanted
  if (wanted > 0n) side.bidMs = now
  side.swarm.rebid(own, wanted, side.wanted?.priceMaxPerMiB ?? zeroBtt, now)
}

function viewOf(side: Side, receivedBytes: number): SellerView {
  const { billedBytes } = side
  return { id: side.id, receivedBytes, billedBytes, pricePerMiB: side.swarm.market.pricePerMiB }
}

/** The next view shows what was billed until now. */
function note(side: Side): void {
  side.billed = side.swarm.buyers[own]?.billed ?? 0n
  side.billedBytes = side.swarm.market.peerView(own).billedBytes
}
