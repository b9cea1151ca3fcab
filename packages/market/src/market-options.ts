/** What the owner of an uplink decides. */

import { assert, type Btt, type Resource } from '@millrace/base'
import type { CapacityOptions } from './capacity.ts'

/** phi when the owner does not say otherwise: 15 %. */
export const freeSharePpmDefault = 150_000

export function checkedFreeShare(ppm: number): number {
  assert(ppm >= 0 && ppm <= 1_000_000, 'a free share from 0 to a million millionths')
  return ppm
}

export interface MarketOptions {
  /** What is sold; default upload. */
  readonly resource?: Resource
  readonly capacity: CapacityOptions
  /** Millionths of C that those who do not pay have to themselves; default 150,000. */
  readonly freeSharePpm?: number
  /** The reserve price, base units a MiB (of another resource: a lot). Undefined: nothing is sold, until `setAsk`, and everybody is in the free class. */
  readonly askPerMiB: Btt | undefined
  /** A sleeping bid wakes at this many millionths of its free level; default 1,050,000. */
  readonly wakePpm?: number
  /** A bid sleeps below this many millionths of its free level; default 1,000,000. Both 0: "bill always". */
  readonly sleepPpm?: number
  /** How late a voucher may be before its account has no credit: milliseconds, default 5,000. */
  readonly lateMs?: number
}
