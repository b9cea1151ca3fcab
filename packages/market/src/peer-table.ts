/** The peers of an upload market by the caller's handles. */

import { defined } from '@millrace/base'
import type { PeerState } from './market-peer.ts'

export class PeerTable {
  readonly #peers = new Map<number, PeerState>()
  /** Who was looked up last: a block is chosen, served and followed by the next request of one peer. */
  #last: PeerState | undefined

  has(peer: number): boolean {
    return this.#peers.has(peer)
  }

  /** The peer, which is in. */
  get(peer: number): PeerState {
    if (this.#last?.peer !== peer) this.#last = this.#peers.get(peer)
    return defined(this.#last, 'a peer that was added')
  }

  add(state: PeerState): void {
    this.#peers.set(state.peer, state)
  }

  delete(peer: number): void {
    this.#peers.delete(peer)
    this.#last = undefined
  }

  [Symbol.iterator](): IterableIterator<PeerState> {
    return this.#peers.values()
  }
}
