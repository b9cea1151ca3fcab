/** A seeder by hand that sells: it serves what it is told, and states whatever a test wants to be paid for. */

import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:net'
import { bytesOf, freshKey, ledgerOf, type MoneyDomain, signSession } from './money-proofs.ts'
import { amount, amountOf, type Dict, messageIds, RawPeer } from './raw-peer.ts'

export interface SellerOptions {
  readonly host: string
  readonly infoHash: string
  readonly content: Buffer
  readonly pieceLength: number
  readonly domain: MoneyDomain
  readonly pricePerMiB: bigint
  /** Blocks that it sends on each connection before it falls silent. */
  readonly blocksMax: number
  readonly corrupts?: boolean
  /** Called for each btt_speed message on a connection that is bound. */
  readonly onMessage: (message: Dict, sale: Sale) => void
}

export interface Statement {
  readonly bytes: number
  readonly billed: bigint
  /** What it claims to have accepted; the truth when absent. */
  readonly accepted?: bigint
}

/** Our role where the other side buys. */
const sells = 2

/** One connection of a hostile seller. */
export class Sale {
  readonly peer: RawPeer
  readonly seller: HostileSeller
  sentBytes = 0
  bidNumber = 0

  constructor(peer: RawPeer, seller: HostileSeller) {
    this.peer = peer
    this.seller = seller
  }

  state({ bytes, billed, accepted }: Statement): void {
    const g = amount(accepted ?? this.seller.accepted)
    const n = [1, this.seller.nextCounter()]
    this.peer.sendSpeed({ t: 3, n, i: this.bidNumber, b: bytes, o: amount(billed), g, k: amount(0n) })
  }
}

export class HostileSeller {
  readonly options: SellerOptions
  readonly key = freshKey()
  readonly sales: Sale[] = []
  /** The highest sum that the buyer signed for it. */
  accepted = 0n
  /** Codes with which its statements were refused. */
  readonly refusals: number[] = []
  address = ''
  #server: Server | undefined
  #counter = 0

  private constructor(options: SellerOptions) {
    this.options = options
  }

  static async start(options: SellerOptions): Promise<HostileSeller> {
    const seller = new HostileSeller(options)
    const server = createServer((socket) => seller.#serve(new RawPeer(socket, options.infoHash)))
    seller.#server = server
    await new Promise<void>((resolve) => server.listen(0, options.host, resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('a TCP server has no port')
    seller.address = `${options.host}:${address.port}`
    return seller
  }

  nextCounter(): number {
    this.#counter += 1
    return this.#counter
  }

  close(): void {
    for (const { peer } of this.sales) peer.close()
    this.#server?.close()
  }

  #serve(peer: RawPeer): void {
    const { options } = this
    const sale = new Sale(peer, this)
    const nonce = randomBytes(16)
    this.sales.push(sale)
    peer.onRequest = (piece, begin, length) => this.#answer(sale, piece, begin, length)
    peer.onSpeed = (message) => this.#onSpeed(sale, message)
    peer.onGreeting = (greeting) => void this.#introduce(peer, nonce, greeting)
    peer.greet({ v: 1, n: nonce, s: 1, l: [ledgerOf(options.domain)] })
    const pieces = Math.ceil(options.content.length / options.pieceLength)
    if (pieces % 8 !== 0) throw new Error('this peer knows bitfields of whole bytes only')
    peer.send(messageIds.bitfield, Buffer.alloc(pieces / 8, 0xff))
    peer.send(messageIds.unchoke)
  }

  async #introduce(peer: RawPeer, ownNonce: Buffer, greeting: Dict): Promise<void> {
    const { domain, infoHash, pricePerMiB } = this.options
    const { n } = (greeting.btt_speed ?? {}) as Dict // a buyer's offer is a dictionary
    if (!Buffer.isBuffer(n)) return
    const ledger = ledgerOf(domain)
    const account = this.key.address
    const session = { ledger, account, ownNonce, otherNonce: n, infoHash, role: sells }
    peer.sendSpeed({ t: 0, a: bytesOf(account), z: await signSession(this.key, domain, session) })
    peer.sendSpeed({ t: 1, r: amount(pricePerMiB), p: amount(pricePerMiB), k: amount(0n), x: 600 })
  }

  #answer(sale: Sale, piece: number, begin: number, length: number): void {
    const { content, pieceLength, blocksMax, corrupts } = this.options
    // A choke says at once that the rest will not come (BEP 3).
    if (sale.sentBytes >= blocksMax * 16_384) return sale.peer.send(messageIds.choke)
    const at = piece * pieceLength + begin
    const payload = corrupts === true ? Buffer.alloc(length, 0xee) : content.subarray(at, at + length)
    sale.sentBytes += length
    sale.peer.sendPiece({ piece, begin, payload })
  }

  #onSpeed(sale: Sale, message: Dict): void {
    if (message.t === 2) sale.bidNumber = Number(message.n)
    if (message.t === 4 && amountOf(message.u) > this.accepted) this.accepted = amountOf(message.u)
    if (message.t === 5 && message.o === 3) this.refusals.push(Number(message.k))
    this.options.onMessage(message, sale)
  }
}
