/** Which stated demand counts: what the vault holds for its account, once, however many beacons it lights. */

import { type Btt, btt, maxBig, minBig } from '@millrace/base'
import type { Demand } from './expected-income.ts'

/** A buyer's beacon in one torrent. */
export interface StatedDemand {
  readonly torrent: string
  readonly account: string
  readonly wantedBytesPerSecond: number
  readonly priceMaxPerMiB: Btt
  /** The budget is at least 2^bits base units. */
  readonly budgetBits: number
}

/** What the vault says of an account; base units over all time. */
export interface Backing {
  readonly deposited: Btt
  readonly withdrawn: Btt
  readonly planned: Btt
  readonly paidOut: Btt
}

/** What of a deposit can still pay for anything; vouchers that were not cashed yet are not known to others. */
export function freeDeposit({ deposited, withdrawn, planned, paidOut }: Backing): Btt {
  return maxBig(btt(deposited - withdrawn - planned - paidOut), btt(0n))
}

/**
 * Demand by torrent. An account whose beacons name more than its deposit is believed up to the deposit, each beacon pro
 * rata (rounded down); one without a deposit is not believed at all. So invented demand costs as much as it claims.
 *
 * @param backingOf undefined while the chain has not answered: counts as nothing
 */
export function backedDemand(
  stated: readonly StatedDemand[],
  backingOf: (account: string) => Backing | undefined,
): ReadonlyMap<string, readonly Demand[]> {
  const named = new Map<string, bigint>()
  for (const { account, budgetBits } of stated) named.set(account, (named.get(account) ?? 0n) + budgetOf(budgetBits))
  const byTorrent = new Map<string, Demand[]>()
  for (const { torrent, account, wantedBytesPerSecond, priceMaxPerMiB, budgetBits } of stated) {
    const backing = backingOf(account)
    const total = named.get(account) ?? 0n
    const covered = backing === undefined ? 0n : minBig<bigint>(freeDeposit(backing), total)
    const budget = btt((covered * budgetOf(budgetBits)) / total)
    if (budget === 0n || wantedBytesPerSecond === 0) continue
    const demands = byTorrent.get(torrent) ?? []
    demands.push({ wantedBytesPerSecond, priceMaxPerMiB, budget })
    byTorrent.set(torrent, demands)
  }
  return byTorrent
}

/** The bucket that a budget is stated in: its highest bit. The budget is above 0. */
export function budgetBitsOf(budget: Btt): number {
  return budget.toString(2).length - 1
}

function budgetOf(bits: number): bigint {
  return 1n << BigInt(bits)
}
