/** What can go wrong with keys, passwords and their files. */

import { MillraceError } from '@millrace/base'

/**
 * - `locked`: no password, a wrong one, or the signer was locked: unlock and try again.
 * - `exists`: the file to write is already there; nothing was overwritten.
 * - `not-found`: no file at that path.
 * - `permissions`: others may read the file.
 * - `bad-keystore`: the file is no keystore v3, is damaged, or asks for more work than the limits allow.
 * - `bad-mnemonic`, `bad-key`, `bad-address`: the text or bytes are none.
 * - `io`: the file system refused; `cause` holds its error.
 * - `dev-account`: a development account was asked for outside the embedded chain.
 */
export type WalletErrorCode =
  | 'locked'
  | 'exists'
  | 'not-found'
  | 'permissions'
  | 'bad-keystore'
  | 'bad-mnemonic'
  | 'bad-key'
  | 'bad-address'
  | 'io'
  | 'dev-account'

export class WalletError extends MillraceError<WalletErrorCode> {
  override readonly name = 'WalletError'
}
