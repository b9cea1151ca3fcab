/** Which peers to tell a peer of (BEP 11): what changed since it was told last. */

import { type PexMessage, type PexPeer, pexFlags } from '@millrace/wire'
import { addressKey } from './candidates.ts'
import type { Address } from './ports.ts'

export const pexMilliseconds = 60_000
/** BEP 11: at most 50 added and 50 dropped a message. */
export const pexPeersMax = 50

export interface KnownPeer {
  readonly address: Address
  readonly isSeed: boolean
}

/** The message for one peer, and what it knows after it; no message when nothing changed. */
export function pexUpdate(
  told: ReadonlyMap<string, Address>,
  current: readonly KnownPeer[],
): { readonly message: PexMessage | undefined; readonly told: ReadonlyMap<string, Address> } {
  const now = new Map(current.map((peer) => [addressKey(peer.address), peer] as const))
  const added = [...now].filter(([key]) => !told.has(key)).slice(0, pexPeersMax)
  const dropped = [...told].filter(([key]) => !now.has(key)).slice(0, pexPeersMax)
  if (added.length === 0 && dropped.length === 0) return { message: undefined, told }
  const next = new Map(told)
  for (const [key, peer] of added) next.set(key, peer.address)
  for (const [key] of dropped) next.delete(key)
  const message: PexMessage = {
    added: added.map(([, peer]): PexPeer => ({ ...peer.address, flags: peer.isSeed ? pexFlags.seed : 0 })),
    dropped: dropped.map(([, address]) => address),
  }
  return { message, told: next }
}
