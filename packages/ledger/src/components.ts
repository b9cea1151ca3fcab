/** What a client of a chain is built on, and how patient it is. */

import type { Clock, Crash, Logger } from '@millrace/base'
import type { Timers } from './ports.ts'

export interface LedgerComponents {
  readonly clock: Clock
  readonly logger: Logger
  readonly timers?: Timers
  readonly crash?: Crash | undefined
}

export const pollMsDefault = 1_000
export const receiptTimeoutMsDefault = 120_000
export const rebroadcastMsDefault = 10_000
