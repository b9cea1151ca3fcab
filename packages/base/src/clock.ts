/** Time as a port, so that policies and tests choose their own. */

export interface Clock {
  /** Milliseconds on a monotonic clock with an arbitrary origin; fractions allowed. */
  now(): number
}

/** The process's monotonic clock. */
export const systemClock: Clock = { now: () => performance.now() }

/** A clock that moves only when told to. */
export interface VirtualClock extends Clock {
  advance(milliseconds: number): void
}

export function virtualClock(startMilliseconds = 0): VirtualClock {
  let time = startMilliseconds
  return {
    now: () => time,
    advance(milliseconds) {
      time += milliseconds
    },
  }
}
