/**
 * Vouchers of one payer that cannot all be true: what a bond is slashed for. Each voucher names the sum of everything that
 * its payer promised up to its `seq`; an honest payer's never contradict each other, crashes of its books included.
 */

import { assert, maxBig } from '@millrace/base'
import type { Account } from './account.ts'
import type { SignedVoucher, Voucher } from './typed-data.ts'

/** As `proveOverissue` of the bond takes it. */
export interface Contradiction {
  readonly statement: SignedVoucher
  /** One of the same `seq` that differs, or vouchers up to it that sum above its total: one a payee, rising by payee. */
  readonly others: readonly SignedVoucher[]
}

/** A proof of that many costs some 2.5 M gas. */
export const proofVouchersMax = 100
/** What is remembered of a payer: the newest so many of each payee, and so many payees. */
export const seenOfPayeeMax = 16
export const seenPayeesMax = 64

/** Vouchers of one payer whose signatures were checked, by payee; the oldest first. */
export type SeenVouchers = ReadonlyMap<Account, readonly SignedVoucher[]>

/**
 * Remembers a voucher, within the limits: of a payee the oldest is forgotten, and of the payees the one with the least.
 *
 * @param voucher its signature is its payer's
 */
export function see(seen: SeenVouchers, voucher: SignedVoucher): SeenVouchers {
  const known = seen.get(voucher.payee) ?? []
  if (voucher.payer === voucher.payee || known.some((other) => isSame(other, voucher))) return seen
  const kept = [...known, voucher].sort(bySeq).slice(-seenOfPayeeMax)
  const next = new Map(seen).set(voucher.payee, kept)
  if (next.size > seenPayeesMax) {
    const [least] = [...next].sort(([, a], [, b]) => (highest(a) < highest(b) ? -1 : 1))
    if (least !== undefined) next.delete(least[0])
  }
  return next
}

/**
 * The first contradiction among vouchers of one payer, if there is one that a proof can hold.
 *
 * @example
 * const found = findContradiction([...seen.values()].flat())
 * if (found !== undefined) prove(found.statement, found.others)
 */
export function findContradiction(vouchers: readonly SignedVoucher[]): Contradiction | undefined {
  const sorted = vouchers.filter(({ payer, payee }) => payer !== payee).sort(bySeq)
  assert(
    sorted.every(({ payer }) => payer === sorted[0]?.payer),
    'vouchers of one payer',
  )
  return findEqualSeq(sorted) ?? findExcess(sorted)
}

function findEqualSeq(sorted: readonly SignedVoucher[]): Contradiction | undefined {
  for (const [i, statement] of sorted.entries()) {
    const other = sorted[i + 1]
    // Neighbours suffice: where all neighbours of one seq are the same, all of them are.
    if (other?.seq === statement.seq && !isSame(statement, other)) return { statement, others: [other] }
  }
  return undefined
}

/** No two of one `seq` differ: then each statement is compared with the highest sums of all payees up to it. */
function findExcess(sorted: readonly SignedVoucher[]): Contradiction | undefined {
  const highestOf = new Map<Account, SignedVoucher>()
  let sum = 0n
  for (const statement of sorted) {
    const before = highestOf.get(statement.payee)
    if (before === undefined || before.cumulative < statement.cumulative) {
      highestOf.set(statement.payee, statement)
      sum += statement.cumulative - (before?.cumulative ?? 0n)
    }
    const found = sum > statement.totalIssued ? proofOf(statement, [...highestOf.values()]) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/** The fewest vouchers that sum above the statement's total; undefined when a proof cannot hold them. */
function proofOf(statement: SignedVoucher, candidates: readonly SignedVoucher[]): Contradiction | undefined {
  const others: SignedVoucher[] = []
  let sum = 0n
  for (const voucher of candidates.toSorted((a, b) => (a.cumulative > b.cumulative ? -1 : 1))) {
    if (sum > statement.totalIssued) break
    others.push(voucher)
    sum += voucher.cumulative
  }
  if (others.length > proofVouchersMax) return undefined
  return { statement, others: others.sort((a, b) => (a.payee < b.payee ? -1 : 1)) }
}

function isSame(a: Voucher, b: Voucher): boolean {
  return a.payee === b.payee && a.cumulative === b.cumulative && a.seq === b.seq && a.totalIssued === b.totalIssued
}

function bySeq(a: Voucher, b: Voucher): number {
  if (a.seq === b.seq) return 0
  return a.seq < b.seq ? -1 : 1
}

function highest(vouchers: readonly Voucher[]): bigint {
  return vouchers.reduce((most, { cumulative }) => maxBig(most, cumulative), 0n)
}
