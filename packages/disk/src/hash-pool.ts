/** The loop's side of the hash workers: orders go out in batches, answers come back as calls and promises. */

import { Worker } from 'node:worker_threads'
import { assert, bytesPerMiB, defined, messageOf } from '@millrace/base'
import type { DiskFailure } from './errors.ts'
import { sizeOfPiece } from './layout.ts'
import type { WorkerAnswer, WorkerOrder, WorkerReport, WorkerRequest, WorkerSetup } from './worker-protocol.ts'

/** A batch of small pieces leaves at once when it is this large, else at the end of the loop's turn. */
const batchBytesMax = bytesPerMiB

export interface HashPoolEvents {
  onVerdict(slot: number, isRight: boolean): void
  onUnwritten(slots: readonly number[], failure: DiskFailure): void
}

type RequestBody = WorkerRequest extends infer R ? (R extends { id: number } ? Omit<R, 'id'> : never) : never

/** Owns the worker threads. They keep the process alive only while they have something to do. */
export class HashPool {
  readonly #setup: WorkerSetup
  readonly #members: Member[]

  constructor(setup: WorkerSetup, count: number, events: HashPoolEvents) {
    assert(count >= 1, 'at least one hash worker')
    this.#setup = setup
    this.#members = Array.from({ length: count }, () => new Member(setup, events))
  }

  get size(): number {
    return this.#members.length
  }

  commit(slot: number, piece: number): void {
    this.#idlest().commit(slot, piece, sizeOfPiece(this.#setup.layout, piece))
  }

  /** SHA-1 of pieces as they lie on disk. */
  digest(pieces: readonly number[]): Promise<WorkerAnswer> {
    return this.#idlest().request({ type: 'digest', pieces })
  }

  fill(fileIndex: number, from: number, to: number): Promise<WorkerAnswer> {
    return this.#idlest().request({ type: 'fill', fileIndex, from, to })
  }

  /** Resolves when everything ordered before is done and all files are closed. */
  async reset(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.request({ type: 'reset' })))
  }

  async close(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.close()))
  }

  #idlest(): Member {
    return this.#members.reduce((best, member) => (member.load < best.load ? member : best))
  }
}

/** The worker is JavaScript of the build, also when this module runs from its source (Node 20 loads no `.ts` worker). */
export function workerUrl(here = import.meta.url): URL {
  return here.endsWith('.ts') ? new URL('../dist/worker.js', here) : new URL('./worker.js', here)
}

class Member {
  readonly #worker: Worker
  readonly #events: HashPoolEvents
  readonly #requests = new Map<number, (answer: WorkerAnswer) => void>()
  #nextId = 0
  /** Slots that the worker has. */
  readonly #out = new Set<number>()
  #slots: number[] = []
  #pieces: number[] = []
  #batchBytes = 0
  #sending: NodeJS.Immediate | undefined
  #death: DiskFailure | undefined

  constructor(setup: WorkerSetup, events: HashPoolEvents) {
    this.#events = events
    this.#worker = new Worker(workerUrl(), { workerData: setup })
    this.#worker.on('message', (report: WorkerReport) => this.#receive(report))
    this.#worker.on('error', (error) => this.#die(error))
    this.#worker.unref()
  }

  get load(): number {
    return this.#out.size + this.#requests.size
  }

  commit(slot: number, piece: number, bytes: number): void {
    this.#slots.push(slot)
    this.#pieces.push(piece)
    this.#batchBytes += bytes
    this.#out.add(slot)
    if (this.#batchBytes >= batchBytesMax && this.#death === undefined) this.#send()
    else this.#sending ??= setImmediate(() => this.#send())
  }

  request(body: RequestBody): Promise<WorkerAnswer> {
    this.#send()
    const id = this.#nextId++
    return new Promise((resolve) => {
      if (this.#death !== undefined) {
        resolve({ kind: 'failed', failure: this.#death })
        return
      }
      this.#requests.set(id, resolve)
      this.#post({ ...body, id })
    })
  }

  async close(): Promise<void> {
    if (this.#sending !== undefined) clearImmediate(this.#sending)
    await this.#worker.terminate()
  }

  #send(): void {
    if (this.#sending !== undefined) clearImmediate(this.#sending)
    this.#sending = undefined
    if (this.#slots.length === 0) return
    const order: WorkerOrder = { type: 'commit', slots: this.#slots, pieces: this.#pieces }
    this.#slots = []
    this.#pieces = []
    this.#batchBytes = 0
    if (this.#death === undefined) {
      this.#post(order)
      return
    }
    this.#settled(order.slots)
    this.#events.onUnwritten(order.slots, this.#death)
  }

  #post(order: WorkerOrder): void {
    this.#worker.ref()
    this.#worker.postMessage(order)
  }

  #receive(report: WorkerReport): void {
    switch (report.type) {
      case 'verdicts':
        this.#settled(report.slots)
        report.slots.forEach((slot, i) => {
          this.#events.onVerdict(slot, defined(report.right[i], 'a verdict for each slot'))
        })
        return
      case 'unwritten':
        this.#settled(report.slots)
        this.#events.onUnwritten(report.slots, report.failure)
        return
      case 'done': {
        const resolve = defined(this.#requests.get(report.id), 'an answer to an open request')
        this.#requests.delete(report.id)
        this.#settled([])
        resolve(report.answer)
      }
    }
  }

  #settled(slots: readonly number[]): void {
    for (const slot of slots) this.#out.delete(slot)
    if (this.load === 0) this.#worker.unref()
  }

  #die(error: unknown): void {
    this.#death = { errno: 'EIO', message: messageOf(error), doing: 'hashing in the worker for', path: 'the torrent' }
    for (const resolve of this.#requests.values()) resolve({ kind: 'failed', failure: this.#death })
    this.#requests.clear()
    const lost = [...this.#out]
    this.#out.clear()
    if (lost.length > 0) this.#events.onUnwritten(lost, this.#death)
  }
}
