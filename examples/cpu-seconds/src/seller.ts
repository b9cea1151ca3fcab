/**
 * Sells CPU time: the market says whose step is begun next whenever a thread is free. It is the market that sells upload, told of
 * another resource, and the payments are those of the client.
 */

import { createServer, type Server, type Socket } from 'node:net'
import { type Clock, type Logger, messageOf } from '@millrace/base'
import { addressGroupOf, type EpochReport, type UploadMarket } from '@millrace/market'
import type { PaidSession, PaymentOffer, Payments } from '@millrace/swarm'
import { decodeExtendedHandshake, encodeExtendedHandshake, ownExtensionIds } from '@millrace/wire'
import { cpu } from './cpu.ts'
import { Customer, torrentOf } from './customer.ts'
import type { Job } from './job.ts'
import { Link } from './link.ts'
import type { Message } from './messages.ts'
import type { Searcher } from './search-pool.ts'

export interface SellerParts {
  /** Of the resource `cpu`. */
  readonly market: UploadMarket
  readonly payments: Payments
  readonly searcher: Searcher
  readonly clock: Clock
  readonly logger: Logger
}

/** What was begun for one connection. */
export interface CustomerView {
  readonly port: number
  readonly paidUnits: number
  readonly freeUnits: number
  readonly awake: boolean
}

export const connectionsMax = 256
const greetingMillisecondsMax = 10_000
export const epochMilliseconds = 1_000

/** Owns the server, its connections and the loop that begins steps. */
export class CpuSeller {
  readonly #parts: SellerParts
  readonly #server: Server
  readonly #customers = new Map<number, Customer>()
  #nextId = 1
  #wake: NodeJS.Timeout | undefined
  #isPumping = false

  constructor(parts: SellerParts) {
    this.#parts = parts
    this.#server = createServer((socket) => this.#accept(socket))
  }

  /** @returns the real port where 0 was asked for */
  async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', resolve)
    })
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : port
  }

  /** To be called each second. The payments hear of it next. */
  epoch(): EpochReport {
    const report = this.#parts.market.epoch(this.#parts.clock.now())
    this.#pump()
    return report
  }

  views(): readonly CustomerView[] {
    return [...this.#customers.values()].flatMap(({ id, phase, remotePort }) => {
      if (phase.kind === 'greeting') return []
      const { paidBytes, freeBytes, awake } = this.#parts.market.peerView(id)
      return [{ port: remotePort, paidUnits: paidBytes, freeUnits: freeBytes, awake }]
    })
  }

  async close(): Promise<void> {
    clearTimeout(this.#wake)
    for (const { link } of this.#customers.values()) link.close('the seller ends')
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #accept(socket: Socket): void {
    if (this.#customers.size >= connectionsMax) {
      socket.destroy()
      return
    }
    const id = this.#nextId++
    const link = new Link(socket, {
      onMessage: (message) => this.#receive(customer, message),
      onClose: (reason) => this.#forget(customer, reason),
    })
    const customer = new Customer(id, link, socket.remotePort ?? 0)
    this.#customers.set(id, customer)
    const timer = setTimeout(() => {
      if (customer.phase.kind === 'greeting') link.close('no job in time')
    }, greetingMillisecondsMax)
    timer.unref()
  }

  #receive(customer: Customer, message: Message): void {
    const { phase, link } = customer
    if (phase.kind === 'greeting') return this.#greet(customer, message)
    if (message.kind === 'payment') phase.session?.receive(message.payload)
    else if (message.kind !== 'request') link.close(`a ${message.kind} from a buyer that is served`)
    else if (customer.ask(message.step)) this.#refresh(customer)
    else link.close('too many steps asked for')
    this.#pump()
  }

  #greet(customer: Customer, message: Message): void {
    const { phase, link } = customer
    if (phase.kind !== 'greeting') return
    if (message.kind === 'handshake' && phase.handshake === undefined) {
      const handshake = decodeExtendedHandshake(message.payload)
      if (!handshake.ok) return link.close('no handshake')
      customer.phase = { kind: 'greeting', handshake: handshake.value }
    } else if (message.kind === 'job' && phase.handshake !== undefined) {
      this.#serve(customer, message.job, phase.handshake.bttSpeed)
    } else link.close(`a ${message.kind} in the greeting`)
  }

  /** The peer is in the market from here on; who made no offer is one that does not pay. */
  #serve(customer: Customer, job: Job, peerOffer: PaymentOffer | undefined): void {
    const { market, payments, clock } = this.#parts
    const { id, outbox, link } = customer
    const now = clock.now()
    market.addPeer(id, addressGroupOf('127.0.0.1', id), now)
    market.setUnchoked(id, true, now)
    market.setInterested(id, true)
    const torrent = torrentOf(job, { leftBytes: () => 0, receivedBytes: () => 0 })
    const ownOffer = payments.offer(torrent)
    const offered = ownOffer === undefined ? {} : { bttSpeed: ownOffer }
    outbox.send({ kind: 'handshake', payload: encodeExtendedHandshake({ m: ownExtensionIds, ...offered }) })
    let session: PaidSession | undefined
    if (ownOffer !== undefined && peerOffer !== undefined) {
      session = payments.open({
        peer: id,
        torrent,
        remote: { host: '127.0.0.1', port: customer.remotePort },
        ownOffer,
        peerOffer,
        send: (payload) => outbox.send({ kind: 'payment', payload }),
        close: (reason) => link.close(reason),
      })
    }
    customer.phase = { kind: 'served', job, session }
  }

  #forget(customer: Customer, reason: string): void {
    const { id, phase } = customer
    this.#customers.delete(id)
    if (phase.kind === 'greeting') return
    phase.session?.onClose()
    this.#parts.market.removePeer(id, this.#parts.clock.now())
    this.#parts.logger.log('debug', 'a buyer left', { reason })
    this.#pump()
  }

  #refresh({ id, backlog }: Customer): void {
    this.#parts.market.setBacklog(id, backlog, this.#parts.clock.now())
  }

  /** Begins steps while a thread is free and the market names somebody. */
  #pump(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    const { market, searcher, clock } = this.#parts
    while (searcher.isFree) {
      const customer = this.#customers.get(market.choose(clock.now()))
      if (customer === undefined) break
      this.#begin(customer)
    }
    this.#isPumping = false
    clearTimeout(this.#wake)
    const wait = market.retryAtMs(clock.now()) - clock.now()
    if (searcher.isFree && Number.isFinite(wait)) this.#wake = setTimeout(() => this.#pump(), Math.max(0, wait))
  }

  #begin(customer: Customer): void {
    const { market, searcher, clock, logger } = this.#parts
    const { id, phase, link, outbox } = customer
    if (phase.kind === 'greeting') return
    const step = customer.take()
    market.served(id, cpu.stepUnits, clock.now())
    this.#refresh(customer)
    const fill = outbox.reserve()
    searcher.search({ seed: phase.job.seed, step }).then(
      (offsets) => {
        fill({ kind: 'result', step, offsets })
        this.#pump()
      },
      (error: unknown) => {
        logger.log('error', 'a step could not be done', { reason: messageOf(error) })
        link.close('a step could not be done')
      },
    )
  }
}
