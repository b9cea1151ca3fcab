/** What the ledger needs of others. The wallet's signers match these shapes without importing them. */

import type { Account } from '@millrace/voucher'

/** Signs transactions of one account. */
export interface TransactionSigner {
  /** Any spelling. */
  readonly address: Account
  /** 65 bytes: r, s (low), v (27 or 28). */
  signDigest(digest: Uint8Array): Promise<Uint8Array>
}

/** Waits. Injected so that tests need not. */
export interface Timers {
  /** Resolves after `milliseconds`, or at once when `signal` is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}
