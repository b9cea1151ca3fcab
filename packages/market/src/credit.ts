/** Credit is money, not bytes: how far billing may run ahead of payment, and how loud a bid its money allows. */

import { type Btt, btt, minBig, upload } from '@millrace/base'
import { bytePriceOf, bytePriceShift } from './bid.ts'

/** An account may owe an eighth of what it has paid. */
export const paidPerCredit = 8n
/** Money that is secured now may be spent within this part of a second: w^ <= 4 A a second. */
export const securedPerSecond = 4n
/** Ts of an account that has not settled a statement yet. */
export const settleMsDefault = 500
/** 8 MiB of upload. */
const creditStepsMin = 512
const settleSlackMs = 500

export interface CreditTerms {
  /** L, since the last write-off: base units. */
  readonly paid: bigint
  /** p: base units a MiB. */
  readonly pricePerMiB: bigint
  /** w: base units a second, over all bids of the account. */
  readonly spendRatePerSecond: bigint
  /** Ts: from statement to voucher. */
  readonly settleMs: number
  /** The unit that can be verified: a v1 piece, a v2 leaf. */
  readonly unitBytes: number
  /** Of the resource; a block when absent. */
  readonly stepUnits?: number
}

/**
 * K = min(L/8, max(512 steps x p, 2 w (Ts + 500 ms) + 2 unit x p)), rounded down: the buyer chose the sums it is made of.
 *
 * @example
 * creditLimit({ paid: 80n, pricePerMiB: 1n, spendRatePerSecond: 0n, settleMs: 500, unitBytes: 16_384 }) // 8n, of 10n
 */
export function creditLimit(terms: CreditTerms): Btt {
  const earned = terms.paid / paidPerCredit
  const { stepUnits = upload.stepUnits } = terms
  const floor = bytePriceOf(creditStepsMin * stepUnits, terms.pricePerMiB) >> bytePriceShift
  // Mostly an account has paid for little: what is needed is no less than the floor.
  if (earned <= floor) return btt(earned)
  const roundMs = BigInt(Math.ceil(terms.settleMs) + settleSlackMs)
  const inFlight = (2n * terms.spendRatePerSecond * roundMs) / 1000n
  const units = bytePriceOf(2 * terms.unitBytes, terms.pricePerMiB) >> bytePriceShift
  const needed = inFlight + units > floor ? inFlight + units : floor
  return btt(minBig(earned, needed))
}

/**
 * w^ of one bid of an account whose bids ask for `total` a second together: secured money is split over them pro rata.
 *
 * @param available A = K + L - B, may be negative
 * @param blockCost what one more block costs, rounded up
 */
export function securedSpend(spendRate: bigint, total: bigint, available: bigint, blockCost: bigint): bigint {
  if (available < blockCost || available <= 0n) return 0n
  const secured = securedPerSecond * available
  return total <= secured ? spendRate : (spendRate * secured) / total
}
