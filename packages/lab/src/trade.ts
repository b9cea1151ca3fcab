/**
 * One buyer's trade with one seller: quotes and statements one way, bids and vouchers the other, each a path's latency
 * later. What is asked, billed, judged and paid is the market's own; only signatures are left out.
 */

import { type Btt, blockBytes, btt, bytesPerMiB, divideUp, maxBig, minBig, zeroBtt } from '@millrace/base'
import type { PurchaseView, SellerOffer } from '@millrace/market'
import {
  billFault,
  openBid,
  payable,
  prepayment,
  type Quote,
  quoteDue,
  silentEpochs,
  spendAllowed,
} from '@millrace/market'
import type { EventQueue } from './event-queue.ts'
import type { Purse } from './purse.ts'
import type { Scheduler } from './scheduler.ts'

const quoteLifeMs = 60_000

export interface TradeSeller {
  readonly scheduler: Scheduler
  /** A voucher raised what this trade has paid by so much. False: it is not covered, and refused. */
  onVoucher(trade: Trade, raise: Btt, totalIssued: Btt, seq: number): boolean
  onLoss(amount: Btt): void
}

export interface TradeBuyer {
  readonly id: number
  readonly purse: Purse
  readonly pieceBytes: number
  /** What is missing still, bytes of the model. */
  leftBytes(): number
  /** A seller told its price for the first time. */
  onFirstQuote(): void
  pays(view: PurchaseView, payable: Btt): Btt
  tellsIssued(issued: Btt): Btt
}

export interface TradeTerms {
  readonly seller: TradeSeller
  readonly buyer: TradeBuyer
  /** The seller's handle of the buyer. */
  readonly handle: number
  readonly latencyMs: number
  readonly events: EventQueue
  /** Lets the seller say something to the buyer, after the blocks that it sent before. */
  say(act: () => void): void
}

interface Tally {
  billed: Btt
  billedBytes: number
}

export class Trade {
  readonly terms: TradeTerms
  readonly account: string
  /** U: the newest voucher's cumulative, as the buyer signed it and as the seller has it. */
  paid = zeroBtt
  accepted = zeroBtt
  /** Of the rest, what the seller found not covered. */
  refused = zeroBtt
  /** Statements that the buyer's own check refused. */
  faults = 0
  #isOpen = true
  #sent: Quote | undefined
  #quote: Btt | undefined
  #dearest = zeroBtt
  #spendRate = zeroBtt
  #bidNumber = 0
  #allowed = zeroBtt
  #allowedAtMs = 0
  #prepaid = zeroBtt
  /** What is billed and what is kept ahead. */
  #target = zeroBtt
  readonly #billed: Tally = { billed: zeroBtt, billedBytes: 0 }
  #billedAtEpoch = 0
  /** At the last epochs, the oldest first. */
  readonly #receivedAtEpochs: number[] = []
  #receivedBytes = 0
  #verifiedBytes = 0

  constructor(terms: TradeTerms) {
    this.terms = terms
    this.account = `buyer ${terms.buyer.id}`
  }

  /** The seller meets the buyer: its account, and the first quote. */
  open(): void {
    const { seller, buyer, handle, events } = this.terms
    seller.scheduler.bindAccount(handle, this.account, buyer.pieceBytes, events.now())
    this.quoteIfDue()
  }

  /** Seller: after each epoch. */
  quoteIfDue(): void {
    const { seller, handle, events } = this.terms
    const now = events.now()
    const { pricePerMiB } = seller.scheduler
    if (!this.#isOpen || !quoteDue(pricePerMiB, this.#sent, now)) return
    this.#sent = { pricePerMiB, sentAtMs: now, lifeMs: quoteLifeMs }
    seller.scheduler.noteQuote(handle, pricePerMiB, now)
    this.terms.say(() => {
      const isFirst = this.#quote === undefined
      this.#quote = pricePerMiB
      this.#dearest = maxBig(this.#dearest, pricePerMiB)
      if (isFirst) this.terms.buyer.onFirstQuote()
    })
  }

  /** Seller: a statement is due. */
  state(): void {
    const { seller, events } = this.terms
    const { billed, billedBytes } = seller.scheduler.account(this.account)
    seller.scheduler.noteStatement(this.account, events.now())
    this.terms.say(() => this.#onStatement(billed, billedBytes))
  }

  /** Seller: the connection is gone, its peer out of the scheduler already. What is owed is lost. */
  close(): void {
    const { scheduler } = this.terms.seller
    this.#isOpen = false
    const loss = scheduler.writeOff(this.account, this.terms.events.now())
    scheduler.dropAccount(this.account)
    if (loss > 0n) this.terms.seller.onLoss(loss)
  }

  /** Buyer: the seller's price; undefined before its first quote. */
  get quote(): Btt | undefined {
    return this.#quote
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Buyer: what was billed of the bytes that came. */
  billedBytes(): number {
    return this.#billed.billedBytes
  }

  /** Buyer: what that comes to. */
  get billed(): Btt {
    return this.#billed.billed
  }

  /** Buyer: bytes that came, those of failed pieces taken off. */
  get receivedBytes(): number {
    return this.#receivedBytes
  }

  /** Buyer: whether what was stated is paid, or will not be. */
  get isSettled(): boolean {
    return !this.#isOpen || this.faults > 0 || this.paid >= this.#billed.billed || this.terms.buyer.purse.left === 0n
  }

  /** Buyer: bytes billed since this was asked last. */
  takePaidBytes(): number {
    const bytes = this.#billed.billedBytes - this.#billedAtEpoch
    this.#billedAtEpoch = this.#billed.billedBytes
    return bytes
  }

  /** Buyer: what of its bid may yet buy, and what came. To be asked each epoch. */
  takeOpenBid(): Pick<SellerOffer, 'openBid' | 'receivedBytes'> {
    const received = this.#receivedBytes
    const before = this.#receivedAtEpochs.at(-silentEpochs)
    const receivedBytes = received - (this.#receivedAtEpochs.at(-1) ?? 0)
    this.#receivedAtEpochs.push(received)
    if (this.#receivedAtEpochs.length > silentEpochs) this.#receivedAtEpochs.shift()
    return { receivedBytes, openBid: openBid(received, before, this.#spendRate) }
  }

  /** Buyer: bids `spendRate` from now on; 0 takes the bid back. */
  bid(spendRate: Btt): void {
    if (!this.#isOpen || spendRate === this.#spendRate || this.faults > 0) return
    this.#renewAllowance()
    this.#spendRate = spendRate
    this.#bidNumber++
    const { seller, buyer, handle } = this.terms
    const { priceMaxPerMiB } = buyer.purse.plan
    const bid = { number: this.#bidNumber, spendRatePerSecond: spendRate, priceMaxPerMiB }
    this.#later(() => {
      if (this.#isOpen) seller.scheduler.setBid(handle, spendRate === 0n ? undefined : bid, this.terms.events.now())
    })
    if (this.#prepaid === 0n && this.#quote !== undefined) {
      this.#prepaid = prepayment(this.#quote, spendRate, buyer.pieceBytes, buyer.purse.prepayMax)
      this.#target = btt(this.#billed.billed + this.#prepaid)
    }
    this.#settle()
  }

  onBlock(_piece: number, bytes: number): void {
    this.#receivedBytes += bytes
  }

  onVerified(_piece: number, bytes: number): void {
    this.#verifiedBytes += bytes
    if (this.paid < this.#billed.billed) this.#settle()
  }

  onFailed(_piece: number, bytes: number): void {
    this.#receivedBytes -= bytes
  }

  #onStatement(billed: Btt, billedBytes: number): void {
    this.#renewAllowance()
    const fault = billFault(
      this.#billed,
      { billed, billedBytes },
      {
        receivedBytes: this.#receivedBytes,
        pricePerMiB: minBig(this.terms.buyer.purse.plan.priceMaxPerMiB, this.#dearest),
        spendAllowed: this.#allowed,
        spendRatePerSecond: this.#spendRate,
        blockBytes,
      },
    )
    if (fault !== undefined) {
      this.faults++
      return
    }
    this.#billed.billed = billed
    this.#billed.billedBytes = billedBytes
    this.#target = btt(billed + this.#prepaid)
    this.#dearest = this.#quote ?? zeroBtt
    this.#settle()
  }

  #settle(): void {
    const { buyer } = this.terms
    // That is paid: nothing can be due. Most calls end here.
    if (this.faults > 0 || this.paid >= this.#target) return
    const view: PurchaseView = {
      ...this.#billed,
      verifiedBytes: this.#verifiedBytes,
      receivedBytes: this.#receivedBytes,
      pieceBytes: buyer.pieceBytes,
      badPiece: false,
      prepaid: btt(minBig(this.#prepaid, this.#costOfRest())),
      paid: this.paid,
      budgetLeft: buyer.purse.left,
    }
    const cumulative = buyer.pays(view, payable(view))
    if (cumulative > this.paid) this.#pay(cumulative)
  }

  #pay(cumulative: Btt): void {
    const { seller, buyer, events } = this.terms
    buyer.purse.issue(btt(cumulative - this.paid))
    this.paid = cumulative
    const told = buyer.tellsIssued(buyer.purse.issued)
    const { vouchers } = buyer.purse
    this.#later(() => {
      if (!seller.onVoucher(this, btt(cumulative - this.accepted), told, vouchers)) return
      this.accepted = cumulative
      if (this.#isOpen) seller.scheduler.setPaid(this.account, this.accepted, events.now())
    })
  }

  /** As in the client: nobody is paid ahead for more than what is missing. */
  #costOfRest(): Btt {
    return btt(divideUp((this.#quote ?? 0n) * BigInt(this.terms.buyer.leftBytes()), BigInt(bytesPerMiB)))
  }

  #renewAllowance(): void {
    const now = this.terms.events.now()
    this.#allowed = btt(this.#allowed + spendAllowed(this.#spendRate, now - this.#allowedAtMs))
    this.#allowedAtMs = now
  }

  #later(act: () => void): void {
    this.terms.events.after(this.terms.latencyMs, act)
  }
}
