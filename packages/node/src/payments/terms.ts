/** What a person decides about money, and what opens it. */

import { type Btt, MillraceError } from '@millrace/base'

/** Seconds between two looks at whether to cash, on a chain that makes no blocks while nothing happens. */
export const cashingLookSeconds = 60

export interface BuyingTerms {
  /** Over all sellers together: base units a second. */
  readonly spendRatePerSecond: Btt
  readonly priceMaxPerMiB: Btt
  /** Never more than this in one run, to the base unit. */
  readonly budget: Btt
  /** First voucher to a seller; chosen by price when absent, 0 for none. */
  readonly prepayment?: Btt | undefined
}

export type KeySource =
  | { readonly kind: 'keystore'; readonly path: string; readonly password: () => Promise<string> }
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
  'insufficient-funds' | 'not-confirmed' | 'no-address' | 'outdated-books'
> {
  override readonly name = 'MoneyError'
}
