/**
 * The assumption behind seeds that stay: each has an income below which its line is worth more to it elsewhere, drawn
 * evenly from nothing to what the line earns at the ask when all of it is sold. Who is done stays while the last
 * 20 seconds earned it that much, and goes at the first look that finds less.
 */

import type { Random } from '@millrace/base'
import { streamOf, unitInterval } from '../../draws.ts'
import type { LabPeer } from '../../lab-peer.ts'
import type { SwarmRun } from '../../swarm-run.ts'
import { bttOf, mib } from '../measuring.ts'
import { askBttPerMib } from './town.ts'

const lookSeconds = 20
/** A stream of draws that nothing else in a run uses. */
const reservationStream = 7_000_000

export class PaidSeeds {
  readonly #draws: Random
  readonly #reservations = new Map<LabPeer, number>()
  readonly #looks = new Map<LabPeer, { readonly second: number; readonly revenue: bigint }>()

  constructor(seed: number) {
    this.#draws = streamOf(seed, reservationStream)
  }

  onSecond({ peers, events }: SwarmRun, second: number): void {
    for (const peer of peers) {
      const reservation = this.#reservationOf(peer)
      const came = peer.terms.plan.has === 'nothing'
      if (!came || !peer.isPresent || peer.completedMs === undefined || !peer.shop.sells) continue
      const look = this.#looks.get(peer)
      if (look === undefined) this.#looks.set(peer, { second, revenue: peer.shop.revenue })
      else if (second - look.second >= lookSeconds) {
        const income = bttOf(peer.shop.revenue - look.revenue) / (second - look.second)
        if (income < reservation) peer.plan(events.now(), 'leave')
        this.#looks.set(peer, { second, revenue: peer.shop.revenue })
      }
    }
  }

  /** BTT a second. Drawn for each peer in order, whether it ever seeds or not. */
  #reservationOf(peer: LabPeer): number {
    const known = this.#reservations.get(peer)
    if (known !== undefined) return known
    const lineEarns = (askBttPerMib * peer.capacityBytesPerSecond) / mib
    const drawn = unitInterval(this.#draws) * lineEarns
    this.#reservations.set(peer, drawn)
    return drawn
  }
}
