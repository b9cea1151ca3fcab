/**
 * Where a seller checks vouchers: cheap checks first, one signature at a time, and at most one a second from a payer
 * whose last one did not bring money. While one is checked only the newest other waits: sums are cumulative.
 */

import { type Btt, btt, zeroBtt } from '@millrace/base'
import { rejectCodes } from '@millrace/wire'
import type { Account } from './account.ts'
import { type Backing, isCovered, precheck } from './payee-book.ts'
import type { RejectCode } from './reject.ts'
import { type SignedVoucher, type Voucher, voucherDigest } from './typed-data.ts'

export interface Waiting {
  readonly voucher: SignedVoucher
  readonly connection: number
}

type Checking = Waiting & { readonly phase: 'checking'; readonly ledger: number; readonly sinceMs: number }

export interface Desk {
  readonly work: { readonly phase: 'idle' } | Checking
  readonly next: Waiting | undefined
  /** Before this no signature is checked. */
  readonly allowedAtMs: number
  /** Rightly signed, but the vault does not cover it yet. */
  readonly uncovered: Waiting | undefined
}

export interface DeskTerms {
  readonly payee: Account
  readonly payer: Account
  readonly separators: readonly Uint8Array[]
}

export interface DeskView {
  readonly nowMs: number
  /** The newest voucher that was accepted from this payer. */
  readonly newest: Voucher | undefined
  readonly backing: Backing | undefined
  /** Least increase of a voucher that pays for checking the next one at once. */
  readonly earningMin: Btt
}

export type DeskEffect =
  | { readonly type: 'recover'; readonly digest: Uint8Array; readonly signature: Uint8Array }
  | { readonly type: 'refuse'; readonly connection: number; readonly code: RejectCode }
  | { readonly type: 'accept'; readonly voucher: SignedVoucher; readonly added: Btt }

export interface DeskStep {
  readonly desk: Desk
  readonly effects: readonly DeskEffect[]
}

/** Between two signatures of a payer that brought no money. */
export const checkGapMs = 1_000

export const deskOpen: Desk = { work: { phase: 'idle' }, next: undefined, allowedAtMs: 0, uncovered: undefined }

/** A voucher arrived. */
export function onVoucher(desk: Desk, waiting: Waiting, terms: DeskTerms, view: DeskView): DeskStep {
  const refusal = precheck(terms.payee, view.newest, waiting.voucher)
  if (refusal !== undefined)
    return { desk, effects: [{ type: 'refuse', connection: waiting.connection, code: refusal }] }
  const isNewer = desk.next === undefined || waiting.voucher.seq >= desk.next.voucher.seq
  return pull(isNewer ? { ...desk, next: waiting } : desk, terms, view)
}

/** The verifier answered. */
export function onRecovered(desk: Desk, signer: Account | undefined, terms: DeskTerms, view: DeskView): DeskStep {
  const { work } = desk
  if (work.phase === 'idle') return { desk, effects: [] }
  const { voucher, connection } = work
  if (signer !== terms.payer) {
    // Some other ledger of ours that it was signed for, by mistake? Not for a signature that is none.
    const ledger = work.ledger + 1
    const separator = signer === undefined ? undefined : terms.separators[ledger]
    if (separator !== undefined) {
      const digest = voucherDigest(separator, voucher)
      return {
        desk: { ...desk, work: { ...work, ledger } },
        effects: [{ type: 'recover', digest, signature: voucher.signature }],
      }
    }
    return refused(desk, work, rejectCodes.badSignature, terms, view)
  }
  if (work.ledger > 0) return refused(desk, work, rejectCodes.wrongLedger, terms, view)
  const late = precheck(terms.payee, view.newest, voucher)
  if (late !== undefined) return refused(desk, work, late, terms, view)
  if (view.backing === undefined || !isCovered(voucher, view.backing)) {
    return refused({ ...desk, uncovered: { voucher, connection } }, work, rejectCodes.notCovered, terms, view)
  }
  const idle: Desk = { ...desk, work: { phase: 'idle' }, allowedAtMs: work.sinceMs + checkGapMs }
  return accepted(idle, voucher, terms, view)
}

/** A block came: a rightly signed voucher may be covered now. */
export function onBlock(desk: Desk, terms: DeskTerms, view: DeskView): DeskStep {
  const { uncovered } = desk
  if (uncovered === undefined || view.backing === undefined) return { desk, effects: [] }
  if (precheck(terms.payee, view.newest, uncovered.voucher) !== undefined) {
    return { desk: { ...desk, uncovered: undefined }, effects: [] }
  }
  if (!isCovered(uncovered.voucher, view.backing)) return { desk, effects: [] }
  return accepted(desk, uncovered.voucher, terms, view)
}

export function onTick(desk: Desk, terms: DeskTerms, view: DeskView): DeskStep {
  return pull(desk, terms, view)
}

function pull(desk: Desk, terms: DeskTerms, view: DeskView): DeskStep {
  const { next } = desk
  const [separator] = terms.separators
  if (next === undefined || separator === undefined || desk.work.phase !== 'idle') return { desk, effects: [] }
  if (view.nowMs < desk.allowedAtMs) return { desk, effects: [] }
  const work = { ...next, phase: 'checking', ledger: 0, sinceMs: view.nowMs } as const
  const { signature } = next.voucher
  return {
    desk: { ...desk, next: undefined, work },
    effects: [{ type: 'recover', digest: voucherDigest(separator, next.voucher), signature }],
  }
}

/** Money that came pays for checking the next signature at once, also when it had to wait for its cover. */
function accepted(desk: Desk, voucher: SignedVoucher, terms: DeskTerms, view: DeskView): DeskStep {
  const added = btt(voucher.cumulative - (view.newest?.cumulative ?? zeroBtt))
  const allowedAtMs = added >= view.earningMin ? view.nowMs : desk.allowedAtMs
  // What waits is prechecked again when its own signature is: the books change by this very effect.
  const step = pull({ ...desk, allowedAtMs, uncovered: undefined }, terms, { ...view, newest: voucher })
  return { desk: step.desk, effects: [{ type: 'accept', voucher, added }, ...step.effects] }
}

function refused(desk: Desk, work: Checking, code: RejectCode, terms: DeskTerms, view: DeskView): DeskStep {
  const idle: Desk = { ...desk, work: { phase: 'idle' }, allowedAtMs: work.sinceMs + checkGapMs }
  const step = pull(idle, terms, view)
  return { desk: step.desk, effects: [{ type: 'refuse', connection: work.connection, code }, ...step.effects] }
}
