/**
 * BitTyrant's choker (Piatek et al., NSDI 2007): for each peer it guesses what it takes to be unchoked (u) and what that
 * brings (d), serves the best d/u until its line is full, and sends each just u. A peer that answered three rounds long is
 * sent less, one that does not answer more.
 */

import type { BehaviourMaker, Choker, ChokerEvents } from '../../behaviour.ts'
import { PolicyUplink } from '../../mechanisms/policy-uplink.ts'
import { WeightedTurns } from '../../mechanisms/weighted-turns.ts'
import type { Neighbour } from '../../neighbour.ts'

const roundMs = 10_000
const raise = 1.2
const lower = 0.9
const answeredRounds = 3
/** It begins with less than an equal split: it is on a line faster than most. */
const firstPart = 0.25

interface Guess {
  u: number
  d: number
  answered: number
}

export const tyrant: BehaviourMaker = () => {
  const turns = new WeightedTurns()
  return {
    kind: 'tyrant',
    scheduler: (agent) => new PolicyUplink(agent.capacityBytesPerSecond, turns),
    choker: (agent, events) =>
      new TyrantChoker(agent.capacityBytesPerSecond, agent.unchokeSlots, events, (id, weight) =>
        turns.setWeight(id, weight),
      ),
  }
}

class TyrantChoker implements Choker {
  readonly #capacity: number
  readonly #slots: number
  readonly #events: ChokerEvents
  readonly #weigh: (id: number, weight: number) => void
  readonly #guesses = new Map<number, Guess>()
  #roundAt = Number.NEGATIVE_INFINITY

  constructor(capacity: number, slots: number, events: ChokerEvents, weigh: (id: number, weight: number) => void) {
    this.#capacity = capacity
    this.#slots = slots
    this.#events = events
    this.#weigh = weigh
  }

  /** Between rounds: who is interested is served while the line has room. */
  fillFree(neighbours: readonly Neighbour[], nowMs: number): void {
    let used = 0
    for (const it of neighbours) if (it.hasSlot && it.isInterested) used += this.#guess(it).u
    for (const it of neighbours) {
      if (it.hasSlot || !it.isInterested || used >= this.#capacity) continue
      used += this.#guess(it).u
      this.#slot(it, true, nowMs)
    }
    for (const it of neighbours) this.#apply(it)
  }

  tick(neighbours: readonly Neighbour[], isSeeding: boolean, nowMs: number): void {
    if (nowMs - this.#roundAt < roundMs) return this.fillFree(neighbours, nowMs)
    this.#roundAt = nowMs
    const wanting = neighbours.filter(({ isInterested }) => isInterested)
    for (const it of wanting) this.#learn(it, nowMs)
    const value = (it: Neighbour): number => (isSeeding ? 1 / it.upload.total : this.#guess(it).d / this.#guess(it).u)
    const chosen = new Set<Neighbour>()
    let used = 0
    for (const it of wanting.sort((a, b) => value(b) - value(a) || a.id - b.id)) {
      if (used >= this.#capacity) break
      used += this.#guess(it).u
      chosen.add(it)
    }
    for (const it of neighbours) this.#slot(it, chosen.has(it), nowMs)
    for (const it of neighbours) this.#apply(it)
  }

  lend(neighbour: Neighbour, nowMs: number): void {
    this.#slot(neighbour, true, nowMs)
    this.#apply(neighbour)
  }

  #learn(neighbour: Neighbour, nowMs: number): void {
    const guess = this.#guess(neighbour)
    if (!neighbour.chokesUs) {
      guess.d = neighbour.download.bytesPerSecond(nowMs)
      guess.answered++
      if (guess.answered >= answeredRounds) guess.u *= lower
    } else {
      guess.answered = 0
      if (neighbour.hasSlot) guess.u *= raise
    }
    this.#weigh(neighbour.id, guess.u)
  }

  /** Until more is known: that a part of an equal split is enough, and brings as much. */
  #guess({ id }: Neighbour): Guess {
    const known = this.#guesses.get(id)
    if (known !== undefined) return known
    const equal = (firstPart * this.#capacity) / this.#slots
    const fresh = { u: equal, d: equal, answered: 0 }
    this.#guesses.set(id, fresh)
    this.#weigh(id, equal)
    return fresh
  }

  #slot(neighbour: Neighbour, hasSlot: boolean, nowMs: number): void {
    if (neighbour.hasSlot === hasSlot) return
    neighbour.hasSlot = hasSlot
    neighbour.turnedAt = nowMs
    this.#events.onSlot(neighbour, hasSlot)
  }

  #apply(neighbour: Neighbour): void {
    if (neighbour.hasSlot !== neighbour.weChoke) return
    neighbour.weChoke = !neighbour.hasSlot
    neighbour.send({ type: neighbour.hasSlot ? 'unchoke' : 'choke' })
    if (!neighbour.hasSlot) this.#events.onChoke(neighbour)
  }
}
