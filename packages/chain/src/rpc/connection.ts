/** A caller who stays: one WebSocket connection and the subscriptions that live and die with it. */

import type { Hex } from 'viem'

export interface Connection {
  /** By id, what ends each. */
  readonly subscriptions: Map<Hex, () => void>
  /** Sends what a subscription waits for, after the answer that names it. */
  notify(subscription: Hex, result: unknown): void
}
