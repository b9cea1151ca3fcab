/** The part of the upload for who does not pay: what it is when nobody chooses, and how far a choice may go. */

import { freeSharePpmDefault } from './market-options.ts'

/** Millionths. A chain that rules on them hands its own over. */
export interface FreeShareBounds {
  readonly defaultPpm: number
  readonly leastPpm: number
  readonly mostPpm: number
}

/** Until a chain says otherwise: 15 %, from none to all. */
export const freeShareBoundsDefault: FreeShareBounds = {
  defaultPpm: freeSharePpmDefault,
  leastPpm: 0,
  mostPpm: 1_000_000,
}

/** The share that counts: what the owner chose, moved within the bounds; the default when nothing was chosen. */
export function freeShareWithin(chosenPpm: number | undefined, bounds: FreeShareBounds): number {
  return Math.min(bounds.mostPpm, Math.max(bounds.leastPpm, chosenPpm ?? bounds.defaultPpm))
}
