/** What seeding a torrent was expected to bring and what it brought, over about the last half hour. */

import { type Btt, btt, zeroBtt } from '@millrace/base'

export interface EarnRecord {
  /** Seconds of seeding that the sums cover. */
  readonly seconds: number
  /** What stated demand had us expect in that time. */
  readonly expected: Btt
  readonly earned: Btt
}

export const emptyEarnRecord: EarnRecord = { seconds: 0, expected: zeroBtt, earned: zeroBtt }

/** Beyond this the sums are halved: what was long ago fades. */
const recordSecondsMax = 1_800

/** Adds a stretch of seeding. */
export function noteEarned(record: EarnRecord, stretch: EarnRecord): EarnRecord {
  const seconds = record.seconds + stretch.seconds
  const expected = btt(record.expected + stretch.expected)
  const earned = btt(record.earned + stretch.earned)
  if (seconds <= recordSecondsMax) return { seconds, expected, earned }
  return { seconds: seconds / 2, expected: btt(expected / 2n), earned: btt(earned / 2n) }
}
