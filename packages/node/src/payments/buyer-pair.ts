/** Drives the buyer's side of one pair of accounts: blocks and wishes in, bids and vouchers out. */

import {
  type Btt,
  btt,
  bytesPerMiB,
  type Crash,
  divideUp,
  type Logger,
  maxBig,
  messageOf,
  minBig,
  type Resource,
  systemClock,
} from '@millrace/base'
import { billFault, payable, prepayment, spendAllowed } from '@millrace/market'
import {
  type Account,
  ahead,
  type BuyerEffect,
  type BuyerEvent,
  type BuyerPolicy,
  type BuyerState,
  openBuyer,
  owedBy,
  stepBuyer,
  voucherMessage,
  type Want,
  withArrived,
} from '@millrace/voucher'
import { type BttSpeedMessage, rejectCodes } from '@millrace/wire'
import type { Channel } from './channel.ts'
import type { Payer } from './payer.ts'
import type { UntriedSellers } from './untried-sellers.ts'

export interface BuyerPairParts {
  readonly payer: Payer
  readonly untried: UntriedSellers
  /** Called when a seller that had no price tells one. */
  readonly onFirstQuote: () => void
  readonly logger: Logger
  readonly crash?: Crash | undefined
}

export interface BuyerPairTerms {
  readonly seller: Account
  /** What is bought; upload when absent. */
  readonly resource?: Resource | undefined
  readonly pieceBytes: number
  readonly prepayMax: Btt
  readonly prepayExactly: Btt | undefined
  /** What earlier runs set off with this seller, as it counts it. */
  readonly setOff: Btt
}

/** A seller states what it bills each second; the voucher for it takes a round trip more. */
const settleMilliseconds = 1_500
/** Bids and waiting debts are looked at this often. */
const idleStepMilliseconds = 100

export class BuyerPair {
  readonly seller: Account
  readonly #parts: BuyerPairParts
  readonly #channels = new Map<number, Channel>()
  #state: BuyerState
  #billedBytesBefore = 0
  #billedBefore = 0n
  /** When a block or a statement came last. */
  #heardAtMs: number | undefined
  #steppedAtMs = Number.NEGATIVE_INFINITY
  #receivedBefore = 0
  /** What the session has not been told yet. */
  #receivedBytes = 0
  #verifiedBytes = 0
  #credit: Btt = btt(0n)
  #haltedBy: string | undefined
  #expectedSetOff = (): Btt => btt(0n)
  #sellerLeaves = false

  constructor(parts: BuyerPairParts, terms: BuyerPairTerms) {
    this.seller = terms.seller
    this.#parts = parts
    const { seller, resource, pieceBytes, prepayMax, prepayExactly } = terms
    const policy: BuyerPolicy = {
      prepayment: (price, rate, piece, allowance) => prepayment(price, rate, piece, allowance, resource?.stepUnits),
      payable: (sums) => {
        const room = parts.untried.roomFor(terms.seller) ?? sums.budgetLeft
        const prepaid = minBig(sums.prepaid, this.#costOfRest())
        return payable({ ...sums, prepaid, budgetLeft: minBig(sums.budgetLeft, room) })
      },
      billFault,
      spendAllowed,
    }
    const limits = {
      seller,
      resource,
      policy,
      pieceBytes,
      prepayMax,
      ...(prepayExactly === undefined ? {} : { prepayExactly }),
    }
    this.#state = openBuyer(limits, parts.payer.paidTo(terms.seller), systemClock.now(), terms.setOff)
  }

  get isIdle(): boolean {
    return this.#channels.size === 0
  }

  /** Nothing came for longer than a statement may take, what was billed is paid, and no voucher is on its way. */
  isSettled(): boolean {
    if (this.isIdle || this.stoppedBy !== undefined) return true
    if (this.#receivedBytes > 0) return false
    if (this.#heardAtMs === undefined) return true
    return !this.owes && systemClock.now() - this.#heardAtMs > settleMilliseconds
  }

  /** A bill is not paid, or a voucher is on its way. */
  get owes(): boolean {
    const { payment, tally } = this.#state
    if (this.isIdle || this.stoppedBy !== undefined) return false
    return payment.phase === 'issuing' || (ahead(tally) < 0n && this.#parts.payer.budgetLeft > 0n)
  }

  /** Bytes and money that this seller's statements billed, over all connections of this run. */
  get billed(): { readonly bytes: number; readonly amount: bigint } {
    const { last } = this.#state.tally
    return { bytes: this.#billedBytesBefore + last.billedBytes, amount: this.#billedBefore + last.billed }
  }

  /** Payload that came over all connections of this run. */
  get receivedBytes(): number {
    return this.#receivedBefore + this.#receivedBytes
  }

  /** What was paid and not billed yet: the seller serves it without another voucher. Nothing once it is gone. */
  get paidAhead(): Btt {
    if (this.isIdle || this.stoppedBy !== undefined) return btt(0n)
    return btt(maxBig(0n, ahead(this.#state.tally)))
  }

  /** The dearest of the seller's quotes that live; undefined before one. */
  get pricePerMiB(): Btt | undefined {
    const quotes = [...this.#state.connections.values()].flatMap(({ quote }) => (quote ? [quote.pricePerMiB] : []))
    return quotes.reduce<Btt | undefined>(
      (most, price) => (most === undefined || price > most ? price : most),
      undefined,
    )
  }

  /** Why nothing is paid any more; undefined while it is. */
  get stoppedBy(): string | undefined {
    const { payment } = this.#state
    return payment.phase === 'stopped' ? payment.reason : this.#haltedBy
  }

  /** Takes every bid back and does nothing from then on; what was bought stays known. */
  halt(reason: string): void {
    if (this.#haltedBy !== undefined) return
    this.want(undefined)
    this.#haltedBy = reason
  }

  open(channel: Channel): void {
    this.#sellerLeaves = false
    this.#channels.set(channel.id, channel)
    this.#step({ type: 'opened', connection: channel.id })
  }

  close(channel: Channel): void {
    this.#channels.delete(channel.id)
    if (this.#haltedBy !== undefined) return
    this.#keepBilled()
    this.#step({ type: 'closed', connection: channel.id })
  }

  /** To be called before a loss: the tally counts anew after it. */
  #keepBilled(): void {
    const { last } = this.#state.tally
    this.#billedBytesBefore += last.billedBytes
    this.#billedBefore += last.billed
  }

  /** What the seller serves beyond what was paid, as it said last. */
  get credit(): Btt {
    return this.#credit
  }

  receive(channel: Channel, message: BttSpeedMessage): void {
    // Who leaves says nothing more: what is due is paid now.
    if (message.t === 'reject' && message.code === rejectCodes.goingAway) this.#sellerLeaves = true
    if (message.t === 'account' || message.t === 'quote') this.#credit = btt(message.credit)
    if (message.t === 'account' && this.#heardAtMs !== undefined) this.#heardAtMs = systemClock.now()
    const isFirst = message.t === 'quote' && this.pricePerMiB === undefined
    this.#step({ type: 'message', connection: channel.id, message })
    if (isFirst && this.pricePerMiB !== undefined) this.#parts.onFirstQuote()
  }

  /** Bids `spendRatePerSecond` in all, on the first connection: credit is shared by the pair. */
  want(want: Want | undefined): void {
    const [first, ...others] = this.#channels.keys()
    if (first !== undefined) this.#step({ type: 'want', connection: first, want })
    for (const connection of others) this.#step({ type: 'want', connection, want: undefined })
  }

  /** Bytes that came on this connection and are billed: the pair's, split as they came. */
  billedOn(channel: Channel): number {
    const { receivedBytes } = channel
    return receivedBytes === 0 ? 0 : (this.billed.bytes * receivedBytes) / this.receivedBytes
  }

  onBlockReceived(bytes: number): void {
    this.#receivedBytes += bytes
  }

  onVerified(bytes: number): void {
    if (bytes > 0) this.#parts.untried.tried(this.seller)
    this.#verifiedBytes += bytes
  }

  onFailed(bytes: number, guilty: boolean): void {
    this.#step({ type: 'failed', bytes, guilty })
  }

  onBlock(): void {
    this.#step({ type: 'block' })
  }

  /** Every settlement tick. What is not paid yet may be payable since more was verified; all else can wait a little. */
  tick(): void {
    const { tally, prepaid } = this.#state
    const isBehind = this.#verifiedBytes > 0 && ahead(tally) < prepaid
    if (isBehind || systemClock.now() >= this.#steppedAtMs + idleStepMilliseconds) this.#step({ type: 'tick' })
  }

  /** So much of a debt waits to be set off, from now on, as `expectedSetOff` says. */
  waitFor(expectedSetOff: () => Btt): void {
    this.#expectedSetOff = expectedSetOff
  }

  /** What may be set off with the seller: what it is owed, and what vouchers would have to come to, over all time. */
  owedBy(): { readonly owed: Btt; readonly due: Btt } {
    return this.#haltedBy === undefined ? owedBy(this.#state) : { owed: btt(0n), due: btt(0n) }
  }

  /** What is set off with the seller over all time, as it counts it; `restarted`: it lost its newest notes. */
  onSetOff(sum: Btt, restarted: boolean): void {
    if (restarted) this.#keepBilled()
    this.#step({ type: 'setOff', sum, restarted })
  }

  /** What the missing bytes would cost: nobody is paid ahead for more, so that a download ends without a rest. */
  #costOfRest(): Btt {
    let bytes = 0
    for (const channel of this.#channels.values()) bytes = Math.max(bytes, channel.leftBytes())
    return btt(divideUp((this.pricePerMiB ?? 0n) * BigInt(bytes), BigInt(bytesPerMiB)))
  }

  #step(event: BuyerEvent): void {
    if (this.#haltedBy !== undefined) return
    const { budgetLeft } = this.#parts.payer
    this.#steppedAtMs = systemClock.now()
    const view = {
      nowMs: this.#steppedAtMs,
      budgetLeft,
      expectedSetOff: this.#sellerLeaves ? btt(0n) : this.#expectedSetOff(),
    }
    // Blocks and pieces are counted here: there are thousands a second, and a payment waits for the next tick at most.
    const arrived = { receivedBytes: this.#receivedBytes, verifiedBytes: this.#verifiedBytes }
    if (this.#receivedBytes > 0) this.#heardAtMs = view.nowMs
    this.#receivedBefore += this.#receivedBytes
    this.#receivedBytes = 0
    this.#verifiedBytes = 0
    const { state, effects } = stepBuyer(withArrived(this.#state, arrived), event, view)
    this.#state = state
    for (const effect of effects) {
      // One effect can end the trade: those after it belong to what is no longer wanted.
      if (this.#haltedBy === undefined) this.#perform(effect)
    }
  }

  #perform(effect: BuyerEffect): void {
    const { payer, untried, logger } = this.#parts
    switch (effect.type) {
      case 'send':
        return this.#channels.get(effect.connection)?.send(effect.message)
      case 'pay':
        untried.promise(this.seller, effect.amount)
        void this.#pay(effect.connection, effect.amount)
        return
      case 'resend': {
        const newest = payer.newest(this.seller)
        if (newest !== undefined) this.#channels.get(effect.connection)?.send(voucherMessage(newest))
        return
      }
      case 'adopt': {
        const cumulative = payer.adopt(this.seller, effect.claimed)
        const { connection } = effect
        return this.#step(cumulative === undefined ? { type: 'disowned', connection } : { type: 'paid', cumulative })
      }
      case 'stopped':
        return logger.log('warn', 'no longer paying a seller', { seller: this.seller, reason: effect.reason })
    }
  }

  async #pay(connection: number, amount: Btt): Promise<void> {
    const { payer, untried, logger, crash } = this.#parts
    try {
      const voucher = await payer.issue(this.seller, amount)
      if (voucher === undefined) untried.release(this.seller, amount)
      else this.#channels.get(connection)?.send(voucherMessage(voucher))
      crash?.at('payer.sent')
    } catch (error) {
      const reason = `no voucher can be signed: ${messageOf(error)}`
      logger.log('error', 'no longer paying a seller', { seller: this.seller, reason })
      this.halt(reason)
    }
    this.#step({ type: 'paid', cumulative: payer.paidTo(this.seller) })
  }
}
