/**
 * What a buyer knows of its pair with one seller, and how it judges a statement. Sums are counted from where this
 * buyer first met the seller's books (`base`), so that neither side needs the other's history.
 */

import { type Btt, btt, maxBig, minBig, upload, zeroBtt } from '@millrace/base'
import type { BttSpeedMessage } from '@millrace/wire'
import type { BillSums, BuyerPolicy } from './policies.ts'

export type StatementMessage = Extract<BttSpeedMessage, { readonly t: 'account' }>

/** Where `last` counts from: the seller's sums there, and the cumulative sum that is owed there. */
interface Base extends BillSums {
  readonly owed: bigint
}

export interface Tally {
  readonly receivedBytes: number
  readonly verifiedBytes: number
  readonly failedBytes: number
  /** This seller alone sent a bad piece, or was shown to have lied. */
  readonly badPiece: boolean
  /** Sum of w t over the bids that may have counted, base units. */
  readonly spendAllowed: Btt
  readonly spendRateMax: Btt
  /** Up to when `spendAllowed` was counted. */
  readonly countedToMs: number
  /** The most that a MiB may have cost since the last statement. */
  readonly dearest: Btt
  /** The newest statement, from `base`. */
  readonly last: BillSums
  readonly base: Base | undefined
  /** Until the next first statement: the seller's billed sum that is known to be owed. What is above must hold as a bill. */
  readonly met: Btt
  /** Paid ahead and billed without a bill that holds: lost with a connection, or taken. */
  readonly lost: Btt
  /** After a connection was lost, blocks may have been billed that never arrived: a debt that does not hold is not ours. */
  readonly debt: 'judged' | 'forgiven'
  readonly bootId: number
  readonly counter: number
  /** Cumulative sum of our newest voucher for this seller, and what is set off as the seller counts it. */
  readonly paid: Btt
}

/** Losses up to this part of what was owed are the network's. */
const lostParts = 8n

export function openTally(paid: Btt, nowMs: number): Tally {
  return {
    receivedBytes: 0,
    verifiedBytes: 0,
    failedBytes: 0,
    badPiece: false,
    spendAllowed: zeroBtt,
    spendRateMax: zeroBtt,
    countedToMs: nowMs,
    dearest: zeroBtt,
    last: { billed: 0n, billedBytes: 0 },
    base: undefined,
    met: paid,
    lost: zeroBtt,
    // Books that a crash left behind may know less than the seller does.
    debt: paid > 0n ? 'forgiven' : 'judged',
    bootId: -1,
    counter: -1,
    paid,
  }
}

/** Counts w t up to now for bids that come to `spendRate` a second, at a price of at most `pricePerMiB`. */
export function passTime(tally: Tally, policy: BuyerPolicy, spendRate: Btt, pricePerMiB: Btt, nowMs: number): Tally {
  const allowed = policy.spendAllowed(spendRate, Math.max(0, nowMs - tally.countedToMs))
  return {
    ...tally,
    spendAllowed: btt(tally.spendAllowed + allowed),
    spendRateMax: maxBig(tally.spendRateMax, spendRate),
    dearest: maxBig(tally.dearest, pricePerMiB),
    countedToMs: Math.max(tally.countedToMs, nowMs),
  }
}

/** A connection was lost: the next statement is met as a first one, and what arrived unbilled counts on. */
export function afterLoss(tally: Tally): Tally {
  const { billed, billedBytes } = tally.last
  return {
    ...tally,
    met: tally.base === undefined ? tally.met : btt(tally.base.billed + billed),
    receivedBytes: Math.max(0, tally.receivedBytes - billedBytes),
    verifiedBytes: Math.max(0, tally.verifiedBytes - billedBytes),
    failedBytes: 0,
    spendAllowed: maxBig(zeroBtt, btt(tally.spendAllowed - billed)),
    last: { billed: 0n, billedBytes: 0 },
    base: undefined,
    debt: 'forgiven',
  }
}

/**
 * The seller says that it lost its newest notes in a crash, and counts only `paid`. It is met again, as after a lost
 * connection: what it lost of our payments it lost of its bill, or it must show that the bill holds.
 */
export function afterRestart(tally: Tally, paid: Btt): Tally {
  const met = afterLoss(tally)
  const known = maxBig(0n, met.met - maxBig(0n, tally.paid - paid))
  return { ...met, met: btt(minBig(known, paid)), paid }
}

/** Whether a statement is older than the newest one seen. */
export function isStale(tally: Tally, statement: StatementMessage): boolean {
  return statement.bootId === tally.bootId ? statement.counter <= tally.counter : statement.bootId < tally.bootId
}

/**
 * Takes a statement in, or says what is wrong with it.
 *
 * @param connections how many connections the pair has: each may be a block ahead
 * @param stepUnits a block of the resource that is bought
 */
export function judge(
  tally: Tally,
  statement: StatementMessage,
  policy: BuyerPolicy,
  connections: number,
  stepUnits: number = upload.stepUnits,
): { readonly tally: Tally; readonly fault: string | undefined } {
  const { bootId, counter } = statement
  const base = rebase(tally, statement)
  const next: BillSums = {
    billed: statement.billed - base.billed,
    billedBytes: statement.billedBytes - base.billedBytes,
  }
  const fault = policy.billFault(tally.last, next, {
    receivedBytes: tally.receivedBytes,
    pricePerMiB: tally.dearest,
    spendAllowed: tally.spendAllowed,
    spendRatePerSecond: tally.spendRateMax,
    blockBytes: stepUnits * Math.max(1, connections),
  })
  const met = { ...tally, bootId, counter, debt: 'judged', dearest: zeroBtt } as const
  if (fault === undefined) return { tally: { ...met, base, last: next }, fault }
  if (tally.debt === 'judged') return { tally: met, fault }
  const { billed, billedBytes } = statement
  const owed = minBig(billed, tally.paid)
  const lost = btt(tally.lost + maxBig(0n, owed - base.owed))
  return { tally: { ...met, base: { billed, billedBytes, owed }, lost }, fault: undefined }
}

/**
 * What may be kept ahead of the bill. Who lost more of it than an eighth of all it was owed is trusted with that much less:
 * a seller that comes back again and again takes one prepayment and no more.
 */
function aheadMax(tally: Tally, prepaid: Btt): Btt {
  const served = (tally.base?.owed ?? tally.met) + tally.last.billed
  return tally.lost * lostParts <= served ? prepaid : maxBig(zeroBtt, btt(prepaid - tally.lost))
}

/** The cumulative sum that the next voucher should carry; `tally.paid` when nothing is due. */
export function target(
  tally: Tally,
  policy: BuyerPolicy,
  terms: { readonly pieceBytes: number; readonly prepaid: Btt; readonly budgetLeft: Btt },
): Btt {
  // Paid before and no statement yet: the seller may still owe us service for it.
  if (tally.base === undefined && tally.paid > 0n) return tally.paid
  const start = tally.base?.owed ?? 0n
  const due = policy.payable({
    billed: btt(tally.last.billed),
    billedBytes: tally.last.billedBytes,
    verifiedBytes: tally.verifiedBytes,
    receivedBytes: Math.max(tally.verifiedBytes, tally.receivedBytes - tally.failedBytes),
    pieceBytes: terms.pieceBytes,
    badPiece: tally.badPiece,
    prepaid: aheadMax(tally, terms.prepaid),
    paid: maxBig(zeroBtt, btt(tally.paid - start)),
    budgetLeft: terms.budgetLeft,
  })
  return maxBig(tally.paid, btt(due + start))
}

/**
 * What the seller is owed over all time, by bills that hold and for bytes that may be paid; and what is `due` by other means
 * than our vouchers, what is kept ahead included. Zero before its first statement.
 *
 * @param terms `setOff`: that part of `tally.paid` that is no voucher
 */
export function owed(
  tally: Tally,
  policy: BuyerPolicy,
  terms: { readonly pieceBytes: number; readonly prepaid: Btt; readonly setOff: Btt },
): { readonly owed: Btt; readonly due: Btt } {
  if (tally.base === undefined) return { owed: zeroBtt, due: zeroBtt }
  const { pieceBytes, prepaid, setOff } = terms
  const unpaid: Tally = { ...tally, paid: zeroBtt }
  // Set-off spends nothing of the budget.
  const budgetLeft = btt(tally.last.billed + prepaid)
  const withAhead = target(unpaid, policy, { pieceBytes, prepaid, budgetLeft })
  return {
    owed: target(unpaid, policy, { pieceBytes, prepaid: zeroBtt, budgetLeft }),
    due: maxBig(zeroBtt, btt(withAhead - (tally.paid - setOff))),
  }
}

/** Our cumulative sum less what the seller has billed of it: what it may still bill before it needs another voucher. */
export function ahead(tally: Tally): bigint {
  return tally.paid - (tally.base?.owed ?? 0n) - tally.last.billed
}

/**
 * At first, what the seller is known to be owed lies below the base; what it billed above that must hold as a bill for what
 * arrived since. Later, a sum that fell (the seller wrote something off) moves the base down with it.
 */
function rebase(tally: Tally, { billed, billedBytes }: StatementMessage): Base {
  const { base, last, met, receivedBytes } = tally
  if (base === undefined) {
    const known = minBig(billed, met)
    return { billed: known, billedBytes: billedBytes - Math.min(billedBytes, receivedBytes), owed: known }
  }
  const start = minBig(base.billed, billed - last.billed)
  return {
    billed: start,
    billedBytes: Math.min(base.billedBytes, billedBytes - last.billedBytes),
    owed: start < base.billed ? minBig(base.owed, start) : base.owed,
  }
}
