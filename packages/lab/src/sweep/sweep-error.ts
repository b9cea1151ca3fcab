import { MillraceError } from '@millrace/base'

/**
 * - `bad-parameter`: an axis or a measure that is none, or that the scenario cannot take.
 * - `cell-failed`: a run of the grid ended with an error; the message names its cell.
 */
export class SweepError extends MillraceError<'bad-parameter' | 'cell-failed'> {
  override readonly name = 'SweepError'
}
