/** Drives the seller's side of one pair of accounts: market facts in, quotes, statements and bids out. */

import { type Btt, btt, type Crash, type Logger, type Resource, systemClock } from '@millrace/base'
import type { Billing } from '@millrace/journal'
import { quoteDue, statementDue, type UploadMarket, type WriteOffs } from '@millrace/market'
import {
  type Account,
  agreedSum,
  awaitsTime,
  type BillingFacts,
  openSeller,
  type SellerEffect,
  type SellerEvent,
  type SellerState,
  stepSeller,
  type Verifier,
} from '@millrace/voucher'
import { type BttSpeedMessage, rejectCodes } from '@millrace/wire'
import type { Channel } from './channel.ts'
import type { DeskBooks } from './desk-books.ts'
import type { Payee } from './payee.ts'

const quoteSeconds = 60
/** A bill that was not paid by then will not be. */
const settleMillisecondsMax = 5_000

export interface SellerPairParts {
  readonly market: UploadMarket
  readonly payee: Payee
  readonly books: DeskBooks
  readonly verifier: Verifier
  readonly logger: Logger
  readonly crash?: Crash | undefined
}

export interface SellerPairTerms {
  readonly own: Account
  readonly payer: Account
  /** What is sold; upload when absent. */
  readonly resource?: Resource | undefined
  /** Of the ledger in use, then of those that a voucher may be signed for by mistake. */
  readonly separators: readonly Uint8Array[]
  readonly bootId: number
}

export class SellerPair {
  readonly payer: Account
  /** Vouchers refused since no deposit covers them. */
  uncovered = 0
  readonly #parts: SellerPairParts
  readonly #channels = new Map<number, Channel>()
  #state: SellerState
  #isInMarket = false
  #isHalted = false
  /** Billed in earlier runs. */
  readonly #bytesBefore: number
  readonly #billedBefore: Btt
  #facts: BillingFacts
  /** What the session knows of them. */
  #told: BillingFacts
  #setOff: Btt
  #billedAtMs = Number.NEGATIVE_INFINITY

  constructor(parts: SellerPairParts, terms: SellerPairTerms) {
    const accepted = parts.payee.newest(terms.payer)?.cumulative ?? btt(0n)
    this.payer = terms.payer
    this.#parts = parts
    this.#setOff = agreedSum(parts.books.store.setOffWith(terms.payer))
    this.#facts = { ...openBilling(parts.books, terms.payer, btt(accepted + this.#setOff)), credit: btt(0n) }
    this.#told = this.#facts
    this.#bytesBefore = this.#facts.billedBytes
    this.#billedBefore = this.#facts.billed
    this.#state = openSeller(
      {
        payee: terms.own,
        payer: terms.payer,
        resource: terms.resource,
        separators: terms.separators,
        bootId: terms.bootId,
        quoteSeconds,
        policy: { quoteDue, statementDue },
      },
      accepted,
      this.#facts,
      this.#setOff,
    )
  }

  /** What is billed by now. */
  get facts(): BillingFacts {
    this.#refreshFacts()
    return this.#facts
  }

  /** What was billed since the pair was made; below zero after a write-off of what an earlier run billed. */
  get billedInRun(): bigint {
    return this.facts.billed - this.#billedBefore
  }

  get accepted(): Btt {
    // The state machine counts a voucher before the books have taken it.
    return this.#parts.payee.newest(this.payer)?.cumulative ?? btt(0n)
  }

  /** L: by vouchers and by set-off, over all time. */
  get paid(): Btt {
    return btt(this.accepted + this.#setOff)
  }

  /** All that was billed is paid, or will not be within reason. */
  isSettled(): boolean {
    if (this.#isHalted) return true
    const isPaid = this.facts.billed <= this.paid
    return isPaid || systemClock.now() - this.#billedAtMs > settleMillisecondsMax
  }

  get isIdle(): boolean {
    return this.#channels.size === 0
  }

  open(channel: Channel): void {
    const { market } = this.#parts
    const now = systemClock.now()
    this.#channels.set(channel.id, channel)
    market.bindAccount(channel.id, this.payer, channel.pieceBytes, now)
    if (!this.#isInMarket) {
      const writeOffs = writeOffsOf(this.#parts.books.store.billing(this.payer))
      market.setAccount(this.payer, { paid: this.paid, billed: this.#facts.billed, writeOffs }, now)
    }
    this.#isInMarket = true
    this.#step({ type: 'opened', connection: channel.id })
    this.#quote(channel.id)
  }

  /** Call while the market still knows the peer. An open debt is written off with the last connection. */
  close(channel: Channel): void {
    this.#refreshFacts()
    this.#step({ type: 'closed', connection: channel.id })
    this.#channels.delete(channel.id)
    if (this.isIdle) this.#writeOff('the connection closed')
  }

  receive(channel: Channel, message: BttSpeedMessage): void {
    // The statement that echoes a bid bills everything before it: what comes later is judged by the new bid's terms.
    this.#noteFacts()
    this.#step({ type: 'message', connection: channel.id, message })
  }

  /** What is set off with the payer over all time. */
  onSetOff(sum: Btt): void {
    this.#setOff = sum
    this.#step({ type: 'setOff', sum })
    if (this.#isInMarket && !this.#isHalted) this.#parts.market.setPaid(this.payer, this.paid, systemClock.now())
  }

  /** After each epoch: the price may have moved. */
  onEpoch(): void {
    if (this.isIdle) return
    this.#noteFacts()
    for (const connection of this.#channels.keys()) this.#quote(connection)
  }

  /** The chain has more to say of the payer than before. */
  onBlock(): void {
    this.#step({ type: 'block' })
  }

  /** Every settlement tick; `owesStatement`: by the market's books. Most ticks have nothing to do, and cost nothing. */
  tick(owesStatement: boolean): void {
    if (this.isIdle || !(owesStatement || awaitsTime(this.#state, systemClock.now()))) return
    this.#noteFacts()
    this.#step({ type: 'tick' })
  }

  /** Forgets the account in the market; the pair is idle and not used again. */
  drop(): void {
    if (this.#isInMarket) this.#parts.market.dropAccount(this.payer)
    this.#isInMarket = false
  }

  leave(): void {
    this.#step({ type: 'leaving' })
  }

  /** Says goodbye, takes every bid out of the market, and does nothing from then on; what was sold stays known. */
  halt(): void {
    this.#refreshFacts()
    this.leave()
    this.#isHalted = true
  }

  /** Where a quote is due. While nothing is sold the last one just ends, and nobody who has none may bid. */
  #quote(connection: number): void {
    const { askPerMiB, pricePerMiB } = this.#parts.market
    if (askPerMiB !== undefined) this.#step({ type: 'price', connection, askPerMiB, pricePerMiB })
  }

  #noteFacts(): void {
    if (this.facts === this.#told) return
    this.#told = this.#facts
    this.#step({ type: 'billed', facts: this.#facts })
  }

  #refreshFacts(): void {
    if (!this.#isInMarket) return
    const { billed, credit, ...view } = this.#parts.market.account(this.payer)
    const billedBytes = this.#bytesBefore + view.billedBytes
    const isNew = billed !== this.#facts.billed || credit !== this.#facts.credit
    if (billed !== this.#facts.billed) this.#billedAtMs = systemClock.now()
    if (isNew) this.#facts = { billed, billedBytes, credit }
  }

  #step(event: SellerEvent): void {
    if (this.#isHalted) return
    const { payee } = this.#parts
    const nowMs = systemClock.now()
    const view = { nowMs, newest: payee.newest(this.payer), backing: payee.backing(this.payer) }
    const { state, effects } = stepSeller(this.#state, event, view)
    this.#state = state
    for (const effect of effects) {
      // One effect can end the trade: a bid after it must not come back into the market.
      if (!this.#isHalted) this.#perform(effect, nowMs)
    }
  }

  #perform(effect: SellerEffect, nowMs: number): void {
    const { market, payee, verifier } = this.#parts
    switch (effect.type) {
      case 'send':
        if (isUncovered(effect.message)) this.uncovered += 1
        return this.#channels.get(effect.connection)?.send(effect.message)
      case 'recover':
        void verifier
          .recover(effect.digest, effect.signature)
          .then((signer) => this.#step({ type: 'recovered', signer }))
        return
      case 'quoted':
        return market.noteQuote(effect.connection, effect.pricePerMiB, nowMs)
      case 'bid':
        return market.setBid(effect.connection, effect.bid, nowMs)
      case 'accepted':
        if (!payee.accept(effect.voucher)) return
        return market.setPaid(this.payer, this.paid, nowMs)
      case 'stated':
        if (!this.#noteBilling()) return
        return market.noteStatement(this.payer, nowMs)
      case 'disputed':
        return this.#writeOff(`the buyer refused a statement with code ${effect.code}`)
    }
  }

  #writeOff(reason: string): void {
    if (!this.#isInMarket) return
    const { market, books, logger, crash } = this.#parts
    this.#refreshFacts()
    this.#noteBilling()
    const loss = market.writeOff(this.payer, systemClock.now())
    if (loss === 0n) return
    crash?.at('payee.loss-known')
    books.note((store) => store.writtenOff(this.payer, loss, wallSeconds()))
    crash?.at('payee.loss-noted')
    logger.log('info', 'written off', { payer: this.payer, amount: loss, reason })
    this.#refreshFacts()
  }

  #noteBilling(): boolean {
    const { billed, billedBytes } = this.#facts
    const { books, crash } = this.#parts
    crash?.at('payee.stated')
    const isNoted = books.note((store) => store.billed(this.payer, billed, billedBytes))
    crash?.at('payee.bill-noted')
    return isNoted
  }
}

function isUncovered(message: BttSpeedMessage): boolean {
  return message.t === 'reject' && message.code === rejectCodes.notCovered
}

/** What was billed and not paid when an earlier run ended is written off; what was paid ahead counts on. */
function openBilling(books: DeskBooks, payer: Account, paid: Btt): Billing {
  const known = books.store.billing(payer) ?? { billed: btt(0n), billedBytes: 0 }
  if (known.billed <= paid) return known
  books.note((store) => store.writtenOff(payer, btt(known.billed - paid), wallSeconds()))
  return { ...known, billed: paid }
}

/** What it has lost us, as its credit is reckoned: with time that goes on while no node runs. */
function writeOffsOf(billing: Billing | undefined): WriteOffs | undefined {
  if (billing?.writeOffs === undefined) return undefined
  const { count, paidThen, atSeconds } = billing.writeOffs
  return { count, paidThen, agoMs: Math.max(0, wallSeconds() - atSeconds) * 1000 }
}

function wallSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
