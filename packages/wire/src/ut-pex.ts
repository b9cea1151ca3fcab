/** Peer exchange (BEP 11). IPv4 and IPv6 travel in separate lists and are one list here. */

import { ok, type Result } from '@millrace/base'
import { type BencodeDict, dictBytes, encode } from '@millrace/bencode'
import { decodeCompactPeers, encodeCompactPeers, type PeerAddress, parseIp } from './address.ts'
import { extensionDict } from './extension-dict.ts'
import type { WireFault } from './fault.ts'
import { pexPeersMax } from './limits.ts'

export interface PexPeer extends PeerAddress {
  /** Sum of pexFlags. */
  readonly flags: number
}

export interface PexMessage {
  readonly added: readonly PexPeer[]
  readonly dropped: readonly PeerAddress[]
}

/** BEP 11's bits of `added.f`. */
export const pexFlags = { prefersEncryption: 1, seed: 2, supportsUtp: 4, supportsHolepunch: 8, reachable: 16 } as const

/**
 * IPv4 addresses first, then IPv6, each in the order given; hosts that are no literal address are left out.
 *
 * @example
 * encodePex({ added: [{ host: '10.0.0.1', port: 6881, flags: pexFlags.seed }], dropped: [] })
 */
export function encodePex(message: PexMessage): Uint8Array {
  const added4 = message.added.filter((peer) => parseIp(peer.host)?.length === 4)
  const added6 = message.added.filter((peer) => parseIp(peer.host)?.length === 16)
  return encode({
    added: encodeCompactPeers(added4, 4),
    'added.f': Uint8Array.from(added4, (peer) => peer.flags),
    added6: encodeCompactPeers(added6, 16),
    'added6.f': Uint8Array.from(added6, (peer) => peer.flags),
    dropped: encodeCompactPeers(message.dropped, 4),
    dropped6: encodeCompactPeers(message.dropped, 16),
  })
}

/** At most `pexPeersMax` entries of each list; entries with port 0 are left out. */
export function decodePex(payload: Uint8Array): Result<PexMessage, WireFault> {
  const decoded = extensionDict(payload, 'ut_pex')
  if (!decoded.ok) return decoded
  const { dict } = decoded.value
  const added4 = compactList(dict, 'added', 4)
  const added6 = compactList(dict, 'added6', 16)
  const dropped4 = compactList(dict, 'dropped', 4)
  const dropped6 = compactList(dict, 'dropped6', 16)
  if (!added4.ok) return added4
  if (!added6.ok) return added6
  if (!dropped4.ok) return dropped4
  if (!dropped6.ok) return dropped6
  return ok({
    added: [
      ...withFlags(added4.value, dictBytes(dict, 'added.f')),
      ...withFlags(added6.value, dictBytes(dict, 'added6.f')),
    ].filter(isReachable),
    dropped: [...dropped4.value, ...dropped6.value].filter(isReachable),
  })
}

function compactList(dict: BencodeDict, key: string, addressBytes: 4 | 16): Result<readonly PeerAddress[], WireFault> {
  return decodeCompactPeers(dictBytes(dict, key) ?? new Uint8Array(0), addressBytes, pexPeersMax)
}

function withFlags(peers: readonly PeerAddress[], flags: Uint8Array | undefined): readonly PexPeer[] {
  return peers.map((peer, index) => ({ ...peer, flags: flags?.[index] ?? 0 }))
}

function isReachable(peer: PeerAddress): boolean {
  return peer.port !== 0
}
