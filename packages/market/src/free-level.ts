/** The level of the free class: capacity poured over address groups, each up to what its peers can take. */

import { defined } from '@millrace/base'
import { WaterTable } from './water-table.ts'

/** A peer that takes part in the free class. */
export interface FreePeer {
  /** The number of its address group: from 0 up, and small, since there is a row of them. */
  readonly group: number
  /** d: bytes a second. */
  readonly demand: number
}

/** Peers as two rows: the number of each one's address group, and its demand in bytes a second, above 0. */
export interface FreeRow {
  readonly groups: Int32Array
  readonly demands: Float64Array
}

/** The free class without the peer in question; made once an epoch, asked for each bid. Groups are numbers from 0 up. */
export class FreeField {
  readonly #totals: Float64Array
  readonly #counts: Int32Array
  /** Demands of the groups that have more than one peer, or had. */
  readonly #members: (number[] | undefined)[]
  /** Made when they are asked for. */
  readonly #tables: (WaterTable | undefined)[]
  readonly #table: WaterTable

  constructor(groupCount: number, { groups, demands }: FreeRow) {
    this.#totals = new Float64Array(groupCount)
    this.#counts = new Int32Array(groupCount)
    this.#members = new Array(groupCount)
    this.#tables = new Array(groupCount)
    for (let at = 0; at < groups.length; at++) this.#enter(groups[at] ?? 0, demands[at] ?? 0)
    this.#table = new WaterTable(this.#totals.filter((total) => total > 0))
  }

  join(group: number, demand: number): void {
    this.#table.remove(this.#totals[group] ?? 0)
    this.#enter(group, demand)
    this.#table.add(this.#totals[group] ?? 0)
  }

  /** A peer of this group and demand joined, or the field was made with it. */
  leave(group: number, demand: number): void {
    const total = this.#totals[group] ?? 0
    const count = (this.#counts[group] ?? 0) - 1
    this.#counts[group] = count
    this.#totals[group] = count === 0 ? 0 : total - demand
    const members = this.#members[group]
    members?.splice(members.indexOf(demand), 1)
    this.#tables[group]?.remove(demand)
    this.#table.remove(total)
    this.#table.add(this.#totals[group] ?? 0)
  }

  /** f: what a peer would get if it took part beside the others with `capacity` bytes a second to share. */
  levelFor(group: number, demand: number, capacity: number): number {
    const total = this.#totals[group] ?? 0
    const share = Math.min(total + demand, this.#table.level(capacity, total, total + demand))
    return Math.min(demand, total > 0 ? this.#tableOf(group).level(share, 0, demand) : share)
  }

  /** f of a peer that takes part. */
  levelOf(group: number, demand: number, capacity: number): number {
    const share = Math.min(this.#totals[group] ?? 0, this.#table.level(capacity))
    return Math.min(demand, this.#counts[group] === 1 ? share : this.#tableOf(group).level(share))
  }

  #enter(group: number, demand: number): void {
    const count = this.#counts[group] ?? 0
    const total = this.#totals[group] ?? 0
    const members = count > 0 ? this.#membersOf(group) : this.#members[group]
    members?.push(demand)
    this.#tables[group]?.add(demand)
    this.#totals[group] = total + demand
    this.#counts[group] = count + 1
  }

  #membersOf(group: number): number[] {
    // Of a group that had no list so far the total is its one peer's demand.
    this.#members[group] ??= [this.#totals[group] ?? 0]
    return defined(this.#members[group], 'a list that was made')
  }

  #tableOf(group: number): WaterTable {
    this.#tables[group] ??= new WaterTable(this.#membersOf(group))
    return defined(this.#tables[group], 'a table that was made')
  }
}
