/**
 * The seeding half of a session: the market says whose block is next, the lane of that peer sends it. One loop for all
 * torrents, since the upload capacity is one. Nothing here knows prices.
 */

import type { Clock } from '@millrace/base'
import type { UploadMarket } from '@millrace/market'
import type { Peer } from './peer.ts'

/** Blocks sent before the event loop gets its turn. */
const blocksPerTurnMax = 256

export interface Timers {
  /** Calls `wake` once after `milliseconds` (0: after pending I/O). Answers how to take that back. */
  after(milliseconds: number, wake: () => void): () => void
}

export class Uploader {
  readonly #market: UploadMarket
  readonly #clock: Clock
  readonly #timers: Timers
  readonly #peers = new Map<number, Peer>()
  #cancelWake: (() => void) | undefined
  #isPumping = false

  constructor(market: UploadMarket, clock: Clock, timers: Timers) {
    this.#market = market
    this.#clock = clock
    this.#timers = timers
  }

  add(peer: Peer): void {
    this.#peers.set(peer.id, peer)
  }

  remove(peer: Peer): void {
    peer.lane?.close()
    this.#peers.delete(peer.id)
  }

  /** Something changed for this peer: a request, room in its socket, an extent read, a choke. */
  refresh(peer: Peer): void {
    if (peer.lane === undefined || !this.#peers.has(peer.id)) return
    const now = this.#clock.now()
    // A closed peer has no turn, whatever its queue holds now: the backlog that the market knows may be of before.
    this.#market.setBacklog(peer.id, peer.isClosed ? 0 : peer.lane.readyBytes(), now)
    this.#market.setStalled(peer.id, !peer.isClosed && peer.lane.isStalled, now)
  }

  /** Sends as long as the market names somebody. */
  pump(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    this.#cancelWake?.()
    this.#cancelWake = undefined
    const touched = new Set<Peer>()
    let blocks = 0
    for (; blocks < blocksPerTurnMax; blocks++) {
      const peer = this.#peers.get(this.#market.choose(this.#clock.now()))
      if (peer === undefined) break
      this.#serve(peer)
      touched.add(peer)
    }
    for (const peer of touched) {
      peer.lane?.flush()
      this.refresh(peer)
    }
    this.#isPumping = false
    this.#sleep(blocks === blocksPerTurnMax ? 0 : this.#market.retryAtMs(this.#clock.now()) - this.#clock.now())
  }

  #serve(peer: Peer): void {
    if (peer.isClosed) return this.refresh(peer)
    const sent = peer.lane?.sendHead(() => peer.flush()) ?? 0
    const now = this.#clock.now()
    if (sent > 0) {
      this.#market.served(peer.id, sent, now)
      peer.upload.add(sent, now)
    }
    this.refresh(peer)
  }

  #sleep(milliseconds: number): void {
    if (!Number.isFinite(milliseconds)) return
    this.#cancelWake = this.#timers.after(Math.max(0, milliseconds), () => {
      this.#cancelWake = undefined
      this.pump()
    })
  }
}
