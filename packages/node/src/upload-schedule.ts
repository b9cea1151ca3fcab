/** Moves the upload for sale with the hour. */

import { type Clock, systemClock } from '@millrace/base'
import { type LocalTime, limitAt, type Schedule, type UploadMarket } from '@millrace/market'
import type { Timers } from '@millrace/swarm'
import { systemTimers } from './timers.ts'

/** How often the hour is looked at. */
const lookMilliseconds = 15_000

/** The market's time, and the owner's. */
export interface ScheduleClock extends Clock {
  localTime(): LocalTime
}

const ownersClock: ScheduleClock = {
  now: systemClock.now,
  localTime() {
    const now = new Date()
    return { hour: now.getHours(), minute: now.getMinutes() }
  },
}

/**
 * Sets what the schedule allows now, never above `most`, in a market with a limit.
 *
 * @returns the limit that holds, bytes a second
 */
export function applySchedule(
  market: UploadMarket,
  schedule: Schedule | undefined,
  most: number,
  clock: ScheduleClock = ownersClock,
): number {
  const planned = schedule && limitAt(schedule, clock.localTime())
  const limit = Math.min(most, planned ?? most)
  if (limit !== market.capacity) market.setLimit(limit, clock.now())
  return limit
}

/** The same from now on; answers how to end it. */
export function followSchedule(
  market: UploadMarket,
  schedule: Schedule,
  most: number,
  { clock = ownersClock, timers = systemTimers }: { readonly clock?: ScheduleClock; readonly timers?: Timers } = {},
): () => void {
  let cancel = (): void => {}
  const look = (): void => {
    applySchedule(market, schedule, most, clock)
    cancel = timers.after(lookMilliseconds, look)
  }
  look()
  return () => cancel()
}
