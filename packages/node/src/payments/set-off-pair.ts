/** Sets off what two accounts that sell to each other owe: the words of both sides in, one sum for both pairs out. */

import { type Btt, btt, type Logger, systemClock, zeroBtt } from '@millrace/base'
import {
  type Account,
  agreedSum,
  expectedSetOff,
  greetSetOff,
  hearSetOff,
  lastSetOff,
  openSetOff,
  refuseSetOff,
  type SetOffEffect,
  type SetOffNote,
  type SetOffState,
  type SetOffStep,
  stepSetOff,
} from '@millrace/voucher'
import type { BttSpeedMessage } from '@millrace/wire'
import type { BuyerPair } from './buyer-pair.ts'
import type { Channel } from './channel.ts'
import type { DeskBooks } from './desk-books.ts'
import type { SellerPair } from './seller-pair.ts'

export interface SetOffPairTerms {
  readonly account: Account
  readonly bootId: number
}

/** One side alone counts what earlier runs agreed on; a word of ours needs both. */
export interface Sides {
  readonly seller: SellerPair | undefined
  readonly buyer: BuyerPair | undefined
}

export class SetOffPair {
  readonly #books: DeskBooks
  readonly #logger: Logger
  readonly #terms: SetOffPairTerms
  #sides: Sides = { seller: undefined, buyer: undefined }
  readonly #startedAt: Btt
  /** Open connections, and whether our word was said on them. */
  readonly #channels = new Map<Channel, 'told' | 'untold'>()
  #state: SetOffState

  constructor(parts: { readonly books: DeskBooks; readonly logger: Logger }, terms: SetOffPairTerms) {
    this.#books = parts.books
    this.#logger = parts.logger
    this.#terms = terms
    const noted = parts.books.store.setOffWith(terms.account)
    this.#startedAt = agreedSum(noted)
    this.#state = openSetOff(noted)
  }

  /** The sides of a new connection. */
  join({ seller, buyer }: Sides): void {
    this.#sides = { seller: seller ?? this.#sides.seller, buyer: buyer ?? this.#sides.buyer }
    buyer?.waitFor(() => expectedSetOff(this.#state, systemClock.now()))
  }

  /** Set off in this run. */
  get sum(): bigint {
    return agreedSum(this.#state.noted) - this.#startedAt
  }

  open(channel: Channel): void {
    this.#channels.set(channel, 'untold')
    this.#state = greetSetOff(this.#state)
    if (this.#state.noted.own > 0n) this.#say(channel)
  }

  /** Before the pairs are told: what both sides said already counts against what is written off. */
  close(channel: Channel): void {
    this.#channels.delete(channel)
    if (this.#channels.size === 0) this.#step(lastSetOff(this.#state, systemClock.now()))
  }

  receive(channel: Channel, message: BttSpeedMessage): void {
    if (message.t === 'reject') {
      this.#state = refuseSetOff(this.#state)
      this.#logger.log('debug', 'no set-off', { account: this.#terms.account, code: message.code })
    }
    if (message.t !== 'setOff') return
    this.#state = hearSetOff(this.#state, message)
    // Also when it is 0: who lost its books tells the other by that.
    if (this.#channels.get(channel) === 'untold') this.#say(channel)
  }

  tick(): void {
    const { seller, buyer } = this.#sides
    if (this.#channels.size === 0) return
    const { owed, due } = buyer?.owedBy() ?? { owed: zeroBtt, due: zeroBtt }
    // The buyer's side counts as the peer does, which may have lost a part of S.
    const { lost } = this.#state.heard
    const billed = seller?.facts.billed ?? zeroBtt
    const facts = { nowMs: systemClock.now(), billed, owed: btt(owed + lost), due: btt(due + lost) }
    this.#step(stepSetOff(this.#state, facts))
  }

  #step({ state, effects }: SetOffStep): void {
    const before = this.#state.noted
    const [note] = effects
    // What the books do not have is neither said nor counted.
    if (note?.type === 'note' && !this.#books.note((store) => store.setOff(this.#terms.account, note.note))) return
    this.#state = state
    for (const effect of effects) this.#perform(effect, before)
  }

  #perform(effect: SetOffEffect, before: SetOffNote): void {
    const { seller, buyer } = this.#sides
    if (effect.type === 'say') {
      const [first] = this.#channels.keys()
      if (first !== undefined) this.#say(first)
    } else if (effect.type === 'count') {
      seller?.onSetOff(agreedSum(effect.note))
      buyer?.onSetOff(asPeerCounts(effect.note), effect.note.lost > before.lost)
    }
  }

  #say(channel: Channel): void {
    this.#channels.set(channel, 'told')
    channel.send({ t: 'setOff', bootId: this.#terms.bootId, sum: this.#state.noted.own })
  }
}

/** S without what the peer lost of it: what it counts as paid by us. */
export function asPeerCounts(note: SetOffNote): Btt {
  return btt(agreedSum(note) - note.lost)
}
