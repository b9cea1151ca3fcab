/** A minimal buyer towards one bound seller on one connection. It is told the time, and knows no socket and no chain. */

import type { Message, Reject, Statement, VoucherMessage } from './messages.ts'
import { reject } from './messages.ts'
import { ceilDivide, costCeil, faultOf, max, min, owedOf, prepaymentOf, type Sums } from './money-rules.ts'
import { type Domain, signDigest, voucherDigest } from './signing.ts'

export interface BuyerTerms {
  readonly domain: Domain
  readonly key: Buffer
  readonly payer: Buffer
  readonly payee: Buffer
  readonly piece: number
  readonly allowance: bigint
  /** Of all vouchers together. */
  readonly budget: bigint
}

interface Want {
  readonly w: bigint
  readonly m: bigint
}

const bidGap = 1_050
const resendAfter = 1_000
const nothing: Want = { w: 0n, m: 0n }

export class BuyerSession {
  /** What is to be sent: the owner empties it. */
  readonly outbox: Message[] = []
  /** Why no more is paid. */
  stopped: string | undefined
  /** Cumulative sum of the newest voucher. */
  promised = 0n
  readonly #terms: BuyerTerms
  #want = nothing
  #quote: { readonly price: bigint; readonly endsAt: number } | undefined
  #sent: (Want & { readonly n: number }) | undefined
  #counted: (Want & { readonly n: number }) | undefined
  #bidAt: number | undefined
  #bids = 0
  #seq = 0n
  #newest: { readonly message: VoucherMessage; readonly sentAt: number } | undefined
  #isUncovered = false
  #ahead = 0n
  /** Bytes that are missing still; unknown at first. */
  #left: number | undefined
  #version: readonly [number, number] = [-1, -1]
  #base: (Sums & { readonly owed: bigint }) | undefined
  #last: Sums = { b: 0, o: 0n }
  #received = 0
  #verified = 0
  #failed = 0
  #badPiece = false
  #allowed = 0n
  #w = 0n
  #price = 0n
  #countedTo: number

  constructor(terms: BuyerTerms, now: number) {
    this.#terms = terms
    this.#countedTo = now
  }

  /** What the newest statement says was billed, from the first on. */
  get billed(): Sums {
    return this.#last
  }

  /** All that was billed is promised. */
  get isSettled(): boolean {
    return this.promised >= (this.#base?.owed ?? 0n) + this.#last.o
  }

  async want(want: Want, now: number): Promise<void> {
    this.#pass(now)
    this.#want = want.w === 0n ? nothing : want
    await this.#act(now)
  }

  received(bytes: number): void {
    this.#received += bytes
  }

  async verified(bytes: number, now: number): Promise<void> {
    this.#pass(now)
    this.#verified += bytes
    await this.#act(now)
  }

  /** Nobody is paid ahead for more than what is missing. */
  missing(bytes: number): void {
    this.#left = bytes
  }

  failed(bytes: number, guilty: boolean): void {
    this.#failed += bytes
    this.#badPiece ||= guilty
  }

  async tick(now: number): Promise<void> {
    this.#pass(now)
    await this.#act(now)
  }

  async block(now: number): Promise<void> {
    this.#pass(now)
    if (this.#isUncovered) this.#resend(now)
    else await this.#act(now)
    this.#isUncovered = false
  }

  async receive(message: Message, now: number): Promise<void> {
    this.#pass(now)
    if (message.t === 1) {
      this.#quote = { price: message.p, endsAt: now + 1_000 * message.x }
      this.#pass(now)
    }
    if (message.t === 3 && !this.#takes(message, now)) return
    if (message.t === 5) this.#onReject(message)
    await this.#act(now)
  }

  /** S, W and P of the page: before anything changes, and after the price or a bid did. */
  #pass(now: number): void {
    const w = max(this.#counted?.w ?? 0n, this.#sent?.w ?? 0n)
    const microseconds = BigInt(Math.ceil((now - this.#countedTo) * 1_000))
    this.#allowed += ceilDivide(w * microseconds, 1_000_000n)
    this.#w = max(this.#w, w)
    const cap = max(this.#counted?.m ?? 0n, this.#sent?.m ?? 0n)
    this.#price = max(this.#price, min(cap, this.#quote?.price ?? 0n))
    this.#countedTo = now
  }

  /** Whether a statement held, so that there is something to do. */
  #takes(statement: Statement, now: number): boolean {
    if (statement.i === this.#sent?.n) this.#counted = this.#sent
    const [boot, counter] = this.#version
    const isNewer = statement.n[0] > boot || (statement.n[0] === boot && statement.n[1] > counter)
    if (!isNewer || this.stopped !== undefined) return false
    this.#version = statement.n
    const base = this.#baseFor(statement)
    const next = { b: statement.b - base.b, o: statement.o - base.o }
    const terms = { received: this.#received, price: this.#price, allowed: this.#allowed, w: this.#w, connections: 1 }
    const fault = faultOf(this.#last, next, terms) ?? (statement.g > this.promised ? 'never-signed' : undefined)
    if (fault !== undefined) {
      this.outbox.push(reject(3, 7))
      this.#stop(fault)
      return false
    }
    this.#base = base
    this.#last = next
    this.#price = 0n
    this.#pass(now)
    const isLost = statement.g < this.promised && now >= (this.#newest?.sentAt ?? 0) + resendAfter
    if (isLost && !this.#isUncovered) this.#resend(now)
    return true
  }

  /** This buyer promised nothing before it met the seller. */
  #baseFor({ o, b }: Statement): Sums & { readonly owed: bigint } {
    if (this.#base === undefined) return { o: 0n, b: b - Math.min(b, this.#received), owed: 0n }
    const base = { o: min(this.#base.o, o - this.#last.o), b: Math.min(this.#base.b, b - this.#last.b) }
    return { ...base, owed: base.o < this.#base.o ? min(this.#base.owed, base.o) : this.#base.owed }
  }

  #onReject({ o, k }: Reject): void {
    if (o === 4 && k === 4) this.#isUncovered = true
    else if (o === 4 && k !== 5 && k !== 9 && k !== 10) this.#stop(`a voucher was refused with code ${k}`)
    if (o === 2 && (k === 6 || k === 10)) this.#want = nothing
    if (o === 2 && k === 8) this.#quote = undefined
    if (o === 2 && k !== 10 && this.#sent?.w !== 0n) this.#sent = this.#counted
  }

  async #act(now: number): Promise<void> {
    this.#placeBid(now)
    await this.#pay(now)
  }

  #placeBid(now: number): void {
    const { w, m } = this.stopped === undefined ? this.#want : nothing
    const last = this.#sent ?? nothing
    if (w === last.w && (w === 0n || m === last.m)) return
    const isLive = this.#quote !== undefined && now < this.#quote.endsAt
    const isTime = this.#bidAt === undefined || now >= this.#bidAt + bidGap
    if (w > 0n && !(isLive && isTime)) return
    this.#bids += 1
    this.#sent = { n: this.#bids, w, m }
    if (w > 0n) this.#bidAt = now
    this.outbox.push({ t: 2, n: this.#bids, w, m })
    this.#pass(now)
    const price = this.#quote?.price ?? 0n
    const { piece, allowance } = this.#terms
    if (w > 0n && price <= m) this.#ahead = max(this.#ahead, prepaymentOf(price, w, piece, allowance))
  }

  async #pay(now: number): Promise<void> {
    if (this.stopped !== undefined || (this.#base === undefined && this.promised > 0n)) return
    const { b: billedBytes, o: billed } = this.#last
    const received = this.#received - this.#failed
    const { piece, budget } = this.#terms
    const sums = { billed, billedBytes, verified: this.#verified, received, piece, badPiece: this.#badPiece }
    const target = min((this.#base?.owed ?? 0n) + owedOf(sums) + this.#aheadNow(), budget)
    if (target <= this.promised) return
    this.promised = target
    this.#seq += 1n
    this.#newest = { message: await this.#sign(target, this.#seq), sentAt: now }
    this.outbox.push(this.#newest.message)
  }

  #aheadNow(): bigint {
    if (this.#badPiece) return 0n
    return this.#left === undefined ? this.#ahead : min(this.#ahead, costCeil(this.#left, this.#quote?.price ?? 0n))
  }

  /** One account for one seller: the total is the cumulative sum. */
  async #sign(cumulative: bigint, seq: bigint): Promise<VoucherMessage> {
    const { domain, key, payer, payee } = this.#terms
    const voucher = { payer, payee, cumulative, seq, totalIssued: cumulative }
    const signature = await signDigest(key, voucherDigest(domain, voucher))
    return { t: 4, f: payer, u: cumulative, n: seq, i: cumulative, z: signature }
  }

  #resend(now: number): void {
    if (this.#newest === undefined) return
    this.#newest = { ...this.#newest, sentAt: now }
    this.outbox.push(this.#newest.message)
  }

  #stop(reason: string): void {
    this.stopped = reason
    this.#placeBid(this.#countedTo)
  }
}
