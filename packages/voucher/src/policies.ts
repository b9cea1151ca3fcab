/**
 * When and how much: decided by the market, which this package cannot import. These are the shapes of its functions, so
 * that there is one copy of each rule.
 */

import type { Btt } from '@millrace/base'

export interface SellerPolicy {
  /** Whether a new quote is owed, `last` being the one sent before. */
  quoteDue(
    pricePerMiB: bigint,
    last: { readonly pricePerMiB: Btt; readonly sentAtMs: number; readonly lifeMs: number } | undefined,
    nowMs: number,
  ): boolean
  /** Whether a statement is owed for what was billed and not stated. */
  statementDue(
    view: {
      readonly unstated: bigint
      readonly credit: bigint
      readonly paidAhead: bigint
      readonly lastStatementMs: number | undefined
    },
    nowMs: number,
  ): boolean
}

export interface BillSums {
  readonly billed: bigint
  readonly billedBytes: number
}

export interface PurchaseSums {
  readonly billed: Btt
  readonly billedBytes: number
  readonly verifiedBytes: number
  /** All blocks that arrived but those of failed pieces. */
  readonly receivedBytes: number
  readonly pieceBytes: number
  readonly badPiece: boolean
  /** What is kept ahead of the bill. */
  readonly prepaid: Btt
  readonly paid: Btt
  readonly budgetLeft: Btt
}

export interface BuyerPolicy {
  /** What to pay before the first statement, and to keep ahead of it. */
  prepayment(pricePerMiB: bigint, spendRatePerSecond: bigint, pieceBytes: number, allowance: bigint): Btt
  /** The cumulative sum that the next voucher should carry; `paid` when nothing is due. */
  payable(sums: PurchaseSums): Btt
  /** What is wrong with a statement; undefined when nothing is. */
  billFault(
    last: BillSums,
    next: BillSums,
    terms: {
      readonly receivedBytes: number
      readonly pricePerMiB: bigint
      readonly spendAllowed: bigint
      readonly spendRatePerSecond: bigint
      readonly blockBytes: number
    },
  ): string | undefined
  /** What a bid allows to bill in a time, rounded up. */
  spendAllowed(spendRatePerSecond: bigint, milliseconds: number): Btt
}
