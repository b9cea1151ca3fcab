/** The allowed-fast set of BEP 6: pieces that a peer may have while choked, the same for every seed. */

import { createHash } from 'node:crypto'
import { concatBytes, readUint32 } from '@millrace/base'
import { parseIp } from './address.ts'

export const allowedFastCount = 10

/**
 * Up to `count` piece indices for a peer at `ip`, in the order of BEP 6. IPv4 counts by its /24 as the BEP says; IPv6,
 * of which it is silent, by its /64. Empty for what is no literal address.
 *
 * @example
 * allowedFastSet(infoHash, '80.4.4.200', 1313, 7) // [1059, 431, ...] for an info-hash of twenty 0xaa
 */
export function allowedFastSet(
  infoHash: Uint8Array,
  ip: string,
  pieceCount: number,
  count: number = allowedFastCount,
): readonly number[] {
  const address = parseIp(ip)
  if (address === undefined) return []
  const network = Uint8Array.from(address)
  network.fill(0, address.length === 4 ? 3 : 8)
  const wanted = Math.min(count, pieceCount)
  const pieces = new Set<number>()
  let hash = concatBytes([network, infoHash])
  while (pieces.size < wanted) {
    hash = new Uint8Array(createHash('sha1').update(hash).digest())
    for (let at = 0; at < 20 && pieces.size < wanted; at += 4) pieces.add(readUint32(hash, at) % pieceCount)
  }
  return [...pieces]
}
