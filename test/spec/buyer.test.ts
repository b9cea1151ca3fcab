/** The buyer's session against the sequences of docs/spec, with a payer's real book and signatures. */

import { btt } from '@millrace/base'
import { billFault, payable, prepayment, spendAllowed } from '@millrace/market'
import {
  accountOfKey,
  type BuyerEffect,
  type BuyerEvent,
  domainSeparator,
  emptyPayerBook,
  issue,
  openBuyer,
  type SignedVoucher,
  signDigest,
  stepBuyer,
  voucherDigest,
  voucherMessage,
  withArrived,
  withMark,
} from '@millrace/voucher'
import type { BttSpeedMessage } from '@millrace/wire'
import { describe, expect, it } from 'vitest'
import {
  accountOfHex,
  bytesOf,
  type DomainVector,
  domainOf,
  ofWire,
  plain,
  readVectors,
  type WireMessage,
} from './vectors.ts'

type Arrival = { readonly event: 'received' | 'verified'; readonly bytes: number }
type Event =
  | { readonly event: 'bound' | 'closed'; readonly connection: number }
  | { readonly event: 'message'; readonly connection: number; readonly message: WireMessage }
  | { readonly event: 'want'; readonly connection: number; readonly w: string; readonly m: string }
  | Arrival
  | { readonly event: 'failed'; readonly bytes: number; readonly guilty: boolean }
  | { readonly event: 'block' | 'tick' }
type Step = Event & {
  readonly at: number
  readonly sends: readonly { connection: number; message: WireMessage }[]
}
interface Vectors {
  readonly domain: DomainVector
  readonly payerKey: string
  readonly payee: string
  readonly piece: number
  readonly allowance: string
  readonly budget: string
  readonly sequences: readonly { name: string; budget?: string; steps: readonly Step[] }[]
}

/** A buyer with its books, driven by hand. */
class Buyer {
  nowMs = 0
  sent: { connection: number; message: BttSpeedMessage }[] = []
  readonly #vectors: Vectors
  readonly #budget: ReturnType<typeof btt>
  #newest: SignedVoucher | undefined
  #book: ReturnType<typeof emptyPayerBook>
  #state: ReturnType<typeof openBuyer>

  constructor(vectors: Vectors, budget: string) {
    this.#vectors = vectors
    this.#budget = btt(BigInt(budget))
    const empty = emptyPayerBook(accountOfKey(bytesOf(vectors.payerKey)))
    this.#book = withMark(empty, { seq: 1_000n, totalIssued: this.#budget })
    const terms = {
      seller: accountOfHex(vectors.payee),
      policy: { prepayment, payable, billFault, spendAllowed },
      pieceBytes: vectors.piece,
      prepayMax: btt(BigInt(vectors.allowance)),
    }
    this.#state = openBuyer(terms, btt(0n), 0)
  }

  step(step: Event): void {
    this.sent = []
    if (isArrival(step)) {
      const arrived = { receivedBytes: 0, verifiedBytes: 0, [`${step.event}Bytes`]: step.bytes }
      this.#state = withArrived(this.#state, arrived)
      // What is due is paid at a tick.
      this.#run({ type: 'tick' })
    } else this.#run(eventOf(step))
  }

  #run(event: BuyerEvent): void {
    const budgetLeft = btt(this.#budget - this.#book.totalIssued)
    const { state, effects } = stepBuyer(this.#state, event, { nowMs: this.nowMs, budgetLeft })
    this.#state = state
    for (const effect of effects) this.#perform(effect)
  }

  #perform(effect: BuyerEffect): void {
    switch (effect.type) {
      case 'send':
        this.sent.push({ connection: effect.connection, message: plain(effect.message) })
        return
      case 'resend':
        if (this.#newest !== undefined) this.#deliver(effect.connection, this.#newest)
        return
      case 'adopt':
        return this.#run({ type: 'disowned', connection: effect.connection })
      case 'pay': {
        const payee = accountOfHex(this.#vectors.payee)
        const issued = issue(this.#book, payee, effect.amount, this.#budget)
        if (!issued.ok) throw new Error('the session pays more than the budget')
        this.#book = issued.value.book
        const { voucher } = issued.value
        const digest = voucherDigest(domainSeparator(domainOf(this.#vectors.domain)), voucher)
        this.#newest = { ...voucher, signature: signDigest(bytesOf(this.#vectors.payerKey), digest) }
        this.#deliver(effect.connection, this.#newest)
        this.#run({ type: 'paid', cumulative: voucher.cumulative })
      }
    }
  }

  #deliver(connection: number, voucher: SignedVoucher): void {
    const { signature, ...rest } = voucherMessage(voucher) as Extract<BttSpeedMessage, { t: 'voucher' }>
    this.sent.push({ connection, message: { ...rest, signature: Uint8Array.from(signature) } })
  }
}

function isArrival(step: Event): step is Arrival {
  return step.event === 'received' || step.event === 'verified'
}

function eventOf(step: Exclude<Event, Arrival>): BuyerEvent {
  switch (step.event) {
    case 'bound':
      return { type: 'opened', connection: step.connection }
    case 'message':
      return { type: 'message', connection: step.connection, message: ofWire(step.message) }
    case 'want': {
      const want = { spendRatePerSecond: btt(BigInt(step.w)), priceMaxPerMiB: btt(BigInt(step.m)) }
      return { type: 'want', connection: step.connection, want: step.w === '0' ? undefined : want }
    }
    case 'failed':
      return { type: 'failed', bytes: step.bytes, guilty: step.guilty }
    case 'closed':
      return { type: 'closed', connection: step.connection }
    default:
      return { type: step.event }
  }
}

describe('buyer-sequences.json', () => {
  const vectors = readVectors<Vectors>('buyer-sequences')
  it.each(vectors.sequences)('$name', ({ steps, budget }) => {
    const buyer = new Buyer(vectors, budget ?? vectors.budget)
    for (const [index, step] of steps.entries()) {
      buyer.nowMs = step.at
      buyer.step(step)
      const sends = step.sends.map(({ connection, message }) => ({ connection, message: ofWire(message) }))
      expect(buyer.sent, `step ${index} at ${step.at}`).toEqual(sends)
    }
  })
})
