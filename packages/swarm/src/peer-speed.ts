/** How fast a peer sends, as far as it is known: what the end game compares. */

import type { DownloadPeer } from './download-peer.ts'
import type { Debtor } from './end-game.ts'

/** Before that, what came is too little to tell a rate. */
export const rateKnownMilliseconds = 1_000

type Sender = Pick<DownloadPeer, 'id' | 'outstanding' | 'download' | 'lastBlockAt' | 'pace'>

/**
 * Bytes a second as measured, or, while there was nothing to measure, as they were when it had sent all that it owed; undefined
 * where nothing is known, or nothing comes.
 */
export function speedOf({ outstanding, download, lastBlockAt, pace }: Sender, now: number): number | undefined {
  const rate = download.bytesPerSecond(now)
  const isFresh = outstanding.size === 0 || now - lastBlockAt < rateKnownMilliseconds
  const speed = isFresh ? Math.max(rate, pace) : rate
  return speed === 0 ? undefined : speed
}

/** Undefined for one that owes nothing, or has not had the time to send. */
export function debtorOf(sender: Sender, now: number): Debtor | undefined {
  const { id, outstanding, lastBlockAt } = sender
  if (outstanding.size === 0) return undefined
  const bytesPerSecond = speedOf(sender, now)
  if (bytesPerSecond === undefined && now - lastBlockAt < rateKnownMilliseconds) return undefined
  return { id, outstanding, bytesPerSecond: bytesPerSecond ?? 0 }
}
