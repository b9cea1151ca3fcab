/** Turns in proportion to weights, by start tags: who has least bytes over weight is next. */

import { type Btt, zeroBtt } from '@millrace/base'
import type { Turns } from './turns.ts'

interface Flow {
  weight: number
  /** Bytes over weight. */
  tag: number
}

/**
 * @example
 * const turns = new WeightedTurns()
 * turns.add(1)
 * turns.add(2)
 * turns.setWeight(2, 3) // has three blocks for each of peer 1, as long as both want some
 */
export class WeightedTurns implements Turns {
  readonly #flows = new Map<number, Flow>()
  #now = 0

  /** At least 1: nobody who may be served waits for ever. */
  setWeight(peer: number, weight: number): void {
    const flow = this.#flows.get(peer)
    if (flow !== undefined) flow.weight = Math.max(1, weight)
  }

  add(peer: number): void {
    this.#flows.set(peer, { weight: 1, tag: this.#now })
  }

  remove(peer: number): void {
    this.#flows.delete(peer)
  }

  /** Who was away has no claim on what was served meanwhile. */
  returns(peer: number): void {
    const flow = this.#flows.get(peer)
    if (flow !== undefined) flow.tag = Math.max(flow.tag, this.#now)
  }

  next(wanting: readonly number[]): number {
    let least = Number.POSITIVE_INFINITY
    let chosen = -1
    for (const peer of wanting) {
      const { tag } = this.#flows.get(peer) ?? { tag: least }
      if (tag >= least) continue
      least = tag
      chosen = peer
    }
    return chosen
  }

  served(peer: number, bytes: number): Btt {
    const flow = this.#flows.get(peer)
    if (flow !== undefined) {
      this.#now = flow.tag
      flow.tag += bytes / flow.weight
    }
    return zeroBtt
  }
}
