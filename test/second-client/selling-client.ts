/** Serves a torrent at one price: paced for who pays, at a trickle for who does not, and cashes what it was promised. */

import { randomBytes } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { judgeHello, ledgerOf, type Meeting, type Offer, sayHello } from './meeting.ts'
import type { Message, Reject } from './messages.ts'
import { costFloor, creditOf, exactCost, min } from './money-rules.ts'
import { ids, Peer } from './peer.ts'
import { routeOf } from './routing.ts'
import { SellerSession } from './seller-session.ts'
import { ledgerId } from './signing.ts'
import type { Torrent } from './torrent.ts'
import type { Vault } from './vault.ts'

export interface SellingOptions {
  readonly host: string
  readonly torrent: Torrent
  readonly content: Buffer
  readonly vault: Vault
  readonly key: Buffer
  readonly ask: bigint
}

interface Request {
  readonly piece: number
  readonly begin: number
  readonly length: number
}

const tickMilliseconds = 10
const quoteSeconds = 60
/** What who does not pay gets. */
const freeBytesPerSecond = 64 << 10
const requestBytesMax = 1 << 17
const requestsMax = 1_024

export class SellingClient {
  readonly sales: Sale[] = []
  readonly #options: SellingOptions
  readonly #server: Server

  private constructor(options: SellingOptions) {
    this.#options = options
    this.#server = createServer((socket) => this.sales.push(new Sale(socket, options)))
  }

  static async start(options: SellingOptions): Promise<SellingClient> {
    const client = new SellingClient(options)
    await new Promise<void>((resolve) => client.#server.listen(0, options.host, resolve))
    return client
  }

  get address(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('a TCP server has no port')
    return `${this.#options.host}:${address.port}`
  }

  /** Cashes the newest voucher of each buyer, in the order in which they came. */
  async cash(): Promise<void> {
    for (const { session } of this.sales) {
      if (session?.newest !== undefined) await this.#options.vault.cash(session.newest)
    }
  }

  close(): void {
    for (const sale of this.sales) sale.close()
    this.#server.close()
  }
}

/** One connection. */
export class Sale {
  session: SellerSession | undefined
  buyer: Buffer | undefined
  billed = 0n
  billedBytes = 0
  readonly refusals: Reject[] = []
  readonly #options: SellingOptions
  readonly #offer: Offer
  readonly #peer: Peer
  readonly #requests: Request[] = []
  readonly #timer: NodeJS.Timeout
  #meeting: Meeting | undefined
  #queue: Promise<void> = Promise.resolve()
  #exactBilled = 0n
  /** The bid that is served, since when, and what was billed before it. */
  #pace: { readonly number: number; readonly since: number; readonly billedBefore: bigint } | undefined
  #freeAt = performance.now()

  constructor(socket: Socket, options: SellingOptions) {
    this.#options = options
    this.#offer = { v: 1, n: randomBytes(16), s: true, l: [ledgerId(options.vault.domain)] }
    this.#peer = new Peer(socket, options.torrent.infoHash, {
      onFrame: (id, payload) => this.#onFrame(id, payload),
      onGreeting: ({ offer }) => this.#onGreeting(offer),
      onSpeed: (message) => this.#then(() => this.#onSpeed(message)),
    })
    this.#peer.greet(this.#offer)
    this.#peer.send(ids.bitfield, fullBitfield(options.torrent.hashes.length))
    this.#timer = setInterval(() => this.#tick(), tickMilliseconds)
    void this.#peer.closed.then(() => clearInterval(this.#timer))
  }

  close(): void {
    this.#peer.close()
  }

  #onGreeting(theirs: Offer | undefined): void {
    if (theirs === undefined || this.#meeting !== undefined || ledgerOf(this.#offer, theirs) === undefined) return
    const { vault, torrent, key } = this.#options
    this.#meeting = {
      domain: vault.domain,
      ownAccount: vault.account,
      infoHash: torrent.infoHash,
      ownNonce: this.#offer.n,
      otherNonce: theirs.n,
      ownSells: true,
      otherSells: theirs.s,
    }
    const meeting = this.#meeting
    this.#then(async () => this.#peer.say(await sayHello(key, meeting)))
  }

  async #onSpeed(message: Message): Promise<void> {
    if (message.t === 5) this.refusals.push(message)
    if (this.#meeting === undefined) return
    if (message.t === 0) return this.#onHello(await judgeHello(message, this.#meeting, this.buyer), message.a)
    const route = routeOf(message, { isBound: this.session !== undefined, sells: true, buys: false })
    if (typeof route !== 'string') return this.#peer.say(route)
    if (route !== 'seller' || this.session === undefined || this.buyer === undefined) return
    const { vault } = this.#options
    if (message.t === 4) this.session.vault = await vault.booksOf(this.buyer, vault.account)
    await this.session.receive(message, performance.now())
  }

  #onHello(answer: 'bound' | Reject, account: Buffer): void {
    if (answer !== 'bound') return this.#peer.say(answer)
    const { vault, ask } = this.#options
    this.buyer = account
    const parties = { payer: account, payee: vault.account }
    const bootId = Math.floor(Date.now() / 1000)
    this.session = new SellerSession({ ...parties, domain: vault.domain, others: [], bootId, quoteSeconds })
    this.session.price(ask, ask, performance.now())
  }

  #onFrame(id: number, payload: Buffer): void {
    if (id === ids.interested) this.#peer.send(ids.unchoke)
    if (id !== ids.request || this.#requests.length >= requestsMax) return
    const [piece, begin, length] = [payload.readUInt32BE(0), payload.readUInt32BE(4), payload.readUInt32BE(8)]
    if (length <= requestBytesMax) this.#requests.push({ piece, begin, length })
    this.#serve()
  }

  #tick(): void {
    const now = performance.now()
    this.session?.price(this.#options.ask, this.#options.ask, now)
    this.session?.tick(now)
    this.#serve()
    this.#flush()
  }

  #serve(): void {
    for (let request = this.#requests[0]; request !== undefined; request = this.#requests[0]) {
      const now = performance.now()
      const service = this.#serviceFor(request, now)
      if (service === 'later') return
      this.#requests.shift()
      const { content, torrent } = this.#options
      const at = request.piece * torrent.pieceLength + request.begin
      const place = Buffer.alloc(8)
      place.writeUInt32BE(request.piece, 0)
      place.writeUInt32BE(request.begin, 4)
      this.#peer.send(ids.piece, Buffer.concat([place, content.subarray(at, at + request.length)]))
      if (service === 'free') this.#freeAt = Math.max(this.#freeAt, now) + (1_000 * request.length) / freeBytesPerSecond
      else this.#bill(request.length, now)
    }
  }

  #serviceFor({ length }: Request, now: number): 'paid' | 'free' | 'later' {
    const { session } = this
    const bid = session?.bid
    if (session === undefined || bid === undefined) return now >= this.#freeAt ? 'free' : 'later'
    if (this.#pace?.number !== bid.n) this.#pace = { number: bid.n, since: now, billedBefore: this.billed }
    const price = min(session.quotedPrice ?? 0n, bid.m)
    const after = costFloor(this.#exactBilled + exactCost(length, price))
    if (after > session.paid + this.#credit(bid.w)) return now >= this.#freeAt ? 'free' : 'later'
    const allowed = (bid.w * BigInt(Math.floor(now - this.#pace.since))) / 1_000n
    return this.billed - this.#pace.billedBefore <= allowed ? 'paid' : 'later'
  }

  #credit(w: bigint): bigint {
    const { ask, torrent } = this.#options
    return creditOf({ paid: this.session?.paid ?? 0n, price: ask, w, ts: 500, unit: torrent.pieceLength })
  }

  #bill(bytes: number, now: number): void {
    const { session } = this
    const bid = session?.bid
    if (session === undefined || bid === undefined) return
    this.#exactBilled += exactCost(bytes, min(session.quotedPrice ?? 0n, bid.m))
    this.billed = costFloor(this.#exactBilled)
    this.billedBytes += bytes
    session.billed(this.billedBytes, this.billed, this.#credit(bid.w), now)
    this.#flush()
  }

  #then(step: () => Promise<void>): void {
    this.#queue = this.#queue.then(step).then(() => this.#flush())
  }

  #flush(): void {
    for (const message of this.session?.outbox.splice(0) ?? []) this.#peer.say(message)
  }
}

/** BEP 3: one bit a piece, the rest of the last byte zero. */
function fullBitfield(pieces: number): Buffer {
  const bits = Buffer.alloc(Math.ceil(pieces / 8), 0xff)
  const rest = pieces % 8
  if (rest > 0) bits[bits.length - 1] = (0xff << (8 - rest)) & 0xff
  return bits
}
