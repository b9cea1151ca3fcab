/** The level of the free class: capacity poured over address groups, each up to what its peers can take. */

import { WaterTable } from './water-table.ts'

/** A peer that takes part in the free class. */
export interface FreePeer {
  readonly group: string
  /** d: bytes a second. */
  readonly demand: number
}

interface Group {
  total: number
  readonly demands: number[]
  /** Made when it is asked for. */
  table: WaterTable | undefined
}

/** The free class without the peer in question; made once an epoch, asked for each bid. */
export class FreeField {
  readonly #groups = new Map<string, Group>()
  readonly #table: WaterTable

  constructor(peers: Iterable<FreePeer>) {
    for (const { group, demand } of peers) {
      const entry = this.#groups.get(group)
      if (entry === undefined) this.#groups.set(group, { total: demand, demands: [demand], table: undefined })
      else {
        entry.total += demand
        entry.demands.push(demand)
      }
    }
    this.#table = new WaterTable(Array.from(this.#groups.values(), ({ total }) => total))
  }

  join({ group, demand }: FreePeer): void {
    const entry = this.#groups.get(group) ?? { total: 0, demands: [], table: undefined }
    this.#groups.set(group, entry)
    entry.demands.push(demand)
    entry.table?.add(demand)
    this.#resize(entry, entry.total + demand)
  }

  /** The peer joined, or the field was made with it. */
  leave({ group, demand }: FreePeer): void {
    const entry = this.#groups.get(group)
    if (entry === undefined) return
    entry.demands.splice(entry.demands.indexOf(demand), 1)
    entry.table?.remove(demand)
    this.#resize(entry, entry.demands.length === 0 ? 0 : entry.total - demand)
  }

  /** f: what `peer` would get if it took part beside the others with `capacity` bytes a second to share. */
  levelFor({ group, demand }: FreePeer, capacity: number): number {
    const own = this.#groups.get(group)
    const total = own?.total ?? 0
    const share = Math.min(total + demand, this.#table.level(capacity, total, total + demand))
    if (own === undefined || own.demands.length === 0) return Math.min(demand, share)
    return Math.min(demand, tableOf(own).level(share, 0, demand))
  }

  /** f of a peer that takes part. */
  levelOf({ group, demand }: FreePeer, capacity: number): number {
    const own = this.#groups.get(group)
    if (own === undefined) return 0
    const share = Math.min(own.total, this.#table.level(capacity))
    return Math.min(demand, own.demands.length === 1 ? share : tableOf(own).level(share))
  }

  #resize(entry: Group, total: number): void {
    this.#table.remove(entry.total)
    this.#table.add(total)
    entry.total = total
  }
}

function tableOf(group: Group): WaterTable {
  group.table ??= new WaterTable(group.demands)
  return group.table
}
