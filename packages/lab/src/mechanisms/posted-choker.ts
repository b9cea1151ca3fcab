/** Slots under a posted price: so many for who can pay, and as many for who cannot where a free share is kept. */

import type { AgentView, Choker, ChokerEvents } from '../behaviour.ts'
import type { Neighbour } from '../neighbour.ts'
import { OpenChoker } from './open-choker.ts'
import { RotatingSlots } from './rotating-slots.ts'

export class PostedChoker implements Choker {
  readonly #canPay: (neighbour: Neighbour) => boolean
  readonly #gate: OpenChoker
  readonly #paid: RotatingSlots
  readonly #free: RotatingSlots | undefined

  constructor(
    { unchokeSlots: slots, random }: AgentView,
    events: ChokerEvents,
    terms: { readonly keepsFreeShare: boolean; canPay(neighbour: Neighbour): boolean },
  ) {
    this.#canPay = (neighbour) => terms.canPay(neighbour)
    this.#gate = new OpenChoker(events, () => true)
    const parts = { slots, random, gate: this.#gate }
    this.#paid = new RotatingSlots({ ...parts, isMember: this.#canPay })
    this.#free = terms.keepsFreeShare
      ? new RotatingSlots({ ...parts, isMember: (neighbour) => !this.#canPay(neighbour) })
      : undefined
  }

  fillFree(neighbours: readonly Neighbour[], nowMs: number): void {
    this.#paid.fillFree(neighbours, nowMs)
    this.#free?.fillFree(neighbours, nowMs)
  }

  /** Whose money is gone loses its slot at once. */
  tick(neighbours: readonly Neighbour[], isSeeding: boolean, nowMs: number): void {
    if (this.#free === undefined) for (const it of neighbours) if (!this.#canPay(it)) this.#gate.turn(it, false, nowMs)
    this.#paid.tick(neighbours, isSeeding, nowMs)
    this.#free?.tick(neighbours, isSeeding, nowMs)
  }

  lend(neighbour: Neighbour, nowMs: number): void {
    if (this.#free !== undefined || this.#canPay(neighbour)) this.#gate.turn(neighbour, true, nowMs)
  }
}
