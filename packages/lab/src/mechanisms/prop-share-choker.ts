/** Rounds of PropShare: who gave in the last round is unchoked with its share, and a stranger or some. Seeds as the client. */

import type { Random } from '@millrace/base'
import { Slots } from '@millrace/swarm'
import type { AgentView, Choker, ChokerEvents } from '../behaviour.ts'
import type { Neighbour } from '../neighbour.ts'
import { OpenChoker } from './open-choker.ts'
import { propShares } from './prop-shares.ts'
import type { WeightedTurns } from './weighted-turns.ts'

/** As long as BitTorrent's rounds and optimistic slots. */
const roundMs = 10_000
const strangerMs = 30_000
/** Shares as weights: large against the least weight of a turn. */
const weightOfAll = 1e6

export class PropShareChoker implements Choker {
  readonly #slots: number
  readonly #random: Random
  readonly #turns: WeightedTurns
  readonly #gate: OpenChoker
  readonly #asSeed: Slots<Neighbour>
  readonly #receivedBefore = new Map<Neighbour, number>()
  #roundAt = Number.NEGATIVE_INFINITY
  #stranger: Neighbour | undefined
  #strangerSince = Number.NEGATIVE_INFINITY
  #isSeeding = false

  constructor(
    { unchokeSlots, random }: Pick<AgentView, 'unchokeSlots' | 'random'>,
    events: ChokerEvents,
    turns: WeightedTurns,
  ) {
    this.#slots = unchokeSlots
    this.#random = random
    this.#turns = turns
    this.#gate = new OpenChoker(events, () => true)
    this.#asSeed = new Slots(unchokeSlots, random, events)
  }

  /** Between rounds: who comes is tried at once while there are fewer than there would be slots. */
  fillFree(neighbours: readonly Neighbour[], nowMs: number): void {
    if (this.#isSeeding) return this.#asSeed.fillFree(neighbours, nowMs)
    let served = neighbours.filter((it) => it.hasSlot && it.isInterested).length
    for (const it of neighbours) {
      if (served >= this.#slots) return
      if (it.hasSlot || !it.isInterested) continue
      this.#turns.setWeight(it.id, weightOfAll / this.#slots)
      this.#gate.turn(it, true, nowMs)
      served++
    }
  }

  tick(neighbours: readonly Neighbour[], isSeeding: boolean, nowMs: number): void {
    if (isSeeding) return this.#tickAsSeed(neighbours, nowMs)
    if (nowMs - this.#roundAt < roundMs) return this.fillFree(neighbours, nowMs)
    this.#roundAt = nowMs
    const given: [number, number][] = []
    const strangers: Neighbour[] = []
    for (const it of neighbours) {
      const bytes = it.download.total - (this.#receivedBefore.get(it) ?? 0)
      this.#receivedBefore.set(it, it.download.total)
      if (!it.isInterested) continue
      if (bytes > 0) given.push([it.id, bytes])
      else strangers.push(it)
    }
    const shares = propShares(given, this.#explore(strangers, given.length === 0, nowMs))
    for (const it of neighbours) {
      const share = shares.get(it.id)
      if (share !== undefined) this.#turns.setWeight(it.id, share * weightOfAll)
      this.#gate.turn(it, share !== undefined, nowMs)
    }
  }

  lend(neighbour: Neighbour, nowMs: number): void {
    if (this.#isSeeding) return this.#asSeed.lend(neighbour, nowMs)
    this.#turns.setWeight(neighbour.id, 1)
    this.#gate.turn(neighbour, true, nowMs)
  }

  #tickAsSeed(neighbours: readonly Neighbour[], nowMs: number): void {
    this.#isSeeding = true
    for (const it of neighbours) this.#turns.setWeight(it.id, 1)
    this.#asSeed.tick(neighbours, true, nowMs)
  }

  /** One stranger, for as long as an optimistic slot lasts; as many as slots while nobody gave anything. */
  #explore(strangers: readonly Neighbour[], isAll: boolean, nowMs: number): readonly number[] {
    const left = [...strangers]
    const chosen: Neighbour[] = []
    const isOver = nowMs - this.#strangerSince >= strangerMs
    const kept = isOver || this.#stranger === undefined ? -1 : left.indexOf(this.#stranger)
    if (kept >= 0) chosen.push(...left.splice(kept, 1))
    const wanted = isAll ? this.#slots : 1
    while (chosen.length < wanted && left.length > 0) chosen.push(...left.splice(this.#random.below(left.length), 1))
    const [first] = chosen
    if (first !== this.#stranger || isOver) this.#strangerSince = nowMs
    this.#stranger = first
    return chosen.map(({ id }) => id)
  }
}
