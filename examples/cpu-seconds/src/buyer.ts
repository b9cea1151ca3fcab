/** Buys CPU time for one job from one seller: asks for steps, checks every share, and pays for what was right. */

import { connect } from 'node:net'
import { assert, type Logger } from '@millrace/base'
import type { PaidSession, PaidTorrent, PaymentOffer, Payments } from '@millrace/swarm'
import { decodeExtendedHandshake, encodeExtendedHandshake, ownExtensionIds } from '@millrace/wire'
import { cpu } from './cpu.ts'
import { torrentOf } from './customer.ts'
import type { Job } from './job.ts'
import { Link } from './link.ts'
import type { Message } from './messages.ts'
import { type Find, judgeStep } from './verdict.ts'

export interface BuyerParts {
  /** Absent: it offers nothing and lives on the free share. */
  readonly payments: Payments | undefined
  readonly logger: Logger
}

export interface BuyerTerms {
  readonly port: number
  readonly job: Job
  /** Ends the job without a goal. */
  readonly steps: number
}

/** What came of a job. */
export interface JobResult {
  readonly end: 'solved' | 'steps-used-up' | 'cheated' | 'closed'
  /** In words, where it did not end well. */
  readonly reason: string | undefined
  readonly rightSteps: number
  readonly wrongSteps: number
  readonly best: Find | undefined
}

/** Steps asked for ahead, so that the seller always knows of one. */
const stepsAhead = 8

/** Owns one connection. */
export class CpuBuyer {
  readonly #parts: BuyerParts
  readonly #terms: BuyerTerms
  readonly #torrent: PaidTorrent
  readonly #asked = new Set<number>()
  readonly #link: Link
  readonly #ownOffer: PaymentOffer | undefined
  #session: PaidSession | undefined
  #phase: 'greeting' | 'buying' | 'done' = 'greeting'
  #nextStep = 0
  #right = 0
  #wrong = 0
  #best: Find | undefined
  #end: JobResult['end'] = 'closed'
  #reason: string | undefined
  #finish: () => void = () => {}
  /** Resolves when nothing more is expected of the seller: all asked for came, or it was refused or left. */
  readonly finished: Promise<void>
  /** Our end of the connection, by which the seller's reports name us. */
  readonly localPort: Promise<number>

  constructor(parts: BuyerParts, terms: BuyerTerms) {
    this.#parts = parts
    this.#terms = terms
    this.#torrent = torrentOf(terms.job, {
      leftBytes: () => (this.#isSolved ? 0 : Math.max(0, terms.steps - this.#right) * cpu.stepUnits),
      receivedBytes: () => (this.#right + this.#wrong) * cpu.stepUnits,
    })
    this.#ownOffer = parts.payments?.offer(this.#torrent)
    this.finished = new Promise((resolve) => {
      this.#finish = resolve
    })
    const socket = connect({ host: '127.0.0.1', port: terms.port })
    this.localPort = new Promise((resolve) => socket.once('connect', () => resolve(socket.localPort ?? 0)))
    this.#link = new Link(socket, {
      onMessage: (message) => this.#receive(message),
      onClose: (reason) => this.#closed(reason),
    })
    const offered = this.#ownOffer === undefined ? {} : { bttSpeed: this.#ownOffer }
    this.#link.send({ kind: 'handshake', payload: encodeExtendedHandshake({ m: ownExtensionIds, ...offered }) })
    this.#link.send({ kind: 'job', job: terms.job })
  }

  get result(): JobResult {
    const [end, reason, rightSteps, wrongSteps, best] = [this.#end, this.#reason, this.#right, this.#wrong, this.#best]
    return { end, reason, rightSteps, wrongSteps, best }
  }

  /** Ends the connection; what was sent leaves first. */
  close(): void {
    this.#link.end()
  }

  #receive(message: Message): void {
    if (message.kind === 'payment') return this.#session?.receive(message.payload)
    if (message.kind === 'handshake' && this.#phase === 'greeting') return this.#greet(message.payload)
    if (message.kind === 'result' && this.#asked.delete(message.step)) return this.#take(message)
    this.#link.close(`a ${message.kind} that was not asked for`)
  }

  #greet(payload: Uint8Array): void {
    const handshake = decodeExtendedHandshake(payload)
    if (!handshake.ok) return this.#link.close('no handshake')
    const peerOffer = handshake.value.bttSpeed
    const { payments } = this.#parts
    if (payments !== undefined && this.#ownOffer !== undefined && peerOffer !== undefined) {
      this.#session = payments.open({
        peer: 1,
        torrent: this.#torrent,
        remote: { host: '127.0.0.1', port: this.#terms.port },
        ownOffer: this.#ownOffer,
        peerOffer,
        send: (bytes) => this.#link.send({ kind: 'payment', payload: bytes }),
        close: (reason) => this.#link.close(reason),
      })
    }
    this.#phase = 'buying'
    this.#askMore()
  }

  #take({ step, offsets }: Extract<Message, { readonly kind: 'result' }>): void {
    this.#session?.onBlock(step, cpu.stepUnits)
    const verdict = judgeStep(this.#terms.job, step, offsets)
    if (verdict.kind === 'wrong') return this.#refuse(step, verdict.fault)
    this.#right++
    if (verdict.best.bits > (this.#best?.bits ?? -1)) this.#best = verdict.best
    this.#session?.onVerified(step, cpu.stepUnits)
    if (this.#end === 'cheated') return this.#finishWhenEmpty()
    if (this.#isSolved) this.#end = 'solved'
    else if (this.#right >= this.#terms.steps) this.#end = 'steps-used-up'
    this.#askMore()
  }

  /** Nothing more is asked of it, and nothing more is paid for what was not right. */
  #refuse(step: number, fault: string): void {
    this.#wrong++
    this.#end = 'cheated'
    this.#reason ??= `step ${step} is wrong: ${fault}`
    this.#session?.onFailed(step, cpu.stepUnits, true)
    this.#parts.logger.log('warn', 'the seller cheats', { step, fault })
    this.#finishWhenEmpty()
  }

  get #isSolved(): boolean {
    return (this.#best?.bits ?? 0) >= this.#terms.job.goalBits
  }

  #askMore(): void {
    while (!this.#isSolved && this.#asked.size < stepsAhead && this.#nextStep < this.#terms.steps) {
      const step = this.#nextStep++
      assert(!this.#asked.has(step), 'a step that was not asked for')
      this.#asked.add(step)
      this.#link.send({ kind: 'request', step })
    }
    this.#finishWhenEmpty()
  }

  #finishWhenEmpty(): void {
    if (this.#asked.size > 0) return
    this.#phase = 'done'
    this.#finish()
  }

  #closed(reason: string): void {
    this.#reason ??= this.#phase === 'done' ? undefined : reason
    this.#session?.onClose()
    this.#finish()
  }
}
