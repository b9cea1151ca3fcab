/** When a seller owes a buyer a new quote. */

import type { Btt } from '@millrace/base'

/** The longest life a quote may have. */
export const quoteLifeMsMax = 600_000
/** A quote is renewed this long before it ends. */
export const quoteRenewalMs = 30_000
/** A fall by this many hundredths is worth a message. */
const fallPercent = 5n

export interface Quote {
  readonly pricePerMiB: Btt
  readonly sentAtMs: number
  readonly lifeMs: number
}

/**
 * True when a quote is due: none was sent, the price rose above it (it must leave before the first dearer block),
 * the price fell by 5 %, or it is about to end.
 */
export function quoteDue(pricePerMiB: bigint, last: Quote | undefined, nowMs: number): boolean {
  if (last === undefined || pricePerMiB > last.pricePerMiB) return true
  if (pricePerMiB < last.pricePerMiB && pricePerMiB * 100n <= last.pricePerMiB * (100n - fallPercent)) return true
  return nowMs >= last.sentAtMs + last.lifeMs - Math.min(quoteRenewalMs, last.lifeMs / 2)
}
