/** The newest voucher that a payee accepted from each payer: what it can cash. */

import { type Btt, btt, ok, type Result, refuse, zeroBtt } from '@millrace/base'
import { rejectCodes } from '@millrace/wire'
import type { Account } from './account.ts'
import type { PayerCoverage } from './ports.ts'
import type { RejectCode } from './reject.ts'
import type { SignedVoucher, Voucher } from './typed-data.ts'

export interface PayeeBook {
  readonly payee: Account
  readonly accepted: ReadonlyMap<Account, SignedVoucher>
}

/** What the chain says of a payer, and of this pair. */
export interface Backing {
  readonly coverage: PayerCoverage
  readonly cashed: Btt
}

export function emptyPayeeBook(payee: Account): PayeeBook {
  return { payee, accepted: new Map() }
}

/**
 * The checks that need no signature: cheap, so first. Late, repeated and replayed vouchers end here.
 *
 * @param newest what the payee accepted from this payer last
 */
export function precheck(payee: Account, newest: Voucher | undefined, voucher: Voucher): RejectCode | undefined {
  if (voucher.payee !== payee || voucher.payer === payee) return rejectCodes.identity
  if (voucher.cumulative > voucher.totalIssued) return rejectCodes.malformed
  if (newest === undefined) return voucher.cumulative > 0n ? undefined : rejectCodes.notRising
  return voucher.cumulative > newest.cumulative && voucher.seq > newest.seq ? undefined : rejectCodes.notRising
}

/**
 * Whether a payer's vault stands behind a voucher. All it ever issued must fit into what stays in the vault, must be no
 * less than what was already cashed by everybody (else it keeps other vouchers from us), and our own part must be there.
 * Nothing covers a voucher of a payer that was proven to over-issue; its bond covers none, before or after.
 */
export function isCovered(voucher: Pick<Voucher, 'cumulative' | 'totalIssued'>, backing: Backing): boolean {
  const { deposited, withdrawn, planned, paidOut, bond } = backing.coverage
  if (bond?.provenAtSeconds !== undefined) return false
  const staying = deposited - withdrawn - planned
  return (
    voucher.totalIssued <= staying &&
    voucher.totalIssued >= paidOut &&
    voucher.cumulative - backing.cashed <= staying - paidOut
  )
}

/**
 * Takes a voucher whose signature was found to be its payer's.
 *
 * @returns the book with it and what it adds, or the code to refuse it with. `notCovered` is worth another try after
 * the next block.
 */
export function accept(
  book: PayeeBook,
  voucher: SignedVoucher,
  backing: Backing | undefined,
): Result<{ readonly book: PayeeBook; readonly added: Btt }, RejectCode> {
  const newest = book.accepted.get(voucher.payer)
  const refusal = precheck(book.payee, newest, voucher)
  if (refusal !== undefined) return refuse(refusal)
  if (backing === undefined || !isCovered(voucher, backing)) return refuse(rejectCodes.notCovered)
  const accepted = new Map(book.accepted).set(voucher.payer, voucher)
  return ok({ book: { ...book, accepted }, added: btt(voucher.cumulative - (newest?.cumulative ?? zeroBtt)) })
}
