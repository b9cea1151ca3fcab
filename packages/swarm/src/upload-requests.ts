/** What peers ask of us: checked against what we have and whom we serve, queued, read ahead, or refused. */

import { type Info, pieceSize } from '@millrace/metainfo'
import { hasPiece } from './bitfield.ts'
import type { Peer } from './peer.ts'
import type { Store } from './ports.ts'

/** Requests of a peer whose extent is read as soon as they arrive. */
const prefetchRequestsMax = 128

/** Queues a request; whether it was taken. A range outside the piece ends the connection. */
export function takeRequest(
  peer: Peer,
  content: { readonly info: Info; readonly store: Store } | undefined,
  piece: number,
  begin: number,
  length: number,
): boolean {
  if (content !== undefined && begin + length > pieceSize(content.info, piece)) {
    peer.close(`asked for bytes ${begin}+${length} outside piece ${piece}`)
    return false
  }
  const isHere = content !== undefined && hasPiece(content.store.verified, piece)
  if (peer.weChoke || !isHere || peer.lane?.queue.push(piece, begin, length) !== true) {
    rejectRequest(peer, piece, begin, length)
    return false
  }
  if (peer.lane.queue.size <= prefetchRequestsMax) peer.lane.prefetch(piece, begin, length)
  return true
}

/** Drops a request that the peer took back; whether it was still queued. */
export function dropRequest(peer: Peer, piece: number, begin: number, length: number): boolean {
  if (peer.lane?.queue.remove(piece, begin, length) !== true) return false
  rejectRequest(peer, piece, begin, length)
  return true
}

/** Drops everything that the peer asked for: it was choked. */
export function dropRequests(peer: Peer): void {
  peer.lane?.queue.clear((piece, begin, length) => rejectRequest(peer, piece, begin, length))
}

/** BEP 6: every request is answered, by its block or by a reject. */
function rejectRequest(peer: Peer, piece: number, begin: number, length: number): void {
  if (peer.identity.speaksFast) peer.send({ type: 'reject', piece, begin, length })
}
