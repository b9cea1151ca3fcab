/** What can go wrong between us and a chain. */

import { MillraceError } from '@millrace/base'

/**
 * - `unreachable`: no RPC answers at the URL, or not in time. Worth trying again.
 * - `bad-reply`: something answered, but not what Ethereum JSON-RPC says.
 * - `refused`: the RPC answered with an error of its own.
 * - `wrong-chain`: another chain id than expected.
 * - `wrong-vault`: no contract at the address, or not a vault of this chain.
 * - `chain-reset`: block 0 is another one than before: every signature and balance of before is void there.
 * - `insufficient-funds`: the account cannot pay the value and the gas; `missing` says how much.
 * - `reverted`: the contract refuses the call, or the transaction was mined and failed.
 * - `receipt-timeout`: sent, but in no block in time; it may still be mined.
 * - `replaced`: another transaction of the same key took its nonce.
 * - `bad-input`: an argument that no chain would take.
 * - `closed`: the ledger was closed.
 */
export type LedgerErrorCode =
  | 'unreachable'
  | 'bad-reply'
  | 'refused'
  | 'wrong-chain'
  | 'wrong-vault'
  | 'chain-reset'
  | 'insufficient-funds'
  | 'reverted'
  | 'receipt-timeout'
  | 'replaced'
  | 'bad-input'
  | 'closed'

export interface LedgerErrorDetails {
  readonly cause?: unknown
  /** Base units of BTT. */
  readonly missing?: bigint
  /** Hash of the transaction that failed. */
  readonly transaction?: string
  /** Return data of a reverted call. */
  readonly data?: string
}

export class LedgerError extends MillraceError<LedgerErrorCode> {
  override readonly name = 'LedgerError'
  readonly missing: bigint | undefined
  readonly transaction: string | undefined
  readonly data: string | undefined

  constructor(code: LedgerErrorCode, message: string, details: LedgerErrorDetails = {}) {
    super(code, message, details.cause === undefined ? undefined : { cause: details.cause })
    this.missing = details.missing
    this.transaction = details.transaction
    this.data = details.data
  }
}
