/** What can go wrong outside this package's code: a data folder, a genesis file, a port, a database. */

import { MillraceError } from '@millrace/base'

export type ChainErrorCode =
  | 'bad-genesis'
  | 'genesis-mismatch'
  | 'store-format'
  | 'store-failed'
  | 'store-conflict'
  | 'disk-full'
  | 'bad-option'
  | 'bad-call'
  | 'listen-failed'
  | 'vault-failed'
  | 'no-cometbft'
  | 'consensus-failed'
  | 'engine-unreachable'
  | 'engine-unfit'
  | 'engine-failed'

export class ChainError extends MillraceError<ChainErrorCode> {
  override readonly name = 'ChainError'
}
