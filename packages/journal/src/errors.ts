/** What can be wrong with the folder of the books. */

import { MillraceError } from '@millrace/base'

export type JournalErrorCode =
  | 'locked'
  | 'newer-format'
  | 'other-key'
  | 'other-ledger'
  | 'corrupt'
  | 'write-failed'
  | 'closed'

export class JournalError extends MillraceError<JournalErrorCode> {
  override readonly name = 'JournalError'
}
