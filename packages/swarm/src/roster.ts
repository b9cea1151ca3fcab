/** The peers of a torrent: those connected, and what passed between us and those that left. */

import { countPieces } from './bitfield.ts'
import type { Peer } from './peer.ts'
import { departedPeersMax, type PeerSummary, summaryOf } from './peer-summary.ts'
import type { KnownPeer } from './pex.ts'

export class Roster {
  readonly #peers = new Map<number, Peer>()
  readonly #departed: PeerSummary[] = []

  get all(): readonly Peer[] {
    return [...this.#peers.values()]
  }

  get(id: number): Peer | undefined {
    return this.#peers.get(id)
  }

  add(peer: Peer): void {
    this.#peers.set(peer.id, peer)
  }

  remove(peer: Peer): void {
    this.#peers.delete(peer.id)
    if (peer.download.total + peer.upload.total > 0) this.#departed.push(summaryOf(peer, false))
    if (this.#departed.length > departedPeersMax) this.#departed.shift()
  }

  get summaries(): readonly PeerSummary[] {
    return [...this.#departed, ...this.all.map((peer) => summaryOf(peer, true))]
  }

  /** Peers that others can connect to, for `except` (BEP 11). */
  knownPeers(except: Peer, pieceCount: number): readonly KnownPeer[] {
    return this.all
      .filter((peer) => peer !== except && (peer.identity.isOutgoing || peer.extended?.p !== undefined))
      .map((peer) => ({
        address: peer.address,
        isSeed: peer.bitfield !== undefined && countPieces(peer.bitfield) === pieceCount,
      }))
  }
}
