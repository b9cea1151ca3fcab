/**
 * Threads that answer what takes long (calls, traces, simulations, logs) from the chain's files, so that consensus, the pool
 * and short questions never wait for it. A chain in memory has none: there is nothing that a thread could open.
 */

import { Worker } from 'node:worker_threads'
import { type Clock, type Logger, messageOf } from '@millrace/base'
import type { Hex } from 'viem'
import { RpcError, rpcCodes } from '../rpc/errors.ts'
import { JsonText } from '../rpc/json-text.ts'
import type { Answer, Job, Order, ReaderSetup } from './protocol.ts'

export const readerThreads = 2
/** Jobs that one thread works at in turns: a short one is answered beside long ones. */
export const threadJobsMax = 8
/** Jobs that wait for a place; one more is refused. */
export const waitingJobsMax = 256
/**
 * A thread gives a job up by itself after some seconds. One that is silent for so long sits in a single piece of work, which none
 * that we know of makes so long: it is ended, with all its jobs, and another takes its place.
 */
export const silenceMsMax = 20_000
const watchMs = 1000

export interface Readers {
  /**
   * The job's result as JSON.
   *
   * @throws RpcError of the method, or because too much waits already or the job took too long
   */
  run(job: Job): Promise<JsonText>
  close(): Promise<void>
}

export interface ReadersOptions extends ReaderSetup {
  readonly clock: Clock
  readonly logger: Logger
}

interface Pending {
  readonly job: Job
  readonly resolve: (result: JsonText) => void
  readonly reject: (error: Error) => void
}

interface Thread {
  readonly worker: Worker
  readonly jobs: Map<number, Pending>
  /** Of its last answer, or of the order that found it idle. */
  heardMs: number
}

/** The threads begin with the first job. */
export function openReaders({ folder, genesis, clock, logger }: ReadersOptions): Readers {
  const threads: (Thread | undefined)[] = Array.from({ length: readerThreads }, () => undefined)
  const waiting: Pending[] = []
  let nextId = 1
  let isClosed = false

  const start = (place: number): Thread => {
    const workerData: ReaderSetup = { folder, genesis }
    const thread: Thread = { worker: new Worker(workerUrl(), { workerData }), jobs: new Map(), heardMs: clock.now() }
    threads[place] = thread
    thread.worker.unref()
    thread.worker.on('message', (answer: Answer) => {
      thread.heardMs = clock.now()
      const pending = thread.jobs.get(answer.id)
      thread.jobs.delete(answer.id)
      if (pending !== undefined) settle(pending, answer)
      hand()
    })
    thread.worker.on('error', (error) => logger.log('error', 'a reader thread failed', { cause: messageOf(error) }))
    thread.worker.on('exit', () => lose(thread, place))
    return thread
  }

  const lose = (thread: Thread, place: number): void => {
    if (threads[place] === thread) threads[place] = undefined
    for (const { reject } of thread.jobs.values()) reject(tooLong())
    thread.jobs.clear()
    if (!isClosed) hand()
  }

  /** Gives what waits to the threads that have the fewest jobs. */
  const hand = (): void => {
    while (waiting.length > 0) {
      const counts = threads.map((thread) => thread?.jobs.size ?? 0)
      const place = counts.indexOf(Math.min(...counts))
      if ((counts[place] ?? 0) >= threadJobsMax) return
      const thread = threads[place] ?? start(place)
      const pending = waiting.shift()
      if (pending === undefined) return
      if (thread.jobs.size === 0) thread.heardMs = clock.now()
      const order: Order = { id: nextId++, job: pending.job }
      thread.jobs.set(order.id, pending)
      thread.worker.postMessage(order)
    }
  }

  const watch = setInterval(() => {
    for (const thread of threads) {
      if (thread === undefined || thread.jobs.size === 0 || clock.now() - thread.heardMs <= silenceMsMax) continue
      logger.log('warn', 'a reader thread is ended: it was silent for too long', { jobs: thread.jobs.size })
      void thread.worker.terminate()
    }
  }, watchMs)
  watch.unref()

  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        if (isClosed || waiting.length >= waitingJobsMax) return reject(tooMany())
        waiting.push({ job, resolve, reject })
        hand()
      }),
    async close() {
      isClosed = true
      clearInterval(watch)
      for (const { reject } of waiting.splice(0)) reject(tooMany())
      await Promise.all(threads.map((thread) => thread?.worker.terminate()))
    },
  }
}

function settle({ resolve, reject }: Pending, answer: Answer): void {
  if (answer.kind === 'result') return resolve(new JsonText(answer.json))
  if (answer.kind === 'failed') return reject(new Error(answer.message))
  // An RpcError's data is hex, and a message between threads keeps it.
  reject(new RpcError(answer.code, answer.message, answer.data as Hex | undefined))
}

function tooMany(): RpcError {
  return new RpcError(rpcCodes.limitExceeded, `limit exceeded: ${waitingJobsMax} calls wait already; try again later`)
}

function tooLong(): RpcError {
  return new RpcError(rpcCodes.server, 'execution aborted: it took too long')
}

/** The worker is JavaScript of the build, also when this module runs from its source (Node 20 loads no `.ts` worker). */
function workerUrl(here = import.meta.url): URL {
  const built = here.endsWith('.ts') ? '../../dist/readers/reader-worker.js' : './reader-worker.js'
  return new URL(built, here)
}
