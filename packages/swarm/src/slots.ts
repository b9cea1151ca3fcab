/** The unchoke slots of one torrent: runs the choker's rounds and tells peers what came out. */

import type { Random } from '@millrace/base'
import { type ChokerPeer, optimisticMilliseconds, rechoke, rechokeMilliseconds, slotIsFree } from './choker.ts'
import type { Peer } from './peer.ts'

export interface SlotEvents {
  /** The peer has a live bid with money behind it: the market serves it beside the slots. */
  isPayer(peer: Peer): boolean
  onChoke(peer: Peer): void
  onUnchoke(peer: Peer): void
}

export class Slots {
  readonly #count: number
  readonly #random: Random
  readonly #events: SlotEvents
  #roundAt = Number.NEGATIVE_INFINITY
  #optimistic: number | undefined
  #optimisticSince = Number.NEGATIVE_INFINITY

  constructor(count: number, random: Random, events: SlotEvents) {
    this.#count = count
    this.#random = random
    this.#events = events
  }

  /** A peer became interested, or left a slot free, between two rounds. */
  fillFree(peers: readonly Peer[], seeding: boolean, now: number): void {
    for (const peer of peers) {
      if (!peer.isInterested || !peer.weChoke) continue
      if (this.#events.isPayer(peer) || slotIsFree(this.#views(peers, seeding, now), this.#count))
        this.unchoke(peer, now)
    }
  }

  tick(peers: readonly Peer[], seeding: boolean, now: number): void {
    if (now - this.#roundAt < rechokeMilliseconds) return this.fillFree(peers, seeding, now)
    this.#roundAt = now
    const isOver = now - this.#optimisticSince >= optimisticMilliseconds
    const optimistic = isOver ? undefined : this.#optimistic
    const view = { peers: this.#views(peers, seeding, now), slots: this.#count, seeding, now, optimistic }
    const decision = rechoke(view, this.#random)
    if (decision.optimistic !== this.#optimistic || isOver) this.#optimisticSince = now
    this.#optimistic = decision.optimistic
    for (const peer of peers) {
      const serve = decision.unchoked.has(peer.id) || (peer.isInterested && this.#events.isPayer(peer))
      if (serve && peer.weChoke) this.unchoke(peer, now)
      else if (!serve && !peer.weChoke) this.#choke(peer, now)
    }
  }

  #views(peers: readonly Peer[], seeding: boolean, now: number): ChokerPeer[] {
    return peers
      .filter((peer) => !this.#events.isPayer(peer))
      .map((peer) => ({
        peer: peer.id,
        interested: peer.isInterested,
        unchoked: !peer.weChoke,
        downloadRate: seeding ? 0 : peer.download.bytesPerSecond(now),
        turnBytes: peer.upload.total - peer.turnStartBytes,
        turnedAt: peer.turnedAt,
        snubbed: peer.snubbed,
      }))
  }

  #choke(peer: Peer, now: number): void {
    peer.weChoke = true
    peer.turnedAt = now
    peer.send({ type: 'choke' })
    this.#events.onChoke(peer)
    peer.flush()
  }

  /** Serves the peer until the next round looks again. */
  unchoke(peer: Peer, now: number): void {
    if (!peer.weChoke) return
    peer.weChoke = false
    peer.turnedAt = now
    peer.turnStartBytes = peer.upload.total
    peer.send({ type: 'unchoke' })
    this.#events.onUnchoke(peer)
    peer.flush()
  }
}
