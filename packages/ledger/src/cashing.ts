/** When to cash, and what came of it. Pure. */

import type { CashSkipReason } from '@millrace/contracts'
import type { Account, SignedVoucher } from '@millrace/voucher'
import type { Hex } from 'viem'
import type { Receipt } from './decode.ts'
import { type VaultEvent, vaultEvents } from './vault-event.ts'

/** Cash when the unclaimed sum is this many times what the gas costs. */
export const worthGasTimes = 100n
/** Above what a first pair costs in the vault, and the 21,000 of any transaction with room for the payee's slots. */
const entryGas = 40_000n
const transactionGas = 26_000n
/** 300 entries of 40,000 gas stay below the 16.7 M of EIP-7825, with a third to spare. */
export const cashBatchMax = 300

export interface CashingView {
  /** Accepted from the payer and not cashed, in base units of BTT. */
  readonly unclaimed: bigint
  /** What cashing it costs, in base units of BTT. */
  readonly gasCost: bigint
  /** Chain time of the payer's planned withdrawal; undefined without one. */
  readonly plannedAtSeconds: bigint | undefined
  readonly withdrawDelaySeconds: bigint
  /** Chain time now. */
  readonly nowSeconds: bigint
  /** Seconds until this is asked again. */
  readonly nextLookSeconds: bigint
  /** The payer's vouchers contradict each other: whoever cashes first is paid. */
  readonly isContradicted?: boolean
  readonly atExit: boolean
  readonly asked: boolean
}

export type CashingReason = 'asked' | 'worth-the-gas' | 'payer-withdraws' | 'payer-overissued' | 'exit'

/**
 * Why to cash now, or undefined to wait. What is worth less than its gas is cashed only when asked.
 *
 * @example
 * cashingReason({ ...view, unclaimed: 101n * gasCost }) // 'worth-the-gas'
 */
export function cashingReason(view: CashingView): CashingReason | undefined {
  if (view.unclaimed <= 0n) return undefined
  if (view.asked) return 'asked'
  if (view.unclaimed > worthGasTimes * view.gasCost) return 'worth-the-gas'
  if (view.unclaimed <= view.gasCost) return undefined
  if (view.isContradicted === true) return 'payer-overissued'
  if (view.plannedAtSeconds !== undefined) {
    const halfDelay = view.plannedAtSeconds + view.withdrawDelaySeconds / 2n
    if (view.nowSeconds + view.nextLookSeconds >= halfDelay) return 'payer-withdraws'
  }
  return view.atExit ? 'exit' : undefined
}

/** Gas for cashing that many vouchers, from above. */
export function cashingGas(vouchers: number): bigint {
  const batches = BigInt(Math.ceil(vouchers / cashBatchMax))
  return batches * transactionGas + BigInt(vouchers) * entryGas
}

/**
 * The newest voucher of each pair, in runs that fit a transaction, each payee's together: its slots are written once for
 * a run.
 */
export function cashBatches(vouchers: readonly SignedVoucher[]): readonly (readonly SignedVoucher[])[] {
  const newest = new Map<string, SignedVoucher>()
  for (const voucher of vouchers) {
    const known = newest.get(pairOf(voucher))
    if (known === undefined || known.cumulative < voucher.cumulative) newest.set(pairOf(voucher), voucher)
  }
  const sorted = [...newest.values()].sort((a, b) => compare(pairOf(a), pairOf(b)))
  const batches: SignedVoucher[][] = []
  for (let i = 0; i < sorted.length; i += cashBatchMax) batches.push(sorted.slice(i, i + cashBatchMax))
  return batches
}

/** Payee first, so that sorting groups by payee. */
function pairOf({ payer, payee }: { readonly payer: Account; readonly payee: Account }): string {
  return `${payee}${payer}`.toLowerCase()
}

/** What a cashing transaction did with one voucher. */
export interface CashedEntry {
  readonly voucher: SignedVoucher
  /** Base units of BTT; less than the increase of the voucher when the payer's balance ended. */
  readonly amount: bigint
  /** Paid to the pair over all time. */
  readonly cashed: bigint
}

export interface SkippedEntry {
  readonly voucher: SignedVoucher
  readonly reason: CashSkipReason
}

export interface CashReport {
  readonly transactions: readonly Hex[]
  readonly cashed: readonly CashedEntry[]
  readonly skipped: readonly SkippedEntry[]
  /** Base units of BTT. */
  readonly total: bigint
  /** What the incentive pool added to it, in base units of BTT. */
  readonly rewards: bigint
  /** Base units of BTT paid for gas. */
  readonly gasCost: bigint
}

export const emptyReport: CashReport = {
  transactions: [],
  cashed: [],
  skipped: [],
  total: 0n,
  rewards: 0n,
  gasCost: 0n,
}

/** The report of one mined transaction over `batch`, added to `before`. */
export function addReceipt(
  before: CashReport,
  batch: readonly SignedVoucher[],
  receipt: Receipt,
  vault: Account,
  reward = 0n,
): CashReport {
  const events = vaultEvents(receipt.logs.filter((log) => log.address === vault))
  const cashed = batch.flatMap((voucher) => cashedEntries(voucher, events))
  const skipped = events.flatMap((event) => {
    const voucher = event.type === 'skipped' ? batch[event.index] : undefined
    return event.type === 'skipped' && voucher !== undefined ? [{ voucher, reason: event.reason }] : []
  })
  return {
    transactions: [...before.transactions, receipt.transactionHash],
    cashed: [...before.cashed, ...cashed],
    skipped: [...before.skipped, ...skipped],
    total: before.total + cashed.reduce((sum, entry) => sum + entry.amount, 0n),
    rewards: before.rewards + reward,
    gasCost: before.gasCost + receipt.gasUsed * receipt.effectiveGasPrice,
  }
}

function cashedEntries(voucher: SignedVoucher, events: readonly VaultEvent[]): readonly CashedEntry[] {
  return events.flatMap((event) =>
    event.type === 'cashed' && pairOf(event) === pairOf(voucher)
      ? [{ voucher, amount: event.amount, cashed: event.cashed }]
      : [],
  )
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
