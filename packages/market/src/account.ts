/** The seller's books of one account as the market needs them: paid L, billed B, credit, lateness and write-offs. */

import { assert, type Btt, btt, upload } from '@millrace/base'
import { bytePriceOf, bytePriceShift } from './bid.ts'
import { creditLimit, settleMsDefault } from './credit.ts'
import { SteadySum } from './steady-sum.ts'

/** Steps (1 MiB of upload) that a stranger may have billed before its first voucher, out of the free class; a unit if that is more. */
const trialStepsMin = 64
/** A voucher later than this (2 round trips, verifying, 3 s) takes the credit away until it comes. */
export const lateMsDefault = 5000
/** The second write-off costs this long without credit, each further one twice as long. */
export const coolDownMsFirst = 60_000
const coolDownDoublingsMax = 12
const openStatementsMax = 256
/** How far one settled statement moves the measured Ts. */
const settleWeight = 0.25

interface OpenStatement {
  readonly billed: bigint
  readonly atMs: number
}

/** One account. Fields belong to the functions of this file. */
export interface Account {
  readonly id: string
  /** Of the resource that is sold. */
  readonly stepUnits: number
  /** L: cumulative, base units. */
  paid: bigint
  /**
   * B in byte-price units: the exact sum; B is its floor, so the remainder is carried and the rounding is the payer's. Its
   * limit is K + L: billing stops there.
   */
  readonly exactBilled: SteadySum
  billedBytes: number
  /** L at the last write-off: credit is earned anew from there. */
  creditBase: bigint
  writeOffs: number
  coolUntilMs: number
  unitBytes: number
  settleMs: number
  stated: bigint
  /** Bytes billed when B was `stated`: while there are no more, neither is the bill. */
  statedBytes: number
  /** It stands among the `Unstated`. */
  isUnstated: boolean
  lastStatementMs: number | undefined
  readonly openStatements: OpenStatement[]
  late: boolean
  /** K, as of the last `renewCredit`. */
  credit: Btt
  /** What it was computed from. */
  creditBasis: CreditBasis | undefined
}

interface CreditBasis {
  readonly isNone: boolean
  readonly paid: bigint
  readonly creditBase: bigint
  readonly pricePerMiB: bigint
  readonly spendRatePerSecond: bigint
  readonly settleMs: number
  readonly unitBytes: number
}

export function openAccount(id: string, unitBytes: number, stepUnits: number = upload.stepUnits): Account {
  return {
    id,
    stepUnits,
    paid: 0n,
    exactBilled: new SteadySum(),
    billedBytes: 0,
    creditBase: 0n,
    writeOffs: 0,
    coolUntilMs: 0,
    unitBytes,
    settleMs: settleMsDefault,
    stated: 0n,
    statedBytes: 0,
    isUnstated: false,
    lastStatementMs: undefined,
    openStatements: [],
    late: false,
    credit: btt(0n),
    creditBasis: undefined,
  }
}

/** B: base units, rounded down in favour of the payer. */
export function billedOf(account: Account): Btt {
  return btt(account.exactBilled.value >> bytePriceShift)
}

/** A = K + L - B: what may still be billed; negative after a loss of credit. */
export function availableOf(account: Account): bigint {
  return account.credit + account.paid - billedOf(account)
}

/** True while a block of this exact cost may still be billed. */
export function canBill(account: Account, exactCost: bigint): boolean {
  return account.exactBilled.fits(exactCost)
}

/**
 * True while a stranger's bytes are billed out of the free class: it has no credit for a step of this exact cost, nothing was
 * written off, and the trial is not used up. Who has paid something owes less than a unit, which is the least that it can
 * verify and pay: its money may have run out.
 */
export function onTrial(account: Account, exactCost: bigint): boolean {
  const { billedBytes, stepUnits, unitBytes, paid } = account
  const isOpen =
    billedBytes < Math.max(trialStepsMin * stepUnits, unitBytes) && !account.late && account.writeOffs === 0
  if (!isOpen || canBill(account, exactCost)) return false
  const owed = account.exactBilled.value - (paid << bytePriceShift)
  return paid === 0n || owed < exactCost * BigInt(Math.ceil(unitBytes / stepUnits))
}

/** Bills an exact cost; returns by how many base units B rose. */
export function bill(account: Account, bytes: number, exactCost: bigint): Btt {
  account.billedBytes += bytes
  return btt(account.exactBilled.add(exactCost))
}

/** What an account has lost us so far. */
export interface WriteOffs {
  readonly count: number
  /** L at the last one, base units. */
  readonly paidThen: bigint
  /** Milliseconds since the last one. */
  readonly agoMs: number
}

/** Of an account, from an earlier run or an earlier connection: L and B in base units. */
export interface KeptBooks {
  readonly paid: bigint
  readonly billed: bigint
  readonly writeOffs?: WriteOffs | undefined
}

/** Loads the books of before. What was billed then was stated then, and what was lost then has its price in credit still. */
export function loadBooks(account: Account, { paid, billed, writeOffs }: KeptBooks, nowMs: number): void {
  assert(paid >= 0n && billed >= 0n, 'books that are not negative')
  account.paid = paid
  account.creditBase = writeOffs?.paidThen ?? 0n
  account.writeOffs = writeOffs?.count ?? 0
  account.coolUntilMs = writeOffs === undefined ? 0 : nowMs - writeOffs.agoMs + coolDownMs(writeOffs.count)
  account.exactBilled.setValue(billed << bytePriceShift)
  account.stated = billed
  account.statedBytes = account.billedBytes
  account.openStatements.length = 0
  account.late = false
}

/** A voucher raised L to `paid`. Settled statements give their time to Ts. A lower value changes nothing. */
export function receivePayment(account: Account, paid: bigint, pricePerMiB: bigint, nowMs: number): void {
  if (paid <= account.paid) return
  account.paid = paid
  settle(account, pricePerMiB, nowMs)
  if (account.openStatements.length === 0) account.late = false
}

/** A statement left now. */
export function stateBilled(account: Account, nowMs: number): void {
  const billed = billedOf(account)
  account.stated = billed
  account.statedBytes = account.billedBytes
  account.lastStatementMs = nowMs
  if (billed > account.paid && account.openStatements.length < openStatementsMax) {
    account.openStatements.push({ billed, atMs: nowMs })
  }
}

/** Takes the credit away when the oldest open statement is older than `lateMs`. */
export function checkLateness(account: Account, pricePerMiB: bigint, lateMs: number, nowMs: number): void {
  if (account.openStatements.length > 0) settle(account, pricePerMiB, undefined)
  const oldest = account.openStatements[0]
  account.late = oldest !== undefined && nowMs - oldest.atMs > lateMs
}

/** Computes K and the limit of billing anew, if anything that they depend on has changed. */
export function renewCredit(account: Account, pricePerMiB: bigint, spendRatePerSecond: bigint, nowMs: number): void {
  const { creditBase, settleMs, unitBytes, stepUnits } = account
  const isNone = account.late || nowMs < account.coolUntilMs
  const { creditBasis: known, paid } = account
  if (
    known?.isNone === isNone &&
    known.settleMs === settleMs &&
    known.unitBytes === unitBytes &&
    known.paid === paid &&
    known.creditBase === creditBase &&
    known.pricePerMiB === pricePerMiB &&
    known.spendRatePerSecond === spendRatePerSecond
  ) {
    return
  }
  account.creditBasis = { isNone, paid, creditBase, pricePerMiB, spendRatePerSecond, settleMs, unitBytes }
  const terms = { paid: paid - creditBase, pricePerMiB, spendRatePerSecond, settleMs, unitBytes, stepUnits }
  account.credit = isNone ? btt(0n) : creditLimit(terms)
  account.exactBilled.setLimit((account.credit + paid) << bytePriceShift)
}

/**
 * Writes off what is owed: B becomes L, credit starts anew, and from the second time on a cool-down that doubles.
 *
 * @returns the loss, 0 when nothing was owed
 */
export function writeOffDebt(account: Account, nowMs: number): Btt {
  const loss = billedOf(account) - account.paid
  if (loss <= 0n) return btt(0n)
  account.exactBilled.setValue(account.paid << bytePriceShift)
  account.stated = account.paid
  account.statedBytes = account.billedBytes
  account.creditBase = account.paid
  account.openStatements.length = 0
  account.late = false
  account.writeOffs++
  account.coolUntilMs = nowMs + coolDownMs(account.writeOffs)
  return btt(loss)
}

function coolDownMs(writeOffs: number): number {
  return writeOffs < 2 ? 0 : coolDownMsFirst * 2 ** Math.min(writeOffs - 2, coolDownDoublingsMax)
}

/** Drops statements that L covers but for the unit in progress: a v1 buyer cannot verify, and so does not pay, half a piece. */
function settle(account: Account, pricePerMiB: bigint, nowMs: number | undefined): void {
  const covered = account.paid + (bytePriceOf(account.unitBytes, pricePerMiB) >> bytePriceShift)
  let oldest = account.openStatements[0]
  while (oldest !== undefined && oldest.billed <= covered) {
    if (nowMs !== undefined) account.settleMs += settleWeight * (nowMs - oldest.atMs - account.settleMs)
    account.openStatements.shift()
    oldest = account.openStatements[0]
  }
}
