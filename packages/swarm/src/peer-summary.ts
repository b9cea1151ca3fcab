/** What passed between us and one peer, as data that outlives the connection. */

import { toHex } from '@millrace/base'
import type { Peer } from './peer.ts'
import type { Address } from './ports.ts'

/** Departed peers remembered a torrent; the oldest are forgotten first. */
export const departedPeersMax = 1_000

export interface PeerSummary {
  readonly id: number
  readonly address: Address
  /** 40 hex digits (BEP 20). */
  readonly peerId: string
  /** As it names itself (BEP 10). */
  readonly client: string | undefined
  /** Payload that it was asked for and sent. */
  readonly receivedBytes: number
  /** Of that, in pieces that turned out right. */
  readonly verifiedBytes: number
  /** Payload that nobody had asked for. */
  readonly wastedBytes: number
  readonly uploadedBytes: number
  readonly isConnected: boolean
}

export function summaryOf(peer: Peer, isConnected: boolean): PeerSummary {
  return {
    id: peer.id,
    address: peer.address,
    peerId: toHex(peer.identity.peerId),
    client: peer.extended?.v,
    receivedBytes: peer.download.total,
    verifiedBytes: peer.verifiedBytes,
    wastedBytes: peer.wastedBytes,
    uploadedBytes: peer.upload.total,
    isConnected,
  }
}
