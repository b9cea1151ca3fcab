/** Downloads a torrent from one seller and pays for it. */

import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { BuyerSession } from './buyer-session.ts'
import { judgeHello, ledgerOf, type Meeting, type Offer, sayHello } from './meeting.ts'
import type { Message, Reject } from './messages.ts'
import { blockBytes } from './money-rules.ts'
import { ids, Peer } from './peer.ts'
import { routeOf } from './routing.ts'
import { ledgerId } from './signing.ts'
import { isRight, pieceBytes, type Torrent } from './torrent.ts'
import type { Vault } from './vault.ts'

export interface BuyingOptions {
  readonly host: string
  readonly port: number
  readonly torrent: Torrent
  readonly vault: Vault
  readonly key: Buffer
  readonly w: bigint
  readonly m: bigint
  readonly budget: bigint
  readonly allowance: bigint
}

const requestsMax = 32
const tickMilliseconds = 20
/** The last statement comes within a second of the last block. */
const settleMilliseconds = 1_500

export class BuyingClient {
  readonly content: Buffer
  session: BuyerSession | undefined
  /** Codes that the seller refused something with. */
  readonly refusals: Reject[] = []
  readonly #options: BuyingOptions
  readonly #offer: Offer
  readonly #peer: Peer
  readonly #finished: Promise<void>
  #finish: () => void = () => undefined
  #meeting: Meeting | undefined
  #seller: Buffer | undefined
  /** Everything about money happens one after the other. */
  #queue: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #isChoked = true
  #next = 0
  #open = 0
  readonly #missing: number[]
  #isDone = false

  constructor(options: BuyingOptions) {
    const { torrent, vault, host, port } = options
    this.#options = options
    this.content = Buffer.alloc(torrent.length)
    this.#missing = torrent.hashes.map((_, piece) => pieceBytes(torrent, piece))
    this.#finished = new Promise((resolve) => {
      this.#finish = resolve
    })
    this.#offer = { v: 1, n: randomBytes(16), s: false, l: [ledgerId(vault.domain)] }
    this.#peer = new Peer(connect({ host, port }), torrent.infoHash, {
      onFrame: (id, payload) => this.#onFrame(id, payload),
      onGreeting: ({ offer }) => this.#onGreeting(offer),
      onSpeed: (message) => this.#then(() => this.#onSpeed(message)),
    })
    this.#peer.greet(this.#offer)
    this.#timer = setInterval(() => this.#then(async () => this.session?.tick(performance.now())), tickMilliseconds)
  }

  /** Resolves when every byte is there and paid for; rejects when the seller left before. */
  async download(): Promise<void> {
    try {
      const left = this.#peer.closed.then(() => {
        if (!this.#isDone) throw new Error(`the seller left; it refused: ${JSON.stringify(this.refusals)}`)
      })
      await Promise.race([this.#finished, left])
      await this.#settle()
      this.#then(async () => this.session?.want({ w: 0n, m: 0n }, performance.now()))
      await this.#queue
    } finally {
      this.#isDone = true
      clearInterval(this.#timer)
      this.#peer.end()
    }
  }

  /** Until no statement came for the time in which one must, and all is promised that was billed. */
  async #settle(): Promise<void> {
    let billed = -1n
    for (let quietSince = performance.now(); ; ) {
      await new Promise((resolve) => setTimeout(resolve, tickMilliseconds))
      const { session } = this
      if (session === undefined || session.stopped !== undefined) return
      if (session.billed.o !== billed) quietSince = performance.now()
      billed = session.billed.o
      if (session.isSettled && performance.now() > quietSince + settleMilliseconds) return
    }
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
      ownSells: false,
      otherSells: theirs.s,
    }
    const meeting = this.#meeting
    this.#then(async () => this.#peer.say(await sayHello(key, meeting)))
  }

  async #onSpeed(message: Message): Promise<void> {
    if (message.t === 5) this.refusals.push(message)
    if (this.#meeting === undefined) return
    if (message.t === 0) {
      const answer = await judgeHello(message, this.#meeting, this.#seller)
      if (answer !== 'bound') return this.#peer.say(answer)
      this.#seller = message.a
      const { vault, key, torrent, budget, allowance, w, m } = this.#options
      const terms = { domain: vault.domain, key, payer: vault.account, payee: message.a, piece: torrent.pieceLength }
      this.session = new BuyerSession({ ...terms, budget, allowance }, performance.now())
      return this.session.want({ w, m }, performance.now())
    }
    const route = routeOf(message, { isBound: this.session !== undefined, sells: false, buys: true })
    if (typeof route !== 'string') return this.#peer.say(route)
    if (route === 'buyer') await this.session?.receive(message, performance.now())
  }

  #onFrame(id: number, payload: Buffer): void {
    if (id === ids.bitfield || id === ids.have) this.#peer.send(ids.interested)
    if (id === ids.unchoke) this.#isChoked = false
    if (id === ids.choke) {
      // What was asked for will not come: it is asked for again, from the first piece that lacks something.
      this.#isChoked = true
      this.#open = 0
      this.#next = this.#missing.findIndex((bytes) => bytes > 0) * this.#options.torrent.pieceLength
    }
    if (id === ids.piece) this.#onBlock(payload)
    this.#ask()
  }

  #onBlock(payload: Buffer): void {
    const { torrent } = this.#options
    const [piece, begin] = [payload.readUInt32BE(0), payload.readUInt32BE(4)]
    const bytes = payload.length - 8
    const missing = this.#missing[piece] ?? 0
    this.#open = Math.max(0, this.#open - 1)
    if (missing === 0) return
    payload.copy(this.content, piece * torrent.pieceLength + begin, 8)
    this.#missing[piece] = missing - bytes
    const left = this.#missing.reduce((sum, each) => sum + each, 0)
    this.#then(async () => {
      this.session?.missing(left)
      this.session?.received(bytes)
    })
    if (missing > bytes) return
    const from = piece * torrent.pieceLength
    const length = pieceBytes(torrent, piece)
    if (!isRight(torrent, piece, this.content.subarray(from, from + length))) {
      this.#then(async () => this.session?.failed(length, true))
      return this.#peer.close()
    }
    this.#then(async () => this.session?.verified(length, performance.now()))
    if (this.#missing.every((left) => left === 0)) this.#finish()
  }

  #ask(): void {
    const { length, pieceLength } = this.#options.torrent
    while (!this.#isChoked && this.#open < requestsMax && this.#next >= 0 && this.#next < length) {
      const piece = Math.floor(this.#next / pieceLength)
      const begin = this.#next % pieceLength
      const bytes = Math.min(blockBytes, pieceLength - begin, length - this.#next)
      const request = Buffer.alloc(12)
      request.writeUInt32BE(piece, 0)
      request.writeUInt32BE(begin, 4)
      request.writeUInt32BE(bytes, 8)
      this.#peer.send(ids.request, request)
      this.#next += bytes
      this.#open += 1
    }
  }

  #then(step: () => Promise<void>): void {
    this.#queue = this.#queue.then(step).then(() => {
      for (const message of this.session?.outbox.splice(0) ?? []) this.#peer.say(message)
    })
  }
}
