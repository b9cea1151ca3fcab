/** What a person decides about money, and what opens it. */

import { type Btt, MillraceError } from '@millrace/base'
import type { BuyerTerms } from '@millrace/market'

/** Seconds between two looks at whether to cash, on a chain that makes no blocks while nothing happens. */
export const cashingLookSeconds = 60

export interface BuyingTerms extends Omit<BuyerTerms, 'measurePercent'> {
  /** At most this part of the time goes unpaid to measure what paying is worth; 5 when absent, 0 for never. */
  readonly measurePercent?: number | undefined
  /** First voucher to a seller; chosen by price when absent, 0 for none. */
  readonly prepayment?: Btt | undefined
}

export type KeySource =
  | { readonly kind: 'keystore'; readonly path: string; readonly password: () => Promise<string> }
  /** A private key in hex, as `chain init` writes that of an operator. */
  | { readonly kind: 'file'; readonly path: string }
  /** A funded account of the embedded chain, for tests and the demo. */
  | { readonly kind: 'dev'; readonly index: number }

/** What opens a ledger with a key. */
export interface LedgerAccess {
  readonly rpcUrl: string
  readonly vault: string
  readonly key: KeySource
  /** Folder of the books of every key and ledger. */
  readonly booksFolder: string
}

export interface MoneyOptions extends LedgerAccess {
  readonly buying?: BuyingTerms | undefined
  /** The owner says that the books were moved, and that no other copy of them is in use. */
  readonly areBooksMoved?: boolean | undefined
  /** Asked before a deposit; absent means no. */
  readonly confirmDeposit?: ((amount: Btt) => Promise<boolean>) | undefined
}

export class MoneyError extends MillraceError<
  'insufficient-funds' | 'not-confirmed' | 'no-address' | 'outdated-books' | 'bad-key'
> {
  override readonly name = 'MoneyError'
}
