/** The free level as its definition reads: each question pours anew. */

import type { FreePeer } from '../src/free-level.ts'

/**
 * The height to which `capacity` fills vessels of the given sizes: each gets min(size, level).
 * Infinity when all are filled.
 *
 * @example
 * waterLevel([1, 10, 10], 9) // 4
 */
function waterLevel(sizes: readonly number[], capacity: number): number {
  let rest = capacity
  let open = sizes
  while (open.length > 0) {
    const level = Math.max(0, rest) / open.length
    const above = open.filter((size) => size > level)
    if (above.length === open.length) return level
    for (const size of open) if (size <= level) rest -= size
    open = above
  }
  return Number.POSITIVE_INFINITY
}

/** The free class without the peer in question; made once an epoch, asked for each bid. */
export class PlainField {
  readonly #groups = new Map<number, { total: number; readonly demands: number[] }>()

  constructor(peers: Iterable<FreePeer>) {
    for (const { group, demand } of peers) {
      const entry = this.#groups.get(group)
      if (entry === undefined) this.#groups.set(group, { total: demand, demands: [demand] })
      else {
        entry.total += demand
        entry.demands.push(demand)
      }
    }
  }

  /** f: what `peer` would get if it took part beside the others with `capacity` bytes a second to share. */
  levelFor(peer: FreePeer, capacity: number): number {
    const own = this.#groups.get(peer.group)
    return this.#level(peer, capacity, (own?.total ?? 0) + peer.demand, [...(own?.demands ?? []), peer.demand])
  }

  /** f of a peer that the field was made with. */
  levelOf(peer: FreePeer, capacity: number): number {
    const own = this.#groups.get(peer.group)
    return this.#level(peer, capacity, own?.total ?? 0, own?.demands ?? [])
  }

  #level(peer: FreePeer, capacity: number, ownTotal: number, demands: readonly number[]): number {
    const sizes: number[] = [ownTotal]
    for (const [key, { total }] of this.#groups) if (key !== peer.group) sizes.push(total)
    const groupShare = Math.min(ownTotal, waterLevel(sizes, capacity))
    return Math.min(peer.demand, waterLevel(demands, groupShare))
  }
}
