/** An account in the upload market, and the connections that stand for it. */

import { type Account, openAccount } from './account.ts'
import type { PeerState } from './market-peer.ts'

export interface Holder {
  readonly account: Account
  readonly peers: Set<PeerState>
}

export function openHolder(account: string, unitBytes: number, stepUnits: number): Holder {
  return { account: openAccount(account, unitBytes, stepUnits), peers: new Set() }
}

/** What the bids of an account ask for a second together. */
export function spendOf(holder: Holder): bigint {
  let total = 0n
  for (const { bid } of holder.peers) {
    // Mostly an account has one connection, and its bid is the sum.
    if (bid !== undefined) total = total === 0n ? bid.spendRatePerSecond : total + bid.spendRatePerSecond
  }
  return total
}
