/** A minimal seller towards one bound payer on one connection. It is told the time, and knows no socket and no chain. */

import type { Bid, Message, VoucherMessage } from './messages.ts'
import { reject } from './messages.ts'
import { isCovered, isQuoteDue, isStatementDue, type SentQuote, type VaultBooks } from './money-rules.ts'
import { type Domain, signerOf, type Voucher, voucherDigest } from './signing.ts'

export interface SellerTerms {
  readonly domain: Domain
  /** Ledgers that a voucher may be signed for by mistake. */
  readonly others: readonly Domain[]
  readonly payer: Buffer
  readonly payee: Buffer
  readonly bootId: number
  readonly quoteSeconds: number
}

export type Signed = Voucher & { readonly signature: Buffer }

const statementGap = 20
const statementPeriod = 1_000
const bidGap = 900

export class SellerSession {
  /** What is to be sent: the owner empties it. */
  readonly outbox: Message[] = []
  /** The payer's books as the chain told last; undefined before. */
  vault: VaultBooks | undefined
  newest: Signed | undefined
  isDisputed = false
  readonly #terms: SellerTerms
  #quote: (SentQuote & { readonly ask: bigint }) | undefined
  #bid: Bid | undefined
  #liveBidAt: number | undefined
  #isEchoDue = false
  #billed = { bytes: 0, amount: 0n, credit: 0n }
  #stated = 0n
  #counter = 0
  #statedAt: number | undefined
  /** The highest sum that was stated while it was above what was paid. */
  #owing = 0n
  #waiting: Signed | undefined

  constructor(terms: SellerTerms, newest?: Signed) {
    this.#terms = terms
    this.newest = newest
  }

  get paid(): bigint {
    return this.newest?.cumulative ?? 0n
  }

  /** The bid in force; undefined when there is none. */
  get bid(): Bid | undefined {
    return this.#bid !== undefined && this.#bid.w > 0n ? this.#bid : undefined
  }

  get quotedPrice(): bigint | undefined {
    return this.#quote?.price
  }

  price(ask: bigint, price: bigint, now: number): void {
    if (!isQuoteDue(price, this.#quote, now)) return
    const { quoteSeconds } = this.#terms
    this.#quote = { ask, price, sentAt: now, life: 1_000 * quoteSeconds }
    this.outbox.push({ t: 1, r: ask, p: price, k: this.#billed.credit, x: quoteSeconds })
  }

  async receive(message: Message, now: number): Promise<void> {
    if (message.t === 2) this.#onBid(message, now)
    if (message.t === 4) await this.#onVoucher(message)
    if (message.t === 5 && message.o === 3) {
      this.isDisputed = true
      this.#withdrawBid()
    }
  }

  billed(bytes: number, amount: bigint, credit: bigint, now: number): void {
    this.#billed = { bytes, amount, credit }
    this.tick(now)
  }

  /** The chain moved. */
  block(): void {
    const voucher = this.#waiting
    if (voucher === undefined || !this.#isCovered(voucher)) return
    this.#waiting = undefined
    if (this.#riseFault(voucher) === undefined) this.newest = voucher
  }

  tick(now: number): void {
    const { bytes, amount, credit } = this.#billed
    if (this.#statedAt !== undefined && now < this.#statedAt + statementGap) return
    const isUnpaid = this.#owing > this.paid && now >= (this.#statedAt ?? 0) + statementPeriod
    const sums = { unstated: amount - this.#stated, credit, ahead: this.paid - this.#stated }
    const isDue = isUnpaid || isStatementDue(sums, this.#statedAt, now)
    if (!isDue && !this.#isEchoDue) return
    this.#isEchoDue = false
    this.#stated = amount
    this.#statedAt = now
    this.#counter += 1
    if (amount > this.paid) this.#owing = amount
    const n = [this.#terms.bootId, this.#counter] as const
    this.outbox.push({ t: 3, n, i: this.#bid?.n ?? 0, b: bytes, o: amount, g: this.paid, k: credit })
  }

  leave(): void {
    this.#withdrawBid()
    this.outbox.push(reject(2, 10))
  }

  #onBid(bid: Bid, now: number): void {
    const code = this.#bidFault(bid, now)
    if (code !== undefined) {
      this.outbox.push(reject(2, code))
      return
    }
    this.#bid = bid
    if (bid.w > 0n) this.#liveBidAt = now
    this.#isEchoDue = true
    this.tick(now)
  }

  #bidFault(bid: Bid, now: number): number | undefined {
    if (this.#bid !== undefined && bid.n <= this.#bid.n) return 1
    if (bid.w === 0n) return undefined
    if (this.#quote === undefined || now >= this.#quote.sentAt + this.#quote.life) return 8
    if (bid.m < this.#quote.ask) return 6
    return this.#liveBidAt !== undefined && now - this.#liveBidAt < bidGap ? 9 : undefined
  }

  async #onVoucher(message: VoucherMessage): Promise<void> {
    const code = await this.#voucherFault(message)
    if (code !== undefined) this.outbox.push(reject(4, code))
  }

  async #voucherFault({ f, u, n, i, z }: VoucherMessage): Promise<number | undefined> {
    const { payer, payee, domain, others } = this.#terms
    if (!f.equals(payer)) return 11
    const voucher = { payer, payee, cumulative: u, seq: n, totalIssued: i, signature: z }
    const early = this.#riseFault(voucher)
    if (early !== undefined) return early
    for (const known of [domain, ...others]) {
      const signer = await signerOf(voucherDigest(known, voucher), z)
      if (signer === undefined) return 3
      if (!signer.equals(payer)) continue
      if (known !== domain) return 2
      if (this.#isCovered(voucher)) this.newest = voucher
      else this.#waiting = voucher
      return this.newest === voucher ? undefined : 4
    }
    return 3
  }

  #riseFault({ cumulative, seq, totalIssued }: Voucher): number | undefined {
    if (cumulative > totalIssued) return 1
    if (cumulative <= this.paid) return 5
    return this.newest !== undefined && seq <= this.newest.seq ? 5 : undefined
  }

  #isCovered({ cumulative, totalIssued }: Voucher): boolean {
    return this.vault !== undefined && isCovered(cumulative, totalIssued, this.vault)
  }

  #withdrawBid(): void {
    if (this.#bid !== undefined) this.#bid = { ...this.#bid, w: 0n }
  }
}
