/** Two sides that sell to each other over a line with a delay, in steps of a settlement tick. */

import { blockBytes } from '@millrace/base'
import type { BttSpeedMessage } from '@millrace/wire'
import { nothingSetOff } from '../src/set-off.ts'
import { type Kept, MutualSide } from './mutual-side.ts'
import { payee, payer } from './pair.ts'

const tickMs = 20
const nothingKept: Kept = {
  bootId: 1,
  setOff: nothingSetOff,
  billed: 0n,
  billedBytes: 0,
  newest: undefined,
  issued: undefined,
}

export interface MutualPlan {
  /** Blocks a second that each side's line carries. */
  readonly rates: readonly [number, number]
  readonly delayMs?: number
  readonly prepayMax?: bigint
  /** This side knows no set-off: it refuses each word. */
  readonly isOld?: 0 | 1
}

export class MutualTrade {
  nowMs = 0
  sides: readonly [MutualSide, MutualSide]
  /** Blocks that each side served. */
  readonly served: [number, number] = [0, 0]
  rates: readonly [number, number]
  readonly #plan: MutualPlan
  readonly #credit: [number, number] = [0, 0]
  #wire: { readonly atMs: number; readonly to: 0 | 1; readonly what: BttSpeedMessage | 'block' }[] = []

  constructor(plan: MutualPlan) {
    this.#plan = plan
    this.rates = plan.rates
    this.sides = [this.#side(0, nothingKept), this.#side(1, nothingKept)]
    for (const side of this.sides) side.open()
  }

  run(milliseconds: number): void {
    for (const end = this.nowMs + milliseconds; this.nowMs < end; this.nowMs += tickMs) this.#tick()
  }

  /** One side ends without a word and comes back with what `kept` says. */
  restart(index: 0 | 1, kept: Kept): void {
    const other = this.sides[1 - index]
    this.#wire = []
    const again = this.#side(index, { ...kept, bootId: this.sides[index].bootId + 1 })
    other?.close()
    this.sides = index === 0 ? [again, this.sides[1]] : [this.sides[0], again]
    for (const side of this.sides) side.open()
  }

  #side(index: 0 | 1, kept: Kept): MutualSide {
    const options = { nowMs: this.nowMs, prepayMax: this.#plan.prepayMax ?? 10n ** 12n }
    return index === 0 ? new MutualSide(payer, payee, kept, options) : new MutualSide(payee, payer, kept, options)
  }

  #tick(): void {
    const due = this.#wire.filter(({ atMs }) => atMs <= this.nowMs)
    this.#wire = this.#wire.filter(({ atMs }) => atMs > this.nowMs)
    for (const { to, what } of due) {
      if (what === 'block') this.sides[to].get(blockBytes)
      else if (what.t === 'setOff' && to === this.#plan.isOld) {
        this.#send(to, { t: 'reject', refused: 6, code: 1, words: 'malformed' })
      } else this.sides[to].receive(what)
    }
    for (const from of [0, 1] as const) {
      // What was said before a block leaves before it: one stream carries both.
      this.#say(from)
      this.#serve(from)
      this.sides[from].pass(tickMs)
      this.#say(from)
    }
  }

  #say(from: 0 | 1): void {
    for (const message of this.sides[from].take()) {
      if (message.t !== 'setOff' || from !== this.#plan.isOld) this.#send(from, message)
    }
  }

  #serve(from: 0 | 1): void {
    this.#credit[from] = Math.min(this.#credit[from] + (this.rates[from] * tickMs) / 1000, this.rates[from])
    while (this.#credit[from] >= 1 && this.sides[from].serve()) {
      this.#credit[from]--
      this.served[from]++
      this.#send(from, 'block')
    }
  }

  #send(from: 0 | 1, what: BttSpeedMessage | 'block'): void {
    this.#wire.push({ atMs: this.nowMs + (this.#plan.delayMs ?? 20), to: from === 0 ? 1 : 0, what })
  }
}
