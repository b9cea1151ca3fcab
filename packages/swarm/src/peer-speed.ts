/** How fast a peer sends, as far as it is known: what the end game compares. */

import type { DownloadPeer } from './download-peer.ts'

/** Before that, what came is too little to tell a rate. */
export const rateKnownMilliseconds = 1_000

export type Sender = Pick<DownloadPeer, 'id' | 'outstanding' | 'download' | 'lastBlockAt' | 'pace'>

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
