/** Runs a sweep in worker threads. Which thread runs a cell decides nothing: the result is the same to the byte for any number. */

import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { messageOf } from '@millrace/base'
import type { Scenario } from '../scenario.ts'
import type { Reading } from '../studies/study.ts'
import { placeOf, runsOf, type SweepPlan, type SweepResult, type SweepRun, sweepResult } from './sweep.ts'
import { SweepError } from './sweep-error.ts'

export const workersMax = 256

export interface CellOrder {
  readonly index: number
  readonly scenario: Scenario
}

export type CellAnswer =
  | { readonly index: number; readonly reading: Reading }
  | { readonly index: number; readonly failure: string }

export interface SweepOptions {
  /** One a core when absent. */
  readonly workers?: number
  /** Told after each run. */
  readonly onRun?: (done: number, of: number) => void
}

/**
 * @throws SweepError: `bad-parameter` before anything runs, `cell-failed` with the cell of the first run that failed
 * @example
 * const result = await runSweep(plan, { workers: 4 })
 * result.cells[0].values.mean // seconds, one a seed
 */
export async function runSweep(plan: SweepPlan, options: SweepOptions = {}): Promise<SweepResult> {
  const runs = runsOf(plan)
  const workers = options.workers ?? availableParallelism()
  if (!Number.isSafeInteger(workers) || workers < 1 || workers > workersMax) {
    throw new SweepError('bad-parameter', `${workers} workers: expected 1 to ${workersMax}`)
  }
  const readings = await new Pool(plan, runs, options).run(Math.min(workers, runs.length))
  return sweepResult(plan, readings)
}

class Pool {
  readonly #plan: SweepPlan
  readonly #runs: readonly SweepRun[]
  readonly #options: SweepOptions
  readonly #readings: Reading[] = []
  readonly #workers: Worker[] = []
  #next = 0
  #done = 0

  constructor(plan: SweepPlan, runs: readonly SweepRun[], options: SweepOptions) {
    this.#plan = plan
    this.#runs = runs
    this.#options = options
  }

  async run(count: number): Promise<readonly Reading[]> {
    try {
      await new Promise<void>((resolve, reject) => {
        for (let i = 0; i < count; i++) this.#start(resolve, reject)
      })
    } finally {
      await Promise.all(this.#workers.map((worker) => worker.terminate()))
    }
    return this.#readings
  }

  #start(resolve: () => void, reject: (error: SweepError) => void): void {
    const worker = new Worker(workerUrl())
    this.#workers.push(worker)
    let current = this.#order(worker)
    worker.on('message', (answer: CellAnswer) => {
      if ('failure' in answer) return reject(this.#failure(answer.index, answer.failure))
      this.#readings[answer.index] = answer.reading
      this.#done++
      this.#options.onRun?.(this.#done, this.#runs.length)
      if (this.#done === this.#runs.length) return resolve()
      current = this.#order(worker)
    })
    // A thread that dies takes the cell that it had with it.
    worker.on('error', (error) => reject(this.#failure(current, messageOf(error), error)))
  }

  /** Gives the next run to a thread that has nothing to do. */
  #order(worker: Worker): number {
    const index = this.#next
    const run = this.#runs[index]
    if (run === undefined) return index
    this.#next++
    const order: CellOrder = { index, scenario: run.scenario }
    worker.postMessage(order)
    return index
  }

  #failure(index: number, reason: string, cause?: unknown): SweepError {
    const run = this.#runs[index]
    const place = run === undefined ? 'a thread that had no cell' : placeOf(this.#plan, run)
    return new SweepError('cell-failed', `${place}: ${reason}`, cause === undefined ? {} : { cause })
  }
}

/** The worker is JavaScript of the build, also when this module runs from its source (Node 20 loads no `.ts` worker). */
function workerUrl(here = import.meta.url): URL {
  return here.endsWith('.ts') ? new URL('../../dist/sweep/sweep-worker.js', here) : new URL('./sweep-worker.js', here)
}
