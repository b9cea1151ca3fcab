/** Whether a bid is worth paying for: awake while the paid share beats what its peer would have for nothing. */

export interface WakeTerms {
  /** A sleeping bid wakes at x >= this many millionths of f. */
  readonly wakePpm: number
  /** A bid that is awake sleeps below this many millionths of f. */
  readonly sleepPpm: number
}

export const wakeTermsDefault: WakeTerms = { wakePpm: 1_050_000, sleepPpm: 1_000_000 }

/** The terms, with defaults where none are said. */
export function wakeTermsOf({
  wakePpm = wakeTermsDefault.wakePpm,
  sleepPpm = wakeTermsDefault.sleepPpm,
}: Partial<WakeTerms>): WakeTerms {
  return { wakePpm, sleepPpm }
}

/**
 * @param share x: bytes a second the bid buys
 * @param freeLevel f: bytes a second its peer would get without it
 */
export function isAwake(awake: boolean, share: number, freeLevel: number, terms: WakeTerms): boolean {
  if (share <= 0) return false
  return share * 1e6 >= freeLevel * (awake ? terms.sleepPpm : terms.wakePpm)
}
