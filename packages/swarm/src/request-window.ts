/** How many blocks to keep asked for at a peer: three seconds' worth, so that the line never runs dry. */

import { blockBytes } from '@millrace/base'

/** Seconds of the measured rate that stay asked for. */
export const requestWindowSeconds = 3
/** Asked for before any rate is known. */
export const requestWindowStart = 128
export const requestWindowMin = 4
export const requestWindowMax = 2_000

/**
 * @param bytesPerSecond measured rate from the peer; undefined while nothing was measured
 * @param reqq the peer's own limit (BEP 10 `reqq`), if it named one
 */
export function requestWindow(bytesPerSecond: number | undefined, reqq: number | undefined): number {
  const wanted =
    bytesPerSecond === undefined
      ? requestWindowStart
      : Math.ceil((bytesPerSecond * requestWindowSeconds) / blockBytes) + requestWindowMin
  return Math.max(1, Math.min(wanted, requestWindowMax, reqq ?? requestWindowMax))
}
