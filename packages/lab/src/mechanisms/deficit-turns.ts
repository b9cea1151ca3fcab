/**
 * FairTorrent's rule (Sherman, Nieh and Stein, CoNEXT 2009): the next block goes to the peer that is owed most, which is the
 * one with the least sent to it less received from it. Who seeds receives nothing, so all have the same of it.
 */

import { type Btt, zeroBtt } from '@millrace/base'
import type { Turns } from './turns.ts'

interface Ledger {
  sentBytes: number
  /** The turn of its last block; 0 before the first. */
  lastTurn: number
}

/**
 * @example
 * const turns = new DeficitTurns((peer) => receivedFrom[peer])
 */
export class DeficitTurns implements Turns {
  readonly #receivedFrom: (peer: number) => number
  readonly #ledgers = new Map<number, Ledger>()
  #turn = 0

  /** @param receivedFrom all bytes that came from a peer since it was added */
  constructor(receivedFrom: (peer: number) => number) {
    this.#receivedFrom = receivedFrom
  }

  add(peer: number): void {
    this.#ledgers.set(peer, { sentBytes: 0, lastTurn: 0 })
  }

  remove(peer: number): void {
    this.#ledgers.delete(peer)
  }

  /** What is owed stays owed while somebody wants nothing. */
  returns(): void {}

  /** Among equals, who waits longest. */
  next(wanting: readonly number[]): number {
    let [chosen, least, oldest] = [-1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
    for (const peer of wanting) {
      const ledger = this.#ledgers.get(peer)
      if (ledger === undefined) continue
      const balance = ledger.sentBytes - this.#receivedFrom(peer)
      if (balance > least || (balance === least && ledger.lastTurn >= oldest)) continue
      ;[chosen, least, oldest] = [peer, balance, ledger.lastTurn]
    }
    return chosen
  }

  served(peer: number, bytes: number): Btt {
    const ledger = this.#ledgers.get(peer)
    if (ledger !== undefined) {
      ledger.sentBytes += bytes
      ledger.lastTurn = ++this.#turn
    }
    return zeroBtt
  }
}
