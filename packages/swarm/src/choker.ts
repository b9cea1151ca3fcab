/**
 * Who is served for nothing: tit-for-tat with an optimistic slot while leeching, round robin while seeding (BEP 3).
 * Pure: a view of each interested peer in, the unchoked set out. Who pays is served by the market beside these slots.
 */

import type { Random } from '@millrace/base'

export const unchokeSlotsDefault = 8
export const rechokeMilliseconds = 10_000
export const optimisticMilliseconds = 30_000
/** While seeding, a peer keeps its slot until it had this many bytes and this long, if another waits. */
export const seedTurnBytes = 16 * 1_048_576
export const seedTurnMilliseconds = 60_000

export interface ChokerPeer {
  readonly peer: number
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

/** How many peers that became interested may be unchoked at once: slots that nobody holds who is interested. */
export function freeSlots(
  peers: Iterable<{ readonly hasSlot: boolean; readonly isInterested: boolean }>,
  slots: number,
): number {
  let free = slots
  for (const peer of peers) if (peer.hasSlot && peer.isInterested) free--
  return free
}

function titForTat(interested: readonly ChokerPeer[], view: ChokerView, random: Random): ChokerDecision {
  const ranked = interested.filter((peer) => !peer.snubbed).sort((a, b) => b.downloadRate - a.downloadRate)
  const regular = ranked.slice(0, Math.max(0, view.slots - 1)).map((peer) => peer.peer)
  const unchoked = new Set(regular)
  const waiting = interested.filter((peer) => !unchoked.has(peer.peer))
  const keeps = waiting.find((peer) => peer.peer === view.optimistic)
  const optimistic = keeps ?? (waiting.length === 0 ? undefined : waiting[random.below(waiting.length)])
  if (optimistic !== undefined && unchoked.size < view.slots) unchoked.add(optimistic.peer)
  return { unchoked, optimistic: optimistic?.peer }
}

function roundRobin(interested: readonly ChokerPeer[], view: ChokerView): ChokerDecision {
  const turnIsOver = (peer: ChokerPeer): boolean =>
    peer.turnBytes >= seedTurnBytes && view.now - peer.turnedAt >= seedTurnMilliseconds
  const rank = (peer: ChokerPeer): number => (!peer.unchoked ? 1 : turnIsOver(peer) ? 2 : 0)
  const ranked = [...interested].sort((a, b) => rank(a) - rank(b) || a.turnedAt - b.turnedAt)
  return { unchoked: new Set(ranked.slice(0, view.slots).map((peer) => peer.peer)), optimistic: undefined }
}
