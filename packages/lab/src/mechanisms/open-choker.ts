/** A choker without slots: whoever is interested may ask, and the turns of the uplink decide. */

import type { Choker, ChokerEvents } from '../behaviour.ts'
import type { Neighbour } from '../neighbour.ts'

export class OpenChoker implements Choker {
  readonly #events: ChokerEvents
  readonly #mayAsk: (neighbour: Neighbour) => boolean

  /** @param mayAsk who is unchoked while interested; asked at each tick */
  constructor(events: ChokerEvents, mayAsk: (neighbour: Neighbour) => boolean) {
    this.#events = events
    this.#mayAsk = mayAsk
  }

  fillFree(neighbours: readonly Neighbour[], nowMs: number): void {
    for (const it of neighbours) this.turn(it, it.isInterested && this.#mayAsk(it), nowMs)
  }

  tick(neighbours: readonly Neighbour[], _isSeeding: boolean, nowMs: number): void {
    this.fillFree(neighbours, nowMs)
  }

  /** Nobody waits for a slot. */
  lend(): void {}

  /** Unchokes or chokes it and says so. */
  turn(neighbour: Neighbour, isServed: boolean, nowMs: number): void {
    if (neighbour.hasSlot === isServed) return
    neighbour.hasSlot = isServed
    neighbour.turnedAt = nowMs
    this.#events.onSlot(neighbour, isServed)
    neighbour.weChoke = !isServed
    neighbour.send({ type: isServed ? 'unchoke' : 'choke' })
    if (!isServed) this.#events.onChoke(neighbour)
  }
}
