/** What a swarm's beacons say to who is not in it: stated demand as far as deposits back it, and who sells. */

import { type Btt, btt, bytesPerMiB } from '@millrace/base'
import { backedDemand, budgetBitsOf, type Demand, freeDeposit, type Rival, type StatedDemand } from '@millrace/market'
import type { LabPeer } from '../../lab-peer.ts'
import type { SwarmRun } from '../../swarm-run.ts'

export interface SwarmBeacons {
  readonly seeders: number
  readonly leechers: number
  readonly demands: readonly Demand[]
  /** By the peer that sells, so that nobody counts itself. */
  readonly rivals: ReadonlyMap<LabPeer, Rival>
}

export const swarmTorrent = 'the swarm'

/** Of now. The client signs a beacon with each announce; here all are read together. */
export function readBeacons({ peers, vault }: SwarmRun): SwarmBeacons {
  const present = peers.filter(({ isPresent }) => isPresent)
  const stated = present.flatMap((peer) => statedBy(peer) ?? [])
  const backing = (account: string) => vault.coverageOf(Number(account))
  const sellers = present.flatMap((peer) => {
    const { sells } = peer.terms.plan
    if (sells === undefined) return []
    // What a vault paid it for its vouchers is money of its own, as what it deposited is.
    const isBacked = peer.shop.revenue > 0n || freeDeposit(vault.coverageOf(peer.id)) > 0n
    return [[peer, { askPerMiB: btt(BigInt(sells.askPerMiB)), isBacked }] as const]
  })
  return {
    seeders: present.filter(({ isComplete }) => isComplete).length,
    leechers: present.filter(({ isComplete }) => !isComplete).length,
    demands: backedDemand(stated, backing).get(swarmTorrent) ?? [],
    rivals: new Map(sellers),
  }
}

/** As the client's `buySide`: what its bid pays for at its highest price, and the bucket of what is left to spend. */
function statedBy({ wallet, isComplete, id, terms }: LabPeer): StatedDemand | undefined {
  const { pays } = terms.plan
  if (
    wallet === undefined ||
    pays === undefined ||
    terms.plan.sells !== undefined ||
    isComplete ||
    wallet.purse.left <= 0n
  )
    return undefined
  const priceMaxPerMiB: Btt = btt(BigInt(pays.priceMaxPerMiB))
  const wanted = (BigInt(pays.spendPerSecond) * BigInt(bytesPerMiB)) / priceMaxPerMiB // down: no more than the bid pays for
  return {
    torrent: swarmTorrent,
    account: String(id),
    wantedBytesPerSecond: Number(wanted),
    priceMaxPerMiB,
    budgetBits: budgetBitsOf(wallet.purse.left),
  }
}
