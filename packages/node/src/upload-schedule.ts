/** Moves the upload for sale with the hour. */

import { systemClock } from '@millrace/base'
import { limitAt, type Schedule, type UploadMarket } from '@millrace/market'

/** How often the hour is looked at. */
const lookMilliseconds = 15_000

/**
 * Sets what the schedule allows now, never above `most`, in a market with a limit.
 *
 * @returns the limit that holds, bytes a second
 */
export function applySchedule(market: UploadMarket, schedule: Schedule | undefined, most: number): number {
  const now = new Date()
  const planned = schedule && limitAt(schedule, { hour: now.getHours(), minute: now.getMinutes() })
  const limit = Math.min(most, planned ?? most)
  if (limit !== market.capacity) market.setLimit(limit, systemClock.now())
  return limit
}

/** The same from now on; answers how to end it. */
export function followSchedule(market: UploadMarket, schedule: Schedule, most: number): () => void {
  applySchedule(market, schedule, most)
  const timer = setInterval(() => applySchedule(market, schedule, most), lookMilliseconds)
  return () => clearInterval(timer)
}
