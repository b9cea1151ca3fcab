/**
 * The one choice that tells mechanisms apart: of those who want a block of a peer now, who has it. Peers are handles of the
 * caller, times are milliseconds of one clock.
 */

import type { Btt } from '@millrace/base'

export interface Turns {
  add(peer: number): void
  remove(peer: number): void
  /** It wants a block after a time in which it wanted none. */
  returns(peer: number): void
  /** One of those who want a block now, or -1 when none of them may have it. */
  next(wanting: readonly number[]): number
  /** A block went to it. Answers what it was billed. */
  served(peer: number, bytes: number): Btt
}
