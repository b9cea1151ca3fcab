/** What a buyer offers, and what a block costs under it. */

import { assert, type Btt, btt, bytesPerMiB } from '@millrace/base'

/** "Bill me at most `spendRatePerSecond`, and never above `priceMaxPerMiB`." It belongs to one connection. */
export interface Bid {
  readonly number: number
  /** w: base units a second. */
  readonly spendRatePerSecond: Btt
  /** m: base units a MiB. */
  readonly priceMaxPerMiB: Btt
}

/** A MiB is 2^20 bytes: an amount in base units is its amount in byte-price units shifted by this. */
export const bytePriceShift = 20n

/**
 * What `bytes` cost in byte-price units (bytes times base units a MiB): exact, nothing is rounded.
 *
 * @example
 * bytePriceOf(16_384, btt(64n)) >> bytePriceShift // 1n base unit
 */
export function bytePriceOf(bytes: number, pricePerMiB: bigint): bigint {
  return BigInt(bytes) * pricePerMiB
}

/** What `bytes` cost in base units, rounded up: for limits that must hold the whole cost. */
export function costCeiling(bytes: number, pricePerMiB: bigint): Btt {
  const exact = bytePriceOf(bytes, pricePerMiB)
  return btt(-(-exact >> bytePriceShift))
}

/** The rate, in whole bytes a second and rounded down, that `spendRatePerSecond` buys at a price above 0. */
export function rateOf(spendRatePerSecond: bigint, pricePerMiB: bigint): number {
  assert(pricePerMiB > 0n, 'a price above 0')
  const rate = (spendRatePerSecond * BigInt(bytesPerMiB)) / pricePerMiB
  return rate > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(rate)
}

/** The most bytes a second a bid may take at a price: 0 without a bid or above its cap. */
export function paceLimit(bid: Bid | undefined, pricePerMiB: bigint): number {
  if (bid === undefined || bid.priceMaxPerMiB < pricePerMiB) return 0
  return rateOf(bid.spendRatePerSecond, pricePerMiB)
}
