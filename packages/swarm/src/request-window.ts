/** How many blocks to keep asked for at a peer: three seconds' worth, so that the line never runs dry. */

import { blockBytes } from '@millrace/base'

/** Seconds of the measured rate that stay asked for. */
export const requestWindowSeconds = 3
/** Asked for before any rate is known. */
export const requestWindowStart = 128
export const requestWindowMin = 4
export const requestWindowMax = 2_000
/**
 * Asked for at once, at most: a window that grows at a stroke would be one write larger than what the other side may have room
 * for, and TCP then waits for its probe timer (RFC 9293, 3.8.6.2.1) while nothing is asked for. The rest follows with the next bytes.
 */
export const requestBurstMax = 512
/** Of a window above a burst, this part is asked for together: a write for each chunk that comes wakes both sides for little. */
const requestBatchDivisor = 16

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

/** How many more blocks to ask for now, of a peer that owes so many. */
export function requestRoom(window: number, owed: number): number {
  const room = window - owed
  if (window > requestBurstMax && room < window / requestBatchDivisor) return 0
  return Math.min(room, requestBurstMax)
}
