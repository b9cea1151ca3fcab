/**
 * Who is served for nothing: tit-for-tat with an optimistic slot while leeching, round robin while seeding (BEP 3). What is
 * given without a return goes to address groups in turn, so that nobody gets more of it by more connections.
 * Pure: a view of each interested peer in, the unchoked set out. Who pays is served by the market beside these slots.
 */

import { defined, type Random } from '@millrace/base'

export const unchokeSlotsDefault = 8
export const rechokeMilliseconds = 10_000
export const optimisticMilliseconds = 30_000
/** While seeding, a peer keeps its slot until it had this many bytes and this long, if another waits. */
export const seedTurnBytes = 16 * 1_048_576
export const seedTurnMilliseconds = 60_000

export interface ChokerPeer {
  readonly peer: number
  /** Peers of one group share its turns. */
  readonly addressGroup: string
  readonly interested: boolean
  readonly unchoked: boolean
  /** Bytes a second that this peer sent us for nothing. */
  readonly downloadRate: number
  /** Bytes we sent it since it was unchoked last. */
  readonly turnBytes: number
  /** When it was unchoked or choked last, in milliseconds. */
  readonly turnedAt: number
  /** It owes us blocks and sends none. */
  readonly snubbed: boolean
}

export interface ChokerView {
  readonly peers: readonly ChokerPeer[]
  readonly slots: number
  readonly seeding: boolean
  readonly now: number
  /** The peer that holds the optimistic slot, if its time is not over. */
  readonly optimistic: number | undefined
  /** When the last turn of a group ended, in milliseconds. */
  readonly turnEnded: ReadonlyMap<string, number>
}

export interface ChokerDecision {
  readonly unchoked: ReadonlySet<number>
  readonly optimistic: number | undefined
}

/** One round of the choker. */
export function rechoke(view: ChokerView, random: Random): ChokerDecision {
  const interested = view.peers.filter((peer) => peer.interested)
  return view.seeding ? roundRobin(interested, view) : titForTat(interested, view, random)
}

/** Slots that nobody holds who is interested go at once to who waits: to those first whose group has none. */
export function nextForFreeSlots<Peer extends SlotHolder>(peers: readonly Peer[], slots: number): readonly Peer[] {
  let [free, waiting] = [slots, 0]
  for (const { hasSlot, isInterested } of peers) {
    if (isInterested && hasSlot) free--
    else if (isInterested) waiting++
  }
  // Asked for at each change of interest: mostly there is nothing to give.
  if (free <= 0 || waiting === 0) return []
  const holders = peers.filter((peer) => peer.hasSlot)
  return oneEach(
    peers.filter((peer) => peer.isInterested && !peer.hasSlot),
    holders,
  ).slice(0, free)
}

export interface SlotHolder {
  readonly addressGroup: string
  readonly hasSlot: boolean
  readonly isInterested: boolean
}

function titForTat(interested: readonly ChokerPeer[], view: ChokerView, random: Random): ChokerDecision {
  const eligible = interested.filter((peer) => !peer.snubbed)
  const givers = eligible.filter((peer) => peer.downloadRate > 0).sort((a, b) => b.downloadRate - a.downloadRate)
  const takers = eligible.filter((peer) => peer.downloadRate <= 0)
  const ranked = [...givers, ...oneEach(takers, givers)]
  const unchoked = new Set(ranked.slice(0, Math.max(0, view.slots - 1)).map((peer) => peer.peer))
  const waiting = interested.filter((peer) => !unchoked.has(peer.peer))
  const optimistic = waiting.find((peer) => peer.peer === view.optimistic) ?? drawn(waiting, random)
  if (optimistic !== undefined && unchoked.size < view.slots) unchoked.add(optimistic.peer)
  return { unchoked, optimistic: optimistic?.peer }
}

/** A group by chance, and one of it by chance. */
function drawn(waiting: readonly ChokerPeer[], random: Random): ChokerPeer | undefined {
  const groups = [...groupsOf(waiting).values()]
  const group = groups.length === 0 ? [] : defined(groups[random.below(groups.length)], 'a group that was drawn')
  return group.length > 1 ? group[random.below(group.length)] : group[0]
}

/** Whether it holds a slot that is still its own, waits, or holds one that it may lose. */
const turns = { held: 0, waits: 1, over: 2 } as const

interface Claim {
  readonly peer: number
  readonly turn: number
  /** Of two with equal turns the earlier comes first. */
  readonly sinceMs: number
}

/** Groups take turns, each with one slot; what is left when each has one goes to peers in turn. */
function roundRobin(interested: readonly ChokerPeer[], view: ChokerView): ChokerDecision {
  const groups = [...groupsOf(interested)]
  const first = groups.map(([group, members]) => claimOfGroup(members, view, view.turnEnded.get(group)))
  const taken = new Set(first.map(({ peer }) => peer))
  const rest = interested.filter(({ peer }) => !taken.has(peer)).map((peer) => claimOf(peer, view))
  const ranked = [...first.sort(byClaim), ...rest.sort(byClaim)]
  return { unchoked: new Set(ranked.slice(0, view.slots).map(({ peer }) => peer)), optimistic: undefined }
}

/** The best claim of its members; a group without a slot has waited since its last turn, however new its members are. */
function claimOfGroup(members: readonly ChokerPeer[], view: ChokerView, turnEndedMs: number | undefined): Claim {
  const [best, ...others] = members.map((peer) => claimOf(peer, view)).sort(byClaim)
  const claim = defined(best, 'a group of at least one')
  if (claim.turn !== turns.waits) return claim
  const holder = others.find(({ turn }) => turn === turns.over)
  // Its turn is over: another of the group may take the slot if the group keeps it.
  if (holder !== undefined) return { ...claim, turn: turns.over, sinceMs: holder.sinceMs }
  return { ...claim, sinceMs: turnEndedMs ?? claim.sinceMs }
}

function claimOf(peer: ChokerPeer, { now }: ChokerView): Claim {
  const isOver = peer.turnBytes >= seedTurnBytes && now - peer.turnedAt >= seedTurnMilliseconds
  return {
    peer: peer.peer,
    turn: !peer.unchoked ? turns.waits : isOver ? turns.over : turns.held,
    sinceMs: peer.turnedAt,
  }
}

function byClaim(a: Claim, b: Claim): number {
  return a.turn - b.turn || a.sinceMs - b.sinceMs
}

function groupsOf(peers: readonly ChokerPeer[]): ReadonlyMap<string, ChokerPeer[]> {
  const groups = new Map<string, ChokerPeer[]>()
  for (const peer of peers) {
    const known = groups.get(peer.addressGroup)
    if (known === undefined) groups.set(peer.addressGroup, [peer])
    else known.push(peer)
  }
  return groups
}

/** In their order, but the second of a group after the first of every other, and so on; `before` come before all. */
function oneEach<Peer extends { readonly addressGroup: string }>(
  peers: readonly Peer[],
  before: readonly Peer[],
): readonly Peer[] {
  const seen = new Map<string, number>()
  const place = ({ addressGroup }: Peer): number => {
    const known = seen.get(addressGroup) ?? 0
    seen.set(addressGroup, known + 1)
    return known
  }
  for (const peer of before) place(peer)
  const placed = peers.map((peer) => ({ peer, place: place(peer) }))
  return placed.sort((a, b) => a.place - b.place).map(({ peer }) => peer)
}
