/** What vouchers need of the world: a chain, keys, and a place to keep books. */

import type { Btt } from '@millrace/base'
import type { Account } from './account.ts'
import type { UnsignedBeacon } from './beacon-proof.ts'
import type { PayerBond } from './bond.ts'
import type { LedgerDomain } from './domain.ts'
import type { ReserveMark } from './payer-book.ts'
import type { SetOffNote } from './set-off.ts'
import type { Session, SignedVoucher, Voucher } from './typed-data.ts'

/** The vault's books of one payer, as of the newest block that was read. Base units. */
export interface PayerCoverage {
  /** Over all time, what others' vouchers paid into it included. */
  readonly deposited: Btt
  readonly withdrawn: Btt
  /** What a withdrawal that was announced may still take. */
  readonly planned: Btt
  /** Over all time, to everybody. */
  readonly paidOut: Btt
  /** Undefined where the ledger has no bonds. */
  readonly bond?: PayerBond | undefined
}

/** One vault on one chain. Reads are cached and moved by events: nothing here waits on the payment path. */
export interface Ledger {
  readonly domain: LedgerDomain
  /** Undefined until `watch` has read it. */
  coverage(payer: Account): PayerCoverage | undefined
  /** What was paid for this pair over all time; undefined until `watch` has read it. */
  cashed(payer: Account, payee: Account): Btt | undefined
  /** Reads a payer's books now, with what it was cashed by `payee`, and keeps them fresh from then on. */
  watch(payer: Account, payee: Account): Promise<void>
  /** Stops that: the payer's books are not read any more. */
  unwatch(payer: Account): void
  /** Calls back after each new block whose events were taken in. Returns how to stop that. */
  onBlock(listener: () => void): () => void
  /** Pays into the balance of `key` and waits until it is in a block. */
  depositFor(key: Account, amount: Btt): Promise<void>
  /** Cashes into the payee's own vault balance, or to `recipient`; tells what the vault paid for each pair. */
  cash(vouchers: readonly SignedVoucher[], recipient?: Account): Promise<readonly CashOutcome[]>
}

export interface CashOutcome {
  readonly payer: Account
  readonly payee: Account
  /** What was paid now; 0 when the entry was skipped. */
  readonly paid: Btt
  /** What was paid for the pair over all time. */
  readonly cashed: Btt
  readonly skipped?: string
}

/** A key that signs what this package defines. May ask a person or a device: hence the promises. */
export interface Signer {
  readonly account: Account
  signVoucher(domain: LedgerDomain, voucher: Voucher): Promise<Uint8Array>
  signSession(domain: LedgerDomain, session: Session): Promise<Uint8Array>
  signBeacon(domain: LedgerDomain, beacon: UnsignedBeacon): Promise<Uint8Array>
}

/** Recovers signers away from the loop, or fast enough on it. */
export interface Verifier {
  recover(digest: Uint8Array, signature: Uint8Array): Promise<Account | undefined>
}

/** Durable books of one key on one ledger. */
export interface BookStore {
  /** Resolves when the mark is on disk for good (fsync): vouchers up to it may be signed from then on. */
  reserve(mark: ReserveMark): Promise<void>
  /** Notes a voucher that was signed. Not flushed: the mark covers what a crash loses. */
  issued(voucher: SignedVoucher): void
  /** Notes a voucher that was accepted. Flushed in batches, within a second. */
  accepted(voucher: SignedVoucher): void
  /** Notes that a payee was found to hold a voucher of ours that a crash had lost. */
  adopted(payee: Account, cumulative: Btt): void
  /** Notes what a payer was billed over all time. Not flushed. */
  billed(payer: Account, billed: Btt, billedBytes: number): void
  /** Notes that `amount` of what a payer was billed will never be paid: its bill falls by that. Seconds since 1970. */
  writtenOff(payer: Account, amount: Btt, atSeconds: number): void
  /** Notes what is set off with an account. Not flushed: who lost it goes on from less, and says so by its boot id. */
  setOff(account: Account, note: SetOffNote): void
  /** Resolves when everything noted so far is on disk for good. */
  flush(): Promise<void>
}
