/**
 * The unchoke slots of one torrent: runs the choker's rounds and tells peers what came out. A peer is unchoked when it
 * has a slot or when the market says that it pays; only the slots are the choker's.
 */

import type { Random } from '@millrace/base'
import {
  type ChokerPeer,
  nextForFreeSlots,
  optimisticMilliseconds,
  rechoke,
  rechokeMilliseconds,
  type SlotHolder,
} from './choker.ts'

/** What the slots see of a peer, and how it is told. */
export interface SlotPeer extends SlotHolder {
  readonly id: number
  readonly snubbed: boolean
  /** How fast it gives us bytes that it does not bill: bytes a second. */
  freeBytesPerSecond(now: number): number
  readonly upload: { readonly total: number }
  weChoke: boolean
  hasSlot: boolean
  turnedAt: number
  turnStartBytes: number
  send(message: { readonly type: 'choke' | 'unchoke' }): void
  flush(): void
}

export interface SlotEvents<P extends SlotPeer> {
  /** A live bid with money behind it: its demand must show, slot or not. */
  isEntitled(peer: P): boolean
  /** The choker gave or took a slot. */
  onSlot(peer: P, hasSlot: boolean): void
  /** The peer was choked: what it asked for is dropped. */
  onChoke(peer: P): void
}

/** Address groups whose last turn is remembered. */
const groupsMax = 1_024

export class Slots<P extends SlotPeer> {
  readonly #count: number
  readonly #random: Random
  readonly #events: SlotEvents<P>
  #roundAt = Number.NEGATIVE_INFINITY
  #optimistic: number | undefined
  #optimisticSince = Number.NEGATIVE_INFINITY
  /** When the last turn of each address group ended, the newest last: who comes back does not wait as a stranger. */
  readonly #turnEnded = new Map<string, number>()

  constructor(count: number, random: Random, events: SlotEvents<P>) {
    this.#count = count
    this.#random = random
    this.#events = events
  }

  /** Between two rounds: a free slot goes to who is interested at once, and payers come and go. */
  fillFree(peers: readonly P[], now: number): void {
    for (const peer of nextForFreeSlots(peers, this.#count)) this.#setSlot(peer, true, now)
    for (const peer of peers) this.#apply(peer)
  }

  /** A round of the choker when it is due. */
  tick(peers: readonly P[], seeding: boolean, now: number): void {
    if (now - this.#roundAt < rechokeMilliseconds) return this.fillFree(peers, now)
    this.#roundAt = now
    const isOver = now - this.#optimisticSince >= optimisticMilliseconds
    const optimistic = isOver ? undefined : this.#optimistic
    const turnEnded = this.#turnEnded
    const view = { peers: viewsOf(peers, seeding, now), slots: this.#count, seeding, now, optimistic, turnEnded }
    const decision = rechoke(view, this.#random)
    if (decision.optimistic !== this.#optimistic || isOver) this.#optimisticSince = now
    this.#optimistic = decision.optimistic
    for (const peer of peers) this.#setSlot(peer, decision.unchoked.has(peer.id), now)
    for (const peer of peers) this.#apply(peer)
  }

  /** Serves the peer beside the slots until the next round looks again. */
  lend(peer: P, now: number): void {
    this.#setSlot(peer, true, now)
    this.#apply(peer)
  }

  #setSlot(peer: P, hasSlot: boolean, now: number): void {
    if (peer.hasSlot === hasSlot) return
    peer.hasSlot = hasSlot
    peer.turnedAt = now
    if (!hasSlot) this.#noteEnd(peer.addressGroup, now)
    if (hasSlot) peer.turnStartBytes = peer.upload.total
    this.#events.onSlot(peer, hasSlot)
  }

  /** The oldest are forgotten first: who has waited so long is next anyway. */
  #noteEnd(group: string, now: number): void {
    this.#turnEnded.delete(group)
    this.#turnEnded.set(group, now)
    for (const oldest of this.#turnEnded.keys()) {
      if (this.#turnEnded.size <= groupsMax) break
      this.#turnEnded.delete(oldest)
    }
  }

  #apply(peer: P): void {
    const isServed = peer.hasSlot || (peer.isInterested && this.#events.isEntitled(peer))
    if (isServed !== peer.weChoke) return
    peer.weChoke = !isServed
    peer.send({ type: isServed ? 'unchoke' : 'choke' })
    if (!isServed) this.#events.onChoke(peer)
    peer.flush()
  }
}

function viewsOf(peers: readonly SlotPeer[], seeding: boolean, now: number): ChokerPeer[] {
  return peers.map((peer) => ({
    peer: peer.id,
    addressGroup: peer.addressGroup,
    interested: peer.isInterested,
    unchoked: peer.hasSlot,
    downloadRate: seeding ? 0 : peer.freeBytesPerSecond(now),
    turnBytes: peer.upload.total - peer.turnStartBytes,
    turnedAt: peer.turnedAt,
    snubbed: peer.snubbed,
  }))
}
