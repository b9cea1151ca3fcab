/** What a BTT is worth over a virtual hour, and what feeds say of it: parts of its price at the start, in millionths. */

export const hourSeconds = 3_600
const whole = 1_000_000
const minute = 60

export interface TokenPath {
  readonly name: string
  /** The truth. */
  at(second: number): number
  /** Whether the feeds say anything; always when absent. */
  speaks?(second: number): boolean
}

/** Halves evenly from minute 10 to 25 and doubles from minute 35 to 50. */
function drifting(second: number): number {
  const fallen = Math.min(1, Math.max(0, (second - 10 * minute) / (15 * minute)))
  const risen = Math.min(1, Math.max(0, (second - 35 * minute) / (15 * minute)))
  return Math.round(whole * (1 - (fallen - risen) / 2))
}

function isWithin(second: number, fromMinute: number, untilMinute: number): boolean {
  return second >= fromMinute * minute && second < untilMinute * minute
}

/** Shorter than two questions to a feed, and no part or multiple of one. */
const flapSeconds = 45
/** The feeds of the last path fall silent and come back. */
const silent = { from: 5, until: 55 } as const

export const tokenPaths: readonly TokenPath[] = [
  { name: 'still', at: () => whole },
  { name: 'drifts', at: drifting },
  { name: 'jumps', at: (second) => (isWithin(second, 15, 40) ? whole / 2 : whole) },
  {
    name: 'flaps',
    at: (second) => (isWithin(second, 10, 50) && Math.floor(second / flapSeconds) % 2 === 1 ? whole / 2 : whole),
  },
  { name: 'drifts, feeds silent', at: drifting, speaks: (second) => !isWithin(second, silent.from, silent.until) },
]
