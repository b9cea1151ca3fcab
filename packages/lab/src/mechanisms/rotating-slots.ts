/**
 * A choker whose slots go round: in each round those unchoked last keep theirs but one, which goes to somebody drawn. So chose
 * the seeds of the papers' time (Legout et al., SIGMETRICS 2007, on BitTorrent 4); the client's own turns are longer.
 */

import type { Random } from '@millrace/base'
import type { Choker } from '../behaviour.ts'
import type { Neighbour } from '../neighbour.ts'
import type { OpenChoker } from './open-choker.ts'

const roundMs = 10_000

export interface RotatingTerms {
  readonly slots: number
  readonly random: Random
  /** Carries out what is decided. */
  readonly gate: OpenChoker
  /** Who may have one of these slots; all when absent. The others are left as they are. */
  readonly isMember?: (neighbour: Neighbour) => boolean
}

export class RotatingSlots implements Choker {
  readonly #terms: RotatingTerms
  #roundAt = Number.NEGATIVE_INFINITY

  constructor(terms: RotatingTerms) {
    this.#terms = terms
  }

  /** Between rounds a slot that nobody uses goes to who is interested. */
  fillFree(neighbours: readonly Neighbour[], nowMs: number): void {
    const { slots, random, gate } = this.#terms
    const wanting = this.#members(neighbours).filter(({ isInterested }) => isInterested)
    const waiting = wanting.filter(({ hasSlot }) => !hasSlot)
    let free = slots - (wanting.length - waiting.length)
    for (; free > 0 && waiting.length > 0; free--) {
      for (const it of waiting.splice(random.below(waiting.length), 1)) gate.turn(it, true, nowMs)
    }
  }

  tick(neighbours: readonly Neighbour[], _isSeeding: boolean, nowMs: number): void {
    if (nowMs - this.#roundAt >= roundMs) {
      this.#roundAt = nowMs
      this.#takeBack(this.#members(neighbours), nowMs)
    }
    this.fillFree(neighbours, nowMs)
  }

  lend(neighbour: Neighbour, nowMs: number): void {
    this.#terms.gate.turn(neighbour, true, nowMs)
  }

  #takeBack(members: readonly Neighbour[], nowMs: number): void {
    const { slots, gate } = this.#terms
    const holding = members.filter(({ hasSlot }) => hasSlot)
    const isWanted = members.some((it) => it.isInterested && !it.hasSlot)
    const newestFirst = holding
      .filter(({ isInterested }) => isInterested)
      .sort((a, b) => b.turnedAt - a.turnedAt || a.id - b.id)
    const kept = new Set(newestFirst.slice(0, isWanted ? slots - 1 : slots))
    for (const it of holding) if (!kept.has(it)) gate.turn(it, false, nowMs)
  }

  #members(neighbours: readonly Neighbour[]): readonly Neighbour[] {
    const { isMember } = this.#terms
    return isMember === undefined ? neighbours : neighbours.filter(isMember)
  }
}
