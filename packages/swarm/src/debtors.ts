/** The peers that owe us blocks, and how long they will take to send them. */

import { blockBytes } from '@millrace/base'
import type { AskedBlocks } from './asked-blocks.ts'
import { rateKnownMilliseconds, type Sender, speedOf } from './peer-speed.ts'

/** Debtors are looked up so often, and who could not help with what they owe does not look again before. */
export const searchAgainMs = 250

export interface Debtor {
  readonly id: number
  /** What it owes, in the order in which it will come. */
  readonly outstanding: AskedBlocks
  readonly bytesPerSecond: number
}

/** Those that owe blocks, the slowest to send all of theirs first; kept for a moment, since many peers may look. */
export class Debtors {
  #byId: ReadonlyMap<number, Debtor> = new Map()
  #until = Number.NEGATIVE_INFINITY

  at(now: number, peers: () => Iterable<Sender>): ReadonlyMap<number, Debtor> {
    if (now < this.#until) return this.#byId
    this.#until = now + searchAgainMs
    const debtors = [...peers()].flatMap((peer) => debtorOf(peer, now) ?? [])
    this.#byId = new Map(debtors.toSorted((a, b) => restMs(b) - restMs(a)).map((debtor) => [debtor.id, debtor]))
    return this.#byId
  }
}

/** Undefined for one that owes nothing, or has not had the time to send. */
export function debtorOf(sender: Sender, now: number): Debtor | undefined {
  const { id, outstanding, lastBlockAt } = sender
  if (outstanding.size === 0) return undefined
  const bytesPerSecond = speedOf(sender, now)
  if (bytesPerSecond === undefined && now - lastBlockAt < rateKnownMilliseconds) return undefined
  return { id, outstanding, bytesPerSecond: bytesPerSecond ?? 0 }
}

/** Until it has sent all that it owes. */
export function restMs({ outstanding, bytesPerSecond }: Debtor): number {
  return blocksMs(outstanding.size, bytesPerSecond)
}

/** Until a peer has sent so many blocks; Infinity for one that sends none. */
export function blocksMs(blocks: number, bytesPerSecond: number): number {
  return blocks === 0 ? 0 : (blocks * blockBytes * 1_000) / bytesPerSecond
}
