/** The buyer's side: how a budget is spread over sellers, how much is paid ahead, what is paid, and when a bill is refused. */

import { type Btt, btt, bytesPerMiB, maxBig, minBig, upload, zeroBtt } from '@millrace/base'
import { bytePriceOf, bytePriceShift, costCeiling } from './bid.ts'

/** What a person decides. */
export interface SpendPlan {
  /** Never more than this in total, to the base unit. */
  readonly budget: Btt
  /** Over all sellers together: base units a second. */
  readonly spendRatePerSecond: Btt
  readonly priceMaxPerMiB: Btt
}

/** A seller as the split sees it. */
export interface SellerOffer {
  /** Bytes of its PAID class that arrived in the last epoch. */
  readonly paidBytes: number
  /** Its last quote: base units a MiB. */
  readonly pricePerMiB: Btt
  /**
   * What is bid to it, base units a second, while that may yet buy: it sends, be it for nothing. 0 for one that keeps silent;
   * undefined for a new one, which has not had the time to send.
   */
  readonly openBid: Btt | undefined
  /** Bytes that came of it in the last epoch, paid or not. */
  readonly receivedBytes: number
}

/** What a bid would buy is believed up to so many times what the seller sent: a low quote alone is no promise. */
const believedTimes = 2n
/** No seller's part is reckoned from less than this many hundredths of the paid bytes, so that a new one is tried. */
const partMinPercent = 2n
/** 256 KiB of upload. */
const prepaidStepsMin = 16
const prepaidSeconds = 2n
/** Pieces above this are not bought: too much would hang on one hash. */
export const pieceBytesMax = 16 * 1024 * 1024
/** The pace that a bill may run ahead by. */
const burstMs = 250n

/**
 * b_j of each seller, in order: in proportion to max(its part of the bytes that money buys, 2 %), and one mean part for
 * all new ones together; nothing for those above the price cap. Rounded down, so the sum is never above the spend rate.
 *
 * What money buys is what came of the paid class, or, where nothing did, what the bid comes to at the quote, up to twice what
 * the seller sent for nothing. Without the latter a buyer is caught by the first seller to deliver: 2 % at another buys nothing
 * while as much comes for nothing, and so it stays 2 %, however cheap that seller is.
 *
 * @param lineSpendMax what p x (line - free share) comes to, when it is known: more money buys no more speed
 */
export function splitSpend(plan: SpendPlan, sellers: readonly SellerOffer[], lineSpendMax?: Btt): readonly Btt[] {
  const total = lineSpendMax === undefined ? plan.spendRatePerSecond : minBig(plan.spendRatePerSecond, lineSpendMax)
  const fits = (seller: SellerOffer): boolean => seller.pricePerMiB <= plan.priceMaxPerMiB
  const known = sellers.filter((seller) => fits(seller) && !isNew(seller))
  const newCount = sellers.filter((seller) => fits(seller) && isNew(seller)).length
  const sum = known.reduce((all, seller) => all + boughtBytes(seller), 0n)
  // Parts in hundredths of the sum; while nothing is bought all are equal.
  const weights = sellers.map((seller) => {
    if (!fits(seller)) return 0n
    if (sum === 0n) return 1n
    return isNew(seller)
      ? (100n * sum) / BigInt(known.length * newCount)
      : maxBig(boughtBytes(seller) * 100n, partMinPercent * sum)
  })
  const all = weights.reduce((left, weight) => left + weight, 0n)
  return weights.map((weight) => btt(all === 0n ? 0n : (total * weight) / all))
}

/** Between the two looks that `openBid` compares, in epochs: a seller that sent nothing for so long keeps silent. */
export const silentEpochs = 2

/**
 * What of a bid may yet buy: `SellerOffer.openBid`.
 *
 * @param received bytes that came of the seller since it is known
 * @param before as many `silentEpochs` ago; undefined for one that was not known then
 */
export function openBid(received: number, before: number | undefined, bid: Btt | undefined): Btt | undefined {
  if (before === undefined) return received === 0 ? undefined : bid
  return received > before ? bid : zeroBtt
}

function isNew({ paidBytes, openBid }: SellerOffer): boolean {
  return paidBytes === 0 && openBid === undefined
}

/** Of a second. */
function boughtBytes({ paidBytes, openBid, pricePerMiB, receivedBytes }: SellerOffer): bigint {
  if (paidBytes > 0 || openBid === undefined) return BigInt(paidBytes)
  const bought = (openBid * BigInt(bytesPerMiB)) / maxBig<bigint>(1n, pricePerMiB)
  return minBig(bought, believedTimes * BigInt(receivedBytes))
}

/**
 * How much to pay ahead on first contact, and to keep ahead from then on: max(16 steps x p, 2 s x w, one piece x p),
 * at most what the user allows. It is the most that a thief could take.
 */
export function prepayment(
  pricePerMiB: bigint,
  spendRatePerSecond: bigint,
  pieceBytes: number,
  allowance: bigint,
  stepUnits: number = upload.stepUnits,
): Btt {
  const bytes = costCeiling(Math.max(prepaidStepsMin * stepUnits, pieceBytes), pricePerMiB)
  return btt(minBig(allowance, maxBig(bytes, prepaidSeconds * spendRatePerSecond)))
}

/**
 * How many bytes of the piece in progress may be paid before it is verified: max(V/8, min(V/2, piece)).
 *
 * @param verifiedBytes V: what was verified from this seller
 * @param badPiece this seller sent a bad piece once: nothing is advanced any more
 */
export function advanceBytes(verifiedBytes: number, pieceBytes: number, badPiece: boolean): number {
  if (badPiece) return 0
  return Math.floor(Math.max(verifiedBytes / 8, Math.min(verifiedBytes / 2, pieceBytes)))
}

/** What the buyer knows of one seller. */
export interface PurchaseView {
  /** The newest statement. */
  readonly billed: Btt
  readonly billedBytes: number
  /** Bytes of its blocks that belong to verified pieces, and all its blocks that arrived but for failed pieces. */
  readonly verifiedBytes: number
  readonly receivedBytes: number
  readonly pieceBytes: number
  readonly badPiece: boolean
  /** What is kept ahead of the bill. */
  readonly prepaid: Btt
  /** U: the cumulative of the newest voucher for it. */
  readonly paid: Btt
  /** What the plan has left for all sellers: budget less all vouchers. */
  readonly budgetLeft: Btt
}

/**
 * The cumulative that the next voucher for this seller should carry; `paid` when nothing is due. Billed bytes are paid up to
 * those verified and the advance; the part is rounded down. The budget ends it to the base unit.
 */
export function payable(view: PurchaseView): Btt {
  const { verifiedBytes, receivedBytes, billedBytes, billed } = view
  const unverified = Math.max(0, receivedBytes - verifiedBytes)
  const advance = Math.min(unverified, advanceBytes(verifiedBytes, view.pieceBytes, view.badPiece))
  const bytes = verifiedBytes + advance
  const owed = billedBytes <= bytes ? billed : (billed * BigInt(bytes)) / BigInt(billedBytes)
  const ahead = view.badPiece ? 0n : view.prepaid
  const target = minBig(owed + ahead, view.paid + view.budgetLeft)
  return btt(maxBig(target, view.paid))
}

/** A statement, as far as the buyer judges it. */
export interface Bill {
  readonly billed: bigint
  readonly billedBytes: number
}

export interface BillTerms {
  /** Bytes of blocks received over this pair of accounts. */
  readonly receivedBytes: number
  /** The most that a MiB may have cost since the last statement: the lower of the bid's cap and the dearest quote of that time. */
  readonly pricePerMiB: bigint
  /** Sum of w t over the bids that counted so far: base units. */
  readonly spendAllowed: bigint
  /** Of the bid that counts: base units a second. */
  readonly spendRatePerSecond: bigint
  readonly blockBytes: number
}

export type BillFault = 'falling' | 'more-bytes-than-received' | 'above-price' | 'above-spend-rate'

/**
 * What is wrong with a statement; undefined when nothing is. The seller rounds its sum down once, so an increment may exceed
 * the exact price of its bytes by less than one base unit.
 */
export function billFault(last: Bill, next: Bill, terms: BillTerms): BillFault | undefined {
  const amount = next.billed - last.billed
  const bytes = next.billedBytes - last.billedBytes
  if (amount < 0n || bytes < 0) return 'falling'
  if (next.billedBytes > terms.receivedBytes) return 'more-bytes-than-received'
  if (amount > costCeiling(bytes, terms.pricePerMiB)) return 'above-price'
  const burst = (terms.spendRatePerSecond * burstMs + 999n) / 1000n
  const block = costCeiling(terms.blockBytes, terms.pricePerMiB)
  if (next.billed > terms.spendAllowed + burst + block) return 'above-spend-rate'
  return undefined
}

/** w t, rounded up: what a bid allows in a time. */
export function spendAllowed(spendRatePerSecond: bigint, milliseconds: number): Btt {
  return btt((spendRatePerSecond * BigInt(Math.ceil(milliseconds * 1000)) + 999_999n) / 1_000_000n)
}

/** What money buys at most on this line: p x (line - free share), rounded up. */
export function lineSpendMax(pricePerMiB: bigint, lineBytesPerSecond: number, freeShare: number): Btt {
  const paidBytes = Math.ceil(lineBytesPerSecond * (1 - freeShare))
  return btt((bytePriceOf(paidBytes, pricePerMiB) + BigInt(bytesPerMiB - 1)) >> bytePriceShift)
}
