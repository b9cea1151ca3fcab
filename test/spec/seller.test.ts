/** The seller's session against the vectors of docs/spec: single vouchers, and sequences of events. */

import { btt } from '@millrace/base'
import { quoteDue, statementDue } from '@millrace/market'
import {
  type BillingFacts,
  domainSeparator,
  openSeller,
  recoverAddress,
  type SellerEffect,
  type SellerEvent,
  type SignedVoucher,
  stepSeller,
} from '@millrace/voucher'
import { describe, expect, it } from 'vitest'
import {
  accountOfHex,
  backingOf,
  type DomainVector,
  domainOf,
  ofWire,
  plain,
  readVectors,
  type VaultVector,
  type WireMessage,
} from './vectors.ts'

interface Vouchers {
  readonly domain: DomainVector
  readonly payer: string
  readonly payee: string
  readonly vouchers: readonly {
    name: string
    newest: { u: string; n: string } | null
    vault: VaultVector | null
    voucher: WireMessage
    answer: 'accepted' | WireMessage
  }[]
}
type Event =
  | { readonly event: 'bound' | 'closed'; readonly connection: number }
  | { readonly event: 'price'; readonly connection: number; readonly ask: string; readonly price: string }
  | { readonly event: 'message'; readonly connection: number; readonly message: WireMessage }
  | { readonly event: 'billed'; readonly bytes: number; readonly amount: string; readonly credit: string }
  | { readonly event: 'block' | 'tick' | 'leaving' }
type Step = Event & {
  readonly at: number
  readonly sends: readonly { connection: number; message: WireMessage }[]
  readonly vault?: VaultVector
  readonly inForce?: readonly string[]
  readonly accepted?: string
  readonly disputed?: boolean
}
interface Sequences {
  readonly domain: DomainVector
  readonly payer: string
  readonly payee: string
  readonly vault: VaultVector
  readonly sequences: readonly { name: string; steps: readonly Step[] }[]
}

/** A seller with its books, driven by hand. */
class Seller {
  nowMs = 0
  vault: VaultVector | null = null
  newest: SignedVoucher | undefined
  /** All effects of the newest event. */
  effects: SellerEffect[] = []
  #state: ReturnType<typeof openSeller>

  constructor(
    { domain, payer, payee }: { domain: DomainVector; payer: string; payee: string },
    newest?: SignedVoucher,
  ) {
    const own = domainOf(domain)
    const separators = [own, { ...own, chainId: 1_029n }].map(domainSeparator)
    const parties = { payer: accountOfHex(payer), payee: accountOfHex(payee) }
    const terms = { ...parties, separators, bootId: 1, quoteSeconds: 600, policy: { quoteDue, statementDue } }
    const facts: BillingFacts = { billed: btt(0n), billedBytes: 0, credit: btt(0n) }
    this.newest = newest
    this.#state = openSeller(terms, newest?.cumulative ?? btt(0n), facts)
  }

  step(event: SellerEvent): void {
    this.effects = []
    this.#run(event)
  }

  sent(): { connection: number; message: ReturnType<typeof ofWire> }[] {
    return this.effects.flatMap((effect) =>
      effect.type === 'send' ? [{ connection: effect.connection, message: plain(effect.message) }] : [],
    )
  }

  get inForce(): string[] {
    return [...this.#state.connections.values()].map(({ bid }) => String(bid?.spendRatePerSecond ?? 0n))
  }

  #run(event: SellerEvent): void {
    const backing = this.vault === null ? undefined : backingOf(this.vault)
    const { state, effects } = stepSeller(this.#state, event, { nowMs: this.nowMs, newest: this.newest, backing })
    this.#state = state
    for (const effect of effects) {
      this.effects.push(effect)
      if (effect.type === 'accepted') this.newest = effect.voucher
      if (effect.type !== 'recover') continue
      this.#run({ type: 'recovered', signer: recoverAddress(effect.digest, effect.signature) })
    }
  }
}

function eventOf(step: Event): SellerEvent {
  switch (step.event) {
    case 'bound':
      return { type: 'opened', connection: step.connection }
    case 'closed':
      return { type: 'closed', connection: step.connection }
    case 'price': {
      const [askPerMiB, pricePerMiB] = [btt(BigInt(step.ask)), btt(BigInt(step.price))]
      return { type: 'price', connection: step.connection, askPerMiB, pricePerMiB }
    }
    case 'message':
      return { type: 'message', connection: step.connection, message: ofWire(step.message) }
    case 'billed': {
      const [billed, credit] = [btt(BigInt(step.amount)), btt(BigInt(step.credit))]
      return { type: 'billed', facts: { billed, billedBytes: step.bytes, credit } }
    }
    default:
      return { type: step.event }
  }
}

describe('vouchers.json', () => {
  const vectors = readVectors<Vouchers>('vouchers')
  it.each(vectors.vouchers)('$name', ({ newest, vault, voucher, answer }) => {
    const message = ofWire(voucher)
    if (message.t !== 'voucher') throw new Error('no voucher')
    const { payer, payee } = vectors
    const parties = { payer: accountOfHex(payer), payee: accountOfHex(payee), signature: message.signature }
    const sums = newest && {
      cumulative: btt(BigInt(newest.u)),
      seq: BigInt(newest.n),
      totalIssued: btt(BigInt(newest.u)),
    }
    const seller = new Seller(vectors, sums === null ? undefined : { ...parties, ...sums })
    seller.vault = vault
    seller.step({ type: 'opened', connection: 0 })
    seller.step({ type: 'message', connection: 0, message })
    const rejects = seller.sent().map((sent) => sent.message)
    expect(rejects).toEqual(answer === 'accepted' ? [] : [ofWire(answer)])
    const cumulative = answer === 'accepted' ? message.cumulative : sums?.cumulative
    expect(seller.newest?.cumulative).toBe(cumulative)
  })
})

describe('seller-sequences.json', () => {
  const vectors = readVectors<Sequences>('seller-sequences')
  it.each(vectors.sequences)('$name', ({ steps }) => {
    const seller = new Seller(vectors)
    seller.vault = vectors.vault
    for (const [index, step] of steps.entries()) {
      const place = `step ${index} at ${step.at}`
      seller.nowMs = step.at
      seller.vault = step.vault ?? seller.vault
      seller.step(eventOf(step))
      const sends = step.sends.map(({ connection, message }) => ({ connection, message: ofWire(message) }))
      expect(seller.sent(), place).toEqual(sends)
      if (step.inForce !== undefined) expect(seller.inForce, place).toEqual(step.inForce)
      if (step.accepted !== undefined) expect(String(seller.newest?.cumulative ?? 0n), place).toBe(step.accepted)
      const isDisputed = seller.effects.some(({ type }) => type === 'disputed')
      expect(isDisputed, place).toBe(step.disputed ?? false)
    }
  })
})
