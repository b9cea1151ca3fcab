/** A buyer and a seller with the client's own upload market between them, and a line each way that delivers late but in order. */

import { type Btt, blockBytes, btt } from '@millrace/base'
import { billFault, payable, prepayment, quoteDue, spendAllowed, UploadMarket } from '@millrace/market'
import type { BttSpeedMessage } from '@millrace/wire'
import { statementDue } from '../../market/src/statement.ts'
import { type BuyerEvent, type BuyerState, openBuyer, stepBuyer, withArrived } from '../src/buyer-session.ts'
import { openSeller, type SellerEvent, type SellerState, stepSeller } from '../src/seller-session.ts'
import { signDigest } from '../src/signature.ts'
import { type SignedVoucher, type Voucher, voucherDigest, voucherMessage } from '../src/typed-data.ts'
import { buyerKey, payee, payer, separator } from './pair.ts'

const uploadBytesPerSecond = 1 << 20
const askPerMiB = btt(5_000n)
const stepMs = 20
/** The market's peer, and the connection on both sides. */
const peer = 0

type Cargo = BttSpeedMessage | { readonly block: number }
interface Line {
  delayMs: number
  readonly cargo: { readonly atMs: number; readonly what: Cargo }[]
}

export class DelayedPair {
  nowMs = 0
  buyer: BuyerState
  readonly wire: BttSpeedMessage[] = []
  readonly market = new UploadMarket({
    capacity: { kind: 'limited', bytesPerSecond: uploadBytesPerSecond },
    askPerMiB,
    wakePpm: 0,
    sleepPpm: 0,
  })
  #seller: SellerState
  #newest: SignedVoucher | undefined
  #accepted: SignedVoucher | undefined
  readonly #toSeller: Line = { delayMs: 10, cargo: [] }
  readonly #toBuyer: Line = { delayMs: 10, cargo: [] }

  constructor() {
    const policy = { prepayment, payable, billFault, spendAllowed }
    const terms = { seller: payee, policy, pieceBytes: 1 << 18, prepayMax: btt(10n ** 6n) }
    this.buyer = openBuyer(terms, btt(0n), 0)
    const own = { payee, payer, separators: [separator], bootId: 1, quoteSeconds: 600 }
    const facts = { billedBytes: 0, billed: btt(0n), credit: btt(0n) }
    this.#seller = openSeller({ ...own, policy: { quoteDue, statementDue } }, btt(0n), facts)
    this.market.addPeer(peer, 'a', 0)
    this.market.bindAccount(peer, payer, 1 << 18, 0)
    this.market.setAccount(payer, { paid: btt(0n), billed: btt(0n) }, 0)
    this.market.setInterested(peer, true)
    this.market.setUnchoked(peer, true, 0)
    this.market.setBacklog(peer, blockBytes, 0)
    this.#stepSeller({ type: 'opened', connection: peer })
    this.#stepBuyer({ type: 'opened', connection: peer })
    this.#quote()
  }

  get billed(): Btt {
    return this.market.account(payer).billed
  }

  /** What the seller is asked to do, or how much time passes. */
  take(action: {
    readonly want?: bigint
    readonly price?: bigint
    readonly delayToSeller?: number
    readonly delayToBuyer?: number
    readonly pass?: number
  }): void {
    const { want, price, pass = 0 } = action
    if (action.delayToSeller !== undefined) this.#toSeller.delayMs = action.delayToSeller
    if (action.delayToBuyer !== undefined) this.#toBuyer.delayMs = action.delayToBuyer
    if (price !== undefined) {
      this.market.setAsk(btt(price), this.nowMs)
      this.#quote()
    }
    if (want !== undefined) {
      const wanted = { spendRatePerSecond: btt(want), priceMaxPerMiB: btt(7_000n) }
      this.#stepBuyer({ type: 'want', connection: peer, want: want === 0n ? undefined : wanted })
    }
    for (const endMs = this.nowMs + pass; this.nowMs < endMs; ) this.#pass()
  }

  #pass(): void {
    this.nowMs += stepMs
    if (this.nowMs % 1_000 === 0) {
      this.market.epoch(this.nowMs)
      this.#quote()
    }
    while (this.market.choose(this.nowMs) === peer) {
      this.market.served(peer, blockBytes, this.nowMs)
      this.market.setBacklog(peer, blockBytes, this.nowMs)
      this.#send(this.#toBuyer, { block: blockBytes })
    }
    this.#noteFacts()
    this.#stepSeller({ type: 'tick' })
    for (const what of this.#arrived(this.#toSeller)) {
      this.#noteFacts()
      if (!('block' in what)) this.#stepSeller({ type: 'message', connection: peer, message: what })
    }
    for (const what of this.#arrived(this.#toBuyer)) {
      if ('block' in what) {
        this.buyer = withArrived(this.buyer, { receivedBytes: what.block, verifiedBytes: what.block })
      } else this.#stepBuyer({ type: 'message', connection: peer, message: what })
    }
    this.#stepBuyer({ type: 'tick' })
  }

  #quote(): void {
    const { askPerMiB: ask = btt(0n), pricePerMiB } = this.market
    this.#stepSeller({ type: 'price', connection: peer, askPerMiB: ask, pricePerMiB })
  }

  #noteFacts(): void {
    const { billed, billedBytes, credit } = this.market.account(payer)
    this.#stepSeller({ type: 'billed', facts: { billed, billedBytes, credit } })
  }

  #send(line: Line, what: Cargo): void {
    const lastMs = line.cargo.at(-1)?.atMs ?? 0
    line.cargo.push({ atMs: Math.max(lastMs, this.nowMs + line.delayMs), what })
    if (!('block' in what)) this.wire.push(what)
  }

  *#arrived({ cargo }: Line): Iterable<Cargo> {
    for (let next = cargo[0]; next !== undefined && next.atMs <= this.nowMs; next = cargo[0]) {
      cargo.shift()
      yield next.what
    }
  }

  #stepSeller(event: SellerEvent): void {
    const coverage = { deposited: btt(10n ** 18n), withdrawn: btt(0n), planned: btt(0n), paidOut: btt(0n) }
    const view = { nowMs: this.nowMs, newest: this.#accepted, backing: { coverage, cashed: btt(0n) } }
    const { state, effects } = stepSeller(this.#seller, event, view)
    this.#seller = state
    for (const effect of effects) {
      if (effect.type === 'send') this.#send(this.#toBuyer, effect.message)
      // Signatures have tests of their own: whose it is was seen when it was made.
      if (effect.type === 'recover') this.#stepSeller({ type: 'recovered', signer: payer })
      if (effect.type === 'quoted') this.market.noteQuote(peer, effect.pricePerMiB, this.nowMs)
      if (effect.type === 'bid') this.market.setBid(peer, effect.bid, this.nowMs)
      if (effect.type === 'stated') this.market.noteStatement(payer, this.nowMs)
      if (effect.type === 'accepted') {
        this.#accepted = effect.voucher
        this.market.setPaid(payer, effect.voucher.cumulative, this.nowMs)
      }
    }
  }

  #stepBuyer(event: BuyerEvent): void {
    const { state, effects } = stepBuyer(this.buyer, event, { nowMs: this.nowMs, budgetLeft: btt(10n ** 12n) })
    this.buyer = state
    for (const effect of effects) {
      if (effect.type === 'send') this.#send(this.#toSeller, effect.message)
      if (effect.type === 'resend' && this.#newest !== undefined)
        this.#send(this.#toSeller, voucherMessage(this.#newest))
      if (effect.type === 'pay') this.#pay(effect.amount)
    }
  }

  #pay(amount: Btt): void {
    const cumulative = btt((this.#newest?.cumulative ?? 0n) + amount)
    const seq = (this.#newest?.seq ?? 0n) + 1n
    const voucher: Voucher = { payer, payee, cumulative, seq, totalIssued: cumulative }
    this.#newest = { ...voucher, signature: signDigest(buyerKey, voucherDigest(separator, voucher)) }
    this.#send(this.#toSeller, voucherMessage(this.#newest))
    this.#stepBuyer({ type: 'paid', cumulative })
  }
}
