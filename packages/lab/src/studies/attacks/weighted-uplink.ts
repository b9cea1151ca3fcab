/** A limited uplink that sells nothing and serves its peers in proportion to weights: stands in for the upload market. */

import { btt, zeroBtt } from '@millrace/base'
import type { AccountView, EpochReport, PeerView } from '@millrace/market'
import type { Scheduler } from '../../scheduler.ts'

/** A block may leave this long before the pace has room for it. */
const burstMs = 50

interface Flow {
  weight: number
  /** Bytes over weight: who has least is next. */
  tag: number
  isUnchoked: boolean
  isInterested: boolean
  backlog: number
}

export class WeightedUplink implements Scheduler {
  readonly capacity: number
  readonly pricePerMiB = btt(1n)
  readonly #flows = new Map<number, Flow>()
  #openAtMs = 0
  #now = 0

  constructor(bytesPerSecond: number) {
    this.capacity = bytesPerSecond
  }

  setWeight(peer: number, weight: number): void {
    const flow = this.#flows.get(peer)
    if (flow !== undefined) flow.weight = Math.max(1, weight)
  }

  addPeer(peer: number): void {
    this.#flows.set(peer, { weight: 1, tag: this.#now, isUnchoked: false, isInterested: false, backlog: 0 })
  }

  removePeer(peer: number): void {
    this.#flows.delete(peer)
  }

  setUnchoked(peer: number, isUnchoked: boolean): void {
    this.#change(peer, { isUnchoked })
  }

  setInterested(peer: number, isInterested: boolean): void {
    this.#change(peer, { isInterested })
  }

  setBacklog(peer: number, backlog: number): void {
    this.#change(peer, { backlog })
  }

  choose(nowMs: number): number {
    if (nowMs < this.#openAtMs) return -1
    let least = Number.POSITIVE_INFINITY
    let chosen = -1
    for (const [peer, { isUnchoked, backlog, tag }] of this.#flows) {
      if (!isUnchoked || backlog === 0 || tag >= least) continue
      least = tag
      chosen = peer
    }
    return chosen
  }

  served(peer: number, bytes: number, nowMs: number): typeof zeroBtt {
    const flow = this.#flows.get(peer)
    if (flow !== undefined) {
      this.#now = flow.tag
      flow.tag += bytes / flow.weight
    }
    this.#openAtMs = Math.max(this.#openAtMs, nowMs - burstMs) + (bytes * 1_000) / this.capacity
    return zeroBtt
  }

  retryAtMs(nowMs: number): number {
    for (const { isUnchoked, backlog } of this.#flows.values()) {
      if (isUnchoked && backlog > 0) return Math.max(nowMs, this.#openAtMs)
    }
    return Number.POSITIVE_INFINITY
  }

  starvedPeer(): number {
    const flows = [...this.#flows]
    if (flows.some(([, { isUnchoked, backlog }]) => isUnchoked && backlog > 0)) return -1
    return flows.find(([, { isInterested, isUnchoked }]) => isInterested && !isUnchoked)?.[0] ?? -1
  }

  isEntitled(): boolean {
    return false
  }

  epoch(): EpochReport {
    return { pricePerMiB: this.pricePerMiB, capacity: this.capacity, sentRate: 0, peers: [] }
  }

  statementsDue(): string[] {
    return []
  }

  setStalled(): void {}

  /** Nothing is sold, so nobody has an account here. */
  bindAccount(): void {}
  setPaid(): void {}
  setBid(): void {}
  noteQuote(): void {}
  noteStatement(): void {}
  dropAccount(): void {}

  writeOff(): typeof zeroBtt {
    return zeroBtt
  }

  account(): AccountView {
    throw new Error('an uplink that sells nothing has no accounts')
  }

  peerView(): PeerView {
    throw new Error('an uplink that sells nothing has no view of its peers')
  }

  #change(peer: number, change: Partial<Flow>): void {
    const flow = this.#flows.get(peer)
    if (flow === undefined) return
    const wasServed = flow.isUnchoked && flow.backlog > 0
    Object.assign(flow, change)
    // Who was away has no claim on what was served meanwhile.
    if (!wasServed && flow.isUnchoked && flow.backlog > 0) flow.tag = Math.max(flow.tag, this.#now)
  }
}
