/**
 * One of two accounts that sell to each other: both sessions, the set-off and the market's own books of the other account,
 * joined as a node joins them. Time by hand; the other side is whoever the test says.
 */

import { type Btt, blockBytes, btt, maxBig, minBig } from '@millrace/base'
import { billFault, payable, prepayment, quoteDue, spendAllowed } from '@millrace/market'
import type { BttSpeedMessage } from '@millrace/wire'
import {
  type Account as Books,
  bill,
  billedOf,
  canBill,
  checkLateness,
  loadBooks,
  openAccount,
  receivePayment,
  renewCredit,
  stateBilled,
  writeOffDebt,
} from '../../market/src/account.ts'
import { bytePriceOf } from '../../market/src/bid.ts'
import { statementDue } from '../../market/src/statement.ts'
import type { Account } from '../src/account.ts'
import { accountBytes } from '../src/account.ts'
import {
  type BuyerEffect,
  type BuyerEvent,
  type BuyerState,
  openBuyer,
  owedBy,
  stepBuyer,
  withArrived,
} from '../src/buyer-session.ts'
import { openSeller, type SellerEffect, type SellerEvent, type SellerState, stepSeller } from '../src/seller-session.ts'
import {
  agreedSum,
  expectedSetOff,
  greetSetOff,
  hearSetOff,
  lastSetOff,
  openSetOff,
  refuseSetOff,
  type SetOffNote,
  type SetOffState,
  type SetOffStep,
  stepSetOff,
} from '../src/set-off.ts'
import type { SignedVoucher } from '../src/typed-data.ts'
import { separator } from './pair.ts'

export const price = btt(6_400n * 64n)
export const pieceBytes = 65_536
/** More than a test's line carries. */
const spendRate = btt(price * 64n)
const backing = {
  coverage: { deposited: btt(10n ** 30n), withdrawn: btt(0n), planned: btt(0n), paidOut: btt(0n) },
  cashed: btt(0n),
}

/** What survives an end, as the books have it. */
export interface Kept {
  readonly bootId: number
  readonly setOff: SetOffNote
  readonly billed: bigint
  readonly billedBytes: number
  readonly newest: SignedVoucher | undefined
  /** Our newest voucher. */
  readonly issued: SignedVoucher | undefined
}

export class MutualSide {
  readonly own: Account
  readonly other: Account
  readonly prepayMax: bigint
  readonly bootId: number
  readonly market: Books
  seller: SellerState
  buyer: BuyerState
  setOff: SetOffState
  newest: SignedVoucher | undefined
  issued: SignedVoucher | undefined
  /** Written off so far. */
  lost = 0n
  vouchers = 0
  readonly #bytesBefore: number
  #nowMs: number
  #isTold = false
  readonly #out: BttSpeedMessage[] = []

  constructor(
    own: Account,
    other: Account,
    kept: Kept,
    options: { readonly nowMs: number; readonly prepayMax: bigint },
  ) {
    this.own = own
    this.other = other
    this.prepayMax = options.prepayMax
    this.bootId = kept.bootId
    this.#nowMs = options.nowMs
    this.newest = kept.newest
    this.issued = kept.issued
    this.setOff = openSetOff(kept.setOff)
    this.#bytesBefore = kept.billedBytes
    this.market = openAccount(other, pieceBytes)
    const paid = this.paid
    this.lost += maxBig(0n, kept.billed - paid)
    loadBooks(this.market, { paid, billed: minBig(kept.billed, paid) }, 0)
    const policy = { prepayment, payable, billFault, spendAllowed }
    const terms = { seller: other, policy, pieceBytes, prepayMax: btt(options.prepayMax) }
    const counted = btt(agreedSum(kept.setOff) - kept.setOff.lost)
    this.buyer = openBuyer(terms, kept.issued?.cumulative ?? btt(0n), options.nowMs, counted)
    this.seller = openSeller(
      {
        payee: own,
        payer: other,
        separators: [separator],
        bootId: kept.bootId,
        quoteSeconds: 600,
        policy: { quoteDue, statementDue },
      },
      kept.newest?.cumulative ?? btt(0n),
      this.facts,
      agreedSum(kept.setOff),
    )
  }

  get facts() {
    const { billedBytes, credit } = this.market
    return { billed: billedOf(this.market), billedBytes: this.#bytesBefore + billedBytes, credit }
  }

  /** S, as the seller in us counts it. */
  get agreed(): bigint {
    return agreedSum(this.setOff.noted)
  }

  /** What the other paid us: vouchers and S. */
  get paid(): bigint {
    return (this.newest?.cumulative ?? 0n) + this.agreed
  }

  /** What we paid the other by vouchers. */
  get spent(): bigint {
    return this.issued?.cumulative ?? 0n
  }

  get kept(): Kept {
    const { billed, billedBytes } = this.facts
    return {
      bootId: this.bootId,
      setOff: this.setOff.noted,
      billed,
      billedBytes,
      newest: this.newest,
      issued: this.issued,
    }
  }

  /** What was said since this was asked last. */
  take(): BttSpeedMessage[] {
    return this.#out.splice(0)
  }

  open(): void {
    this.#isTold = false
    this.setOff = greetSetOff(this.setOff)
    this.#toSeller({ type: 'opened', connection: 0 })
    this.#toBuyer({ type: 'opened', connection: 0 })
    this.#toSeller({ type: 'price', connection: 0, askPerMiB: price, pricePerMiB: price })
    this.#toBuyer({ type: 'want', connection: 0, want: { spendRatePerSecond: spendRate, priceMaxPerMiB: price } })
    if (this.setOff.noted.own > 0n) this.#say()
  }

  close(): void {
    this.#settle(lastSetOff(this.setOff, this.#nowMs))
    this.#toSeller({ type: 'closed', connection: 0 })
    this.#writeOff()
    this.#toBuyer({ type: 'closed', connection: 0 })
    this.take()
  }

  receive(message: BttSpeedMessage): void {
    const type = message.t === 'reject' ? message.refused : -1
    if (message.t === 'setOff') {
      this.setOff = hearSetOff(this.setOff, message)
      if (!this.#isTold) this.#say()
    } else if (type === 6) this.setOff = refuseSetOff(this.setOff)
    else if (message.t === 'bid' || message.t === 'voucher' || type === 1 || type === 3) {
      this.#toSeller({ type: 'message', connection: 0, message })
    } else this.#toBuyer({ type: 'message', connection: 0, message })
  }

  /** Sends a block to the other if it bids and its money allows; it is billed. */
  serve(): boolean {
    const bid = this.seller.connections.get(0)?.bid
    if (bid === undefined || bid.spendRatePerSecond === 0n) return false
    const cost = bytePriceOf(blockBytes, price)
    renewCredit(this.market, price, spendRate, this.#nowMs)
    if (!canBill(this.market, cost)) return false
    bill(this.market, blockBytes, cost)
    return true
  }

  /** Bytes of the other came, and are right. */
  get(bytes: number): void {
    this.buyer = withArrived(this.buyer, { receivedBytes: bytes, verifiedBytes: bytes })
    this.#toBuyer({ type: 'tick' })
  }

  pass(milliseconds: number): void {
    this.#nowMs += milliseconds
    checkLateness(this.market, price, 5_000, this.#nowMs)
    renewCredit(this.market, price, spendRate, this.#nowMs)
    this.#toSeller({ type: 'billed', facts: this.facts })
    this.#toSeller({ type: 'tick' })
    const { owed, due } = owedBy(this.buyer)
    const { lost } = this.setOff.heard
    const facts = { nowMs: this.#nowMs, billed: this.facts.billed, owed: btt(owed + lost), due: btt(due + lost) }
    this.#settle(stepSetOff(this.setOff, facts))
    this.#toBuyer({ type: 'tick' })
  }

  #settle({ state, effects }: SetOffStep): void {
    const before = this.setOff.noted
    this.setOff = state
    for (const effect of effects) {
      if (effect.type === 'say') this.#say()
      if (effect.type !== 'count') continue
      const sum = agreedSum(effect.note)
      this.#toSeller({ type: 'setOff', sum })
      receivePayment(this.market, this.paid, price, this.#nowMs)
      const { lost } = effect.note
      this.#toBuyer({ type: 'setOff', sum: btt(sum - lost), restarted: lost > before.lost })
    }
  }

  #say(): void {
    this.#isTold = true
    this.#out.push({ t: 'setOff', bootId: this.bootId, sum: this.setOff.noted.own })
  }

  #writeOff(): void {
    this.lost += writeOffDebt(this.market, this.#nowMs)
  }

  #toSeller(event: SellerEvent): void {
    const { state, effects } = stepSeller(this.seller, event, { nowMs: this.#nowMs, newest: this.newest, backing })
    this.seller = state
    for (const effect of effects) this.#asSeller(effect)
  }

  #asSeller(effect: SellerEffect): void {
    if (effect.type === 'send') this.#out.push(effect.message)
    else if (effect.type === 'recover') this.#toSeller({ type: 'recovered', signer: this.other })
    else if (effect.type === 'stated') stateBilled(this.market, this.#nowMs)
    else if (effect.type === 'disputed') this.#writeOff()
    else if (effect.type === 'accepted') {
      this.newest = effect.voucher
      receivePayment(this.market, this.paid, price, this.#nowMs)
    }
  }

  #toBuyer(event: BuyerEvent): void {
    const view = {
      nowMs: this.#nowMs,
      budgetLeft: btt(10n ** 24n),
      expectedSetOff: expectedSetOff(this.setOff, this.#nowMs),
    }
    const { state, effects } = stepBuyer(this.buyer, event, view)
    this.buyer = state
    for (const effect of effects) this.#asBuyer(effect)
  }

  #asBuyer(effect: BuyerEffect): void {
    if (effect.type === 'send') this.#out.push(effect.message)
    else if (effect.type === 'pay') this.#pay(effect.amount)
    else if (effect.type === 'resend' && this.issued !== undefined) this.#out.push(messageOf(this.issued))
    else if (effect.type === 'adopt') {
      // As a payer's book whose mark covers what a crash lost.
      this.#sign(effect.claimed)
      this.#toBuyer({ type: 'paid', cumulative: effect.claimed })
    }
  }

  #pay(amount: Btt): void {
    const cumulative = btt(this.spent + amount)
    this.#out.push(messageOf(this.#sign(cumulative)))
    this.#toBuyer({ type: 'paid', cumulative })
  }

  #sign(cumulative: Btt): SignedVoucher {
    this.vouchers++
    this.issued = {
      payer: this.own,
      payee: this.other,
      cumulative,
      seq: BigInt(this.bootId * 1_000_000 + this.vouchers),
      totalIssued: cumulative,
      signature: new Uint8Array(65),
    }
    return this.issued
  }
}

function messageOf({ payer, cumulative, seq, totalIssued, signature }: SignedVoucher): BttSpeedMessage {
  return { t: 'voucher', payer: accountBytes(payer), cumulative, seq, totalIssued, signature }
}
