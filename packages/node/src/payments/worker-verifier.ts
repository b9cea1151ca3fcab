/** The loop's side of the signature worker: signatures go out in batches, signers come back. */

import { Worker } from 'node:worker_threads'
import { type Logger, messageOf } from '@millrace/base'
import { type Account, recoverAddress, signatureBytes, type Verifier } from '@millrace/voucher'
import { decodeAnswers, digestBytes, encodeOrders, type SignedDigest } from './signature-batch.ts'

/** Signatures of one message to the worker. */
const batchMax = 64
/** Messages the worker has: one that it works on and one that it finds when that is done. */
const batchesOutMax = 2
/**
 * Signatures that wait. Each pair of accounts and each connection has one under way at most, so more than this are a flood;
 * what is beyond counts as not signed, and an honest peer's next voucher carries the same sum.
 */
export const waitingMax = 4_096

interface Waiting extends SignedDigest {
  readonly resolve: (signer: Account | undefined) => void
}

/** Owns the worker thread. It keeps the process alive only while it has something to do. */
export class WorkerVerifier implements Verifier {
  readonly #worker: Worker
  readonly #logger: Logger
  #waiting: Waiting[] = []
  readonly #out: (readonly Waiting[])[] = []
  #sending: NodeJS.Immediate | undefined
  #state: 'open' | 'dead' | 'closed' = 'open'

  constructor(logger: Logger) {
    this.#logger = logger
    this.#worker = new Worker(workerUrl())
    this.#worker.on('message', (answers: Uint8Array) => this.#receive(answers))
    this.#worker.on('error', (error) => this.#die(error))
    this.#worker.unref()
  }

  recover(digest: Uint8Array, signature: Uint8Array): Promise<Account | undefined> {
    const isNone = digest.length !== digestBytes || signature.length !== signatureBytes
    if (isNone || this.#state === 'closed' || this.#waiting.length >= waitingMax) return Promise.resolve(undefined)
    if (this.#state === 'dead') return Promise.resolve(recoverAddress(digest, signature))
    return new Promise((resolve) => {
      this.#waiting.push({ digest, signature, resolve })
      // What one turn of the loop asks for leaves together.
      this.#sending ??= setImmediate(() => this.#send())
    })
  }

  /** Ends the thread. What was not answered counts as not signed. */
  async close(): Promise<void> {
    this.#state = 'closed'
    // A process with nothing else to do waits for this.
    this.#worker.ref()
    await this.#worker.terminate()
    for (const { resolve } of this.#takeAll()) resolve(undefined)
  }

  #send(): void {
    this.#sending = undefined
    while (this.#waiting.length > 0 && this.#out.length < batchesOutMax && this.#state === 'open') {
      const batch = this.#waiting.slice(0, batchMax)
      this.#waiting = this.#waiting.slice(batchMax)
      this.#out.push(batch)
      this.#worker.ref()
      this.#worker.postMessage(encodeOrders(batch))
    }
  }

  #receive(answers: Uint8Array): void {
    const batch = this.#out.shift() ?? []
    this.#send()
    if (this.#out.length === 0) this.#worker.unref()
    const signers = decodeAnswers(answers)
    for (const [i, { resolve }] of batch.entries()) resolve(signers[i])
  }

  /** A thread that cannot run (no memory) does not end the trade: the loop does its work from then on. */
  #die(error: unknown): void {
    if (this.#state !== 'open') return
    this.#state = 'dead'
    this.#logger.log('error', 'the signature worker ended, signatures are checked on the loop', {
      reason: messageOf(error),
    })
    for (const { digest, signature, resolve } of this.#takeAll()) resolve(recoverAddress(digest, signature))
  }

  #takeAll(): Waiting[] {
    const all = [...this.#out.flat(), ...this.#waiting]
    this.#out.length = 0
    this.#waiting = []
    if (this.#sending !== undefined) clearImmediate(this.#sending)
    this.#sending = undefined
    return all
  }
}

/** The worker is JavaScript of the build, also when this module runs from its source (Node 20 loads no `.ts` worker). */
function workerUrl(here = import.meta.url): URL {
  const built = here.endsWith('.ts') ? '../../dist/payments/signature-worker.js' : './signature-worker.js'
  return new URL(built, here)
}
