/** A buyer by hand that signs whatever a test wants, against a real selling seeder. */

import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import type { PrivateKeyAccount } from 'viem/accounts'
import {
  bytesOf,
  freshKey,
  hexOf,
  ledgerOf,
  type MoneyDomain,
  type SessionFields,
  signSession,
  signVoucher,
  type VoucherFields,
} from './money-proofs.ts'
import { amount, type Bencoded, type Dict, RawPeer } from './raw-peer.ts'

export interface BuyerOptions {
  readonly port: number
  readonly infoHash: string
  readonly domain: MoneyDomain
  readonly key?: PrivateKeyAccount
  readonly nonce?: Buffer
}

/** Our role where the other side sells and we do not. */
const buys = 1

export class HostileBuyer {
  readonly peer: RawPeer
  readonly key: PrivateKeyAccount
  readonly options: BuyerOptions
  readonly ownNonce: Buffer

  private constructor(options: BuyerOptions) {
    this.options = options
    this.key = options.key ?? freshKey()
    this.ownNonce = options.nonce ?? randomBytes(16)
    this.peer = new RawPeer(connect({ host: '127.0.0.1', port: options.port }), options.infoHash)
  }

  /** Connected; the extended handshake is the test's to send. */
  static unannounced(options: BuyerOptions): HostileBuyer {
    return new HostileBuyer(options)
  }

  /**
   * Connected and agreed on the ledger; nobody has said who it is. A seller that still checks its files greets without
   * an offer, and again with one when it has something to sell.
   */
  static async connect(options: BuyerOptions): Promise<HostileBuyer> {
    const buyer = new HostileBuyer(options)
    buyer.peer.greet({ v: 1, n: buyer.ownNonce, s: 0, l: [ledgerOf(options.domain)] })
    await buyer.peer.until('a handshake that offers btt_speed', () => buyer.peer.greeting?.btt_speed)
    return buyer
  }

  /** Connected, with an account that the seller has bound, and quoted. */
  static async open(options: BuyerOptions): Promise<HostileBuyer> {
    const buyer = await HostileBuyer.connect(options)
    await buyer.sayHello()
    await buyer.peer.untilSpeed(1)
    return buyer
  }

  get otherNonce(): Buffer {
    const offer = this.peer.greeting?.btt_speed as Dict // a selling seeder offers
    return offer.n as Buffer // as docs/spec/btt-speed.md has it
  }

  /** A hello; `changes` are the lies in what is signed, `claimed` the account that is named. */
  async sayHello(changes: Partial<SessionFields> = {}, claimed = this.key.address, domain = this.options.domain) {
    const fields = {
      ledger: ledgerOf(domain),
      account: claimed,
      ownNonce: this.ownNonce,
      otherNonce: this.otherNonce,
      infoHash: this.options.infoHash,
      role: buys,
      ...changes,
    }
    const message = { t: 0, a: bytesOf(claimed), z: await signSession(this.key, domain, fields) }
    this.peer.sendSpeed(message)
    return message
  }

  /** The seller's account, once it said hello. */
  async payee(): Promise<`0x${string}`> {
    return hexOf((await this.peer.untilSpeed(0)).a as Buffer) // 20 bytes
  }

  bid(number: number, spendRate: bigint, priceMax: bigint): void {
    this.peer.sendSpeed({ t: 2, n: number, w: amount(spendRate), m: amount(priceMax) })
  }

  /** A voucher over `cumulative`; `changes` are the lies in what is signed and sent. */
  async voucher(cumulative: bigint, seq: bigint, changes: Partial<VoucherFields> = {}, domain = this.options.domain) {
    const payer = this.key.address
    const fields = { payer, payee: await this.payee(), cumulative, seq, totalIssued: cumulative, ...changes }
    const signature = await signVoucher(this.key, domain, fields)
    return {
      t: 4,
      f: bytesOf(fields.payer),
      u: amount(fields.cumulative),
      n: fields.seq,
      i: amount(fields.totalIssued),
      z: signature,
    }
  }

  /** Sends a message and gives the code with which it, or another of its `t`, is refused from then on. */
  async refusalOf(message: Bencoded, t: number): Promise<unknown> {
    const from = this.peer.speed.length
    this.peer.sendSpeed(message)
    return (await this.peer.untilSpeed(5, (reject) => reject.o === t, from)).k
  }

  /** Resolves when the seller states that it has accepted vouchers up to `sum`. */
  async untilAccepted(sum: bigint): Promise<Dict> {
    const wanted = amount(sum)
    return this.peer.untilSpeed(3, (statement) => wanted.equals(statement.g as Buffer)) // an amount
  }

  close(): void {
    this.peer.close()
  }
}
