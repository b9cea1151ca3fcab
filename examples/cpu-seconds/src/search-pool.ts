/** The loop's side of the hashing threads. */

import { Worker } from 'node:worker_threads'
import { assert, defined } from '@millrace/base'

export interface SearchOrder {
  readonly seed: Uint8Array
  readonly step: number
}

/** What a seller needs of its CPU. */
export interface Searcher {
  /** Room for another step now. */
  readonly isFree: boolean
  /** The offsets of the step's shares. Rejects when it cannot be done. */
  search(order: SearchOrder): Promise<readonly number[]>
}

/** Owns its threads; each does a step at a time, so what waits is the market's to order. */
export class SearchPool implements Searcher {
  readonly #workers: readonly Worker[]
  readonly #idle: Worker[]

  constructor(threads: number) {
    assert(threads >= 1, 'at least one thread')
    this.#workers = Array.from({ length: threads }, () => new Worker(workerUrl()))
    this.#idle = [...this.#workers]
  }

  get isFree(): boolean {
    return this.#idle.length > 0
  }

  search(order: SearchOrder): Promise<readonly number[]> {
    const worker = defined(this.#idle.pop(), 'a thread that is free')
    return new Promise((resolve, reject) => {
      const onError = (error: Error): void => reject(error)
      worker.once('error', onError)
      worker.once('message', (offsets: readonly number[]) => {
        worker.off('error', onError)
        this.#idle.push(worker)
        resolve(offsets)
      })
      worker.postMessage(order)
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }
}

/** The worker is JavaScript of the build, also when this module runs from its source (Node 20 loads no `.ts` worker). */
function workerUrl(here = import.meta.url): URL {
  return new URL(here.endsWith('.ts') ? '../dist/search-worker.js' : './search-worker.js', here)
}
