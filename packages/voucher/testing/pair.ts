/** A buyer and a seller joined back to back: real signatures, the market's own policies, time by hand. */

import { type Btt, btt, bytesPerMiB, type Resource, upload } from '@millrace/base'
import { billFault, payable, prepayment, quoteDue, spendAllowed } from '@millrace/market'
import { type BttSpeedMessage, decodeBttSpeed, encodeBttSpeed } from '@millrace/wire'
import { statementDue } from '../../market/src/statement.ts'
import {
  type BuyerEffect,
  type BuyerEvent,
  type BuyerState,
  type BuyerTerms,
  openBuyer,
  stepBuyer,
  withArrived,
} from '../src/buyer-session.ts'
import { domainSeparator, type LedgerDomain } from '../src/domain.ts'
import { accept, type Backing, emptyPayeeBook, type PayeeBook } from '../src/payee-book.ts'
import { emptyPayerBook, issue, type PayerBook, withMark } from '../src/payer-book.ts'
import { openSeller, type SellerEffect, type SellerEvent, type SellerState, stepSeller } from '../src/seller-session.ts'
import { accountOfKey, recoverAddress, signDigest } from '../src/signature.ts'
import { type SignedVoucher, voucherDigest, voucherMessage } from '../src/typed-data.ts'

export const domain: LedgerDomain = {
  chainId: 19_990n,
  verifyingContract: `0x${'5a'.repeat(20)}`,
  genesisHash: new Uint8Array(32).fill(0xd4),
}
export const foreignDomain: LedgerDomain = { ...domain, genesisHash: new Uint8Array(32).fill(0xd5) }
export const buyerKey = new Uint8Array(32).fill(1)
export const sellerKey = new Uint8Array(32).fill(2)
export const payer = accountOfKey(buyerKey)
export const payee = accountOfKey(sellerKey)
export const separator = domainSeparator(domain)
const sellerPolicy = { quoteDue, statementDue }
const buyerPolicy = { prepayment, payable, billFault, spendAllowed }

export interface PairOptions {
  readonly budget?: bigint
  readonly deposited?: bigint
  readonly price?: bigint
  readonly prepayMax?: bigint
  readonly pieceBytes?: number
  readonly resource?: Resource
}

export class Pair {
  nowMs = 0
  seller: SellerState
  buyer: BuyerState
  payerBook: PayerBook
  payeeBook: PayeeBook = emptyPayeeBook(payee)
  deposited: bigint
  billed = 0n
  billedBytes = 0
  readonly budget: Btt
  readonly price: Btt
  readonly sellerEffects: SellerEffect[] = []
  readonly buyerEffects: BuyerEffect[] = []
  readonly wire: BttSpeedMessage[] = []
  newest: SignedVoucher | undefined

  constructor({
    budget = 10n ** 18n,
    deposited = 10n ** 18n,
    price = 6_400n,
    prepayMax = 10n ** 9n,
    pieceBytes = 262_144,
    resource = upload,
  }: PairOptions = {}) {
    this.budget = btt(budget)
    this.price = btt(price)
    this.deposited = deposited
    const terms: BuyerTerms = { seller: payee, resource, policy: buyerPolicy, pieceBytes, prepayMax: btt(prepayMax) }
    this.buyer = openBuyer(terms, btt(0n), 0)
    const facts = { billedBytes: 0, billed: btt(0n), credit: btt(0n) }
    const separators = [separator, domainSeparator(foreignDomain)]
    const own = { payee, payer, resource, separators, bootId: 1, quoteSeconds: 600, policy: sellerPolicy }
    this.seller = openSeller(own, btt(0n), facts)
    this.payerBook = withMark(emptyPayerBook(payer), { seq: 10n ** 9n, totalIssued: this.budget })
    this.toSeller({ type: 'opened', connection: 0 })
    this.toBuyer({ type: 'opened', connection: 0 })
    this.toSeller({ type: 'price', connection: 0, askPerMiB: this.price, pricePerMiB: this.price })
  }

  get budgetLeft(): Btt {
    return btt(this.budget - this.payerBook.totalIssued)
  }

  get paid(): bigint {
    return this.payeeBook.accepted.get(payer)?.cumulative ?? 0n
  }

  backing(): Backing {
    const coverage = { deposited: btt(this.deposited), withdrawn: btt(0n), planned: btt(0n), paidOut: btt(0n) }
    return { coverage, cashed: btt(0n) }
  }

  toSeller(event: SellerEvent): void {
    const view = { nowMs: this.nowMs, newest: this.payeeBook.accepted.get(payer), backing: this.backing() }
    const step = stepSeller(this.seller, event, view)
    this.seller = step.state
    for (const effect of step.effects) this.runSeller(effect)
  }

  toBuyer(event: BuyerEvent): void {
    const step = stepBuyer(this.buyer, event, { nowMs: this.nowMs, budgetLeft: this.budgetLeft })
    this.buyer = step.state
    for (const effect of step.effects) this.runBuyer(effect)
  }

  want(spendRate: bigint, cap = this.price as bigint): void {
    const want = { spendRatePerSecond: btt(spendRate), priceMaxPerMiB: btt(cap) }
    this.toBuyer({ type: 'want', connection: 0, want })
  }

  /** Blocks arrive, are billed and, if they were right, verified. */
  serve(bytes: number, options: { readonly verified?: boolean; readonly overcharge?: bigint } = {}): void {
    this.arrive(bytes, 0)
    this.billedBytes += bytes
    this.billed += (BigInt(bytes) * this.price) / BigInt(bytesPerMiB) + (options.overcharge ?? 0n)
    if (options.verified !== false) this.arrive(0, bytes)
    this.bill()
  }

  arrive(receivedBytes: number, verifiedBytes: number): void {
    this.buyer = withArrived(this.buyer, { receivedBytes, verifiedBytes })
    this.toBuyer({ type: 'tick' })
  }

  bill(credit = 0n): void {
    const facts = { billedBytes: this.billedBytes, billed: btt(this.billed), credit: btt(credit) }
    this.toSeller({ type: 'billed', facts })
  }

  pass(milliseconds: number): void {
    this.nowMs += milliseconds
    this.toSeller({ type: 'tick' })
    this.toBuyer({ type: 'tick' })
  }

  /** Codes of the rejects on the wire so far. */
  rejects(): number[] {
    return this.wire.flatMap((message) => (message.t === 'reject' ? [message.code] : []))
  }

  private runSeller(effect: SellerEffect): void {
    this.sellerEffects.push(effect)
    if (effect.type === 'send')
      this.toBuyer({ type: 'message', connection: effect.connection, message: this.carry(effect.message) })
    if (effect.type === 'recover')
      this.toSeller({ type: 'recovered', signer: recoverAddress(effect.digest, effect.signature) })
    if (effect.type === 'accepted') {
      const taken = accept(this.payeeBook, effect.voucher, this.backing())
      if (!taken.ok) throw new Error('the session accepted what the book refuses')
      this.payeeBook = taken.value.book
    }
  }

  private runBuyer(effect: BuyerEffect): void {
    this.buyerEffects.push(effect)
    if (effect.type === 'send')
      this.toSeller({ type: 'message', connection: effect.connection, message: this.carry(effect.message) })
    if (effect.type === 'resend' && this.newest !== undefined) this.deliver(this.newest)
    if (effect.type !== 'pay') return
    const issued = issue(this.payerBook, payee, effect.amount, this.budget)
    if (!issued.ok) throw new Error('the session pays more than the budget')
    this.payerBook = issued.value.book
    const { voucher } = issued.value
    this.newest = { ...voucher, signature: signDigest(buyerKey, voucherDigest(separator, voucher)) }
    this.deliver(this.newest)
    this.toBuyer({ type: 'paid', cumulative: voucher.cumulative })
  }

  deliver(voucher: SignedVoucher): void {
    this.toSeller({ type: 'message', connection: 0, message: this.carry(voucherMessage(voucher)) })
  }

  /** Through the real encoding. */
  private carry(message: BttSpeedMessage): BttSpeedMessage {
    this.wire.push(message)
    const decoded = decodeBttSpeed(encodeBttSpeed(message))
    if (!decoded.ok) throw new Error(decoded.error.message)
    return decoded.value
  }
}
