/** A thread that runs cells of a sweep, one after the other, as it is told. */

import { parentPort } from 'node:worker_threads'
import { defined, messageOf } from '@millrace/base'
import { runScenario } from '../swarm-run.ts'
import { readCell } from './sweep-measures.ts'
import type { CellAnswer, CellOrder } from './sweep-pool.ts'

const port = defined(parentPort ?? undefined, 'a thread of its own')

port.on('message', ({ index, scenario }: CellOrder) => port.postMessage(answer(index, scenario)))

function answer(index: number, scenario: CellOrder['scenario']): CellAnswer {
  try {
    return { index, reading: readCell(runScenario(scenario)) }
  } catch (error) {
    return { index, failure: messageOf(error) }
  }
}
