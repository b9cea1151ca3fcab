/** An account in the upload market, and the connections that stand for it. */

import { type Account, openAccount } from './account.ts'
import type { PeerState } from './market-peer.ts'

export interface Holder {
  readonly account: Account
  readonly peers: Set<PeerState>
  /** What `spendOf` answered last; undefined when a bid or a connection has changed since. */
  spend: bigint | undefined
}

export function openHolder(account: string, unitBytes: number, stepUnits: number): Holder {
  return { account: openAccount(account, unitBytes, stepUnits), peers: new Set(), spend: 0n }
}

/** What the bids of an account ask for a second together. */
export function spendOf(holder: Holder): bigint {
  holder.spend ??= sumOfBids(holder)
  return holder.spend
}

function sumOfBids({ peers }: Holder): bigint {
  let total = 0n
  for (const { bid } of peers) total += bid?.spendRatePerSecond ?? 0n
  return total
}
