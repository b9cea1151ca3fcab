/** A limited uplink whose blocks go where a mechanism says: stands in for the upload market. Nobody has an account here. */

import { type Btt, btt, zeroBtt } from '@millrace/base'
import type { AccountView, EpochReport, PeerView } from '@millrace/market'
import type { Scheduler } from '../scheduler.ts'
import type { Turns } from './turns.ts'

/** A block may leave this long before the pace has room for it. */
const burstMs = 50

interface Want {
  isUnchoked: boolean
  isInterested: boolean
  backlog: number
}

/**
 * @example
 * new PolicyUplink(agent.capacityBytesPerSecond, new WeightedTurns())
 */
export class PolicyUplink implements Scheduler {
  readonly capacity: number
  readonly pricePerMiB = btt(1n)
  readonly #turns: Turns
  readonly #wants = new Map<number, Want>()
  #openAtMs = 0

  constructor(bytesPerSecond: number, turns: Turns) {
    this.capacity = bytesPerSecond
    this.#turns = turns
  }

  addPeer(peer: number): void {
    this.#wants.set(peer, { isUnchoked: false, isInterested: false, backlog: 0 })
    this.#turns.add(peer)
  }

  removePeer(peer: number): void {
    this.#wants.delete(peer)
    this.#turns.remove(peer)
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
    return nowMs < this.#openAtMs ? -1 : this.#turns.next(this.#wanting())
  }

  served(peer: number, bytes: number, nowMs: number): Btt {
    this.#openAtMs = Math.max(this.#openAtMs, nowMs - burstMs) + (bytes * 1_000) / this.capacity
    return this.#turns.served(peer, bytes)
  }

  retryAtMs(nowMs: number): number {
    return this.#turns.next(this.#wanting()) === -1 ? Number.POSITIVE_INFINITY : Math.max(nowMs, this.#openAtMs)
  }

  starvedPeer(): number {
    if (this.#wanting().length > 0) return -1
    for (const [peer, { isInterested, isUnchoked }] of this.#wants) if (isInterested && !isUnchoked) return peer
    return -1
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

  /** Money of the market is not taken here. */
  bindAccount(): void {}
  setPaid(): void {}
  setBid(): void {}
  noteQuote(): void {}
  noteStatement(): void {}
  dropAccount(): void {}

  writeOff(): Btt {
    return zeroBtt
  }

  account(): AccountView {
    throw new Error('an uplink without a market has no accounts')
  }

  peerView(): PeerView {
    throw new Error('an uplink without a market has no view of its peers')
  }

  #wanting(): number[] {
    const wanting: number[] = []
    for (const [peer, want] of this.#wants) if (isReady(want)) wanting.push(peer)
    return wanting
  }

  #change(peer: number, change: Partial<Want>): void {
    const want = this.#wants.get(peer)
    if (want === undefined) return
    const wasReady = isReady(want)
    Object.assign(want, change)
    if (!wasReady && isReady(want)) this.#turns.returns(peer)
  }
}

function isReady({ isUnchoked, backlog }: Want): boolean {
  return isUnchoked && backlog > 0
}
