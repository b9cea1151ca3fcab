/** A reader thread: the heavy methods over a store of its own, opened beside the loop's. It writes nothing. */

import { parentPort, workerData } from 'node:worker_threads'
import { defined, messageOf, systemClock } from '@millrace/base'
import { createCommon } from '../common.ts'
import { embeddedEngine } from '../execution/engine.ts'
import type { Methods } from '../rpc/context.ts'
import { RpcError } from '../rpc/errors.ts'
import { heavyMethods } from '../rpc/heavy-methods.ts'
import { blocksOf, blocksUpTo } from '../store/blocks.ts'
import { lmdbStore } from '../store/lmdb.ts'
import type { Answer, Job, Order, ReaderSetup } from './protocol.ts'

const port = defined(parentPort, 'a worker has a parent')
const { folder, genesis }: ReaderSetup = workerData
const store = lmdbStore(folder)
const common = createCommon(genesis.chainId)
const engine = embeddedEngine({ common, store, genesis })
const blocks = blocksOf(store, common)

port.on('message', ({ id, job }: Order) => {
  answer(job).then((ended) => port.postMessage({ id, ...ended } satisfies Answer))
})

type Ended = Answer extends infer A ? (A extends Answer ? Omit<A, 'id'> : never) : never

async function answer(job: Job): Promise<Ended> {
  try {
    store.refresh?.()
    const result: unknown = await (await methodsAt(job))[job.method]?.(job.params)
    return { kind: 'result', json: JSON.stringify(result ?? null) }
  } catch (thrown) {
    if (!(thrown instanceof RpcError)) return { kind: 'failed', message: messageOf(thrown) }
    return { kind: 'refused', code: thrown.code, message: thrown.message, data: thrown.data }
  }
}

async function methodsAt({ head: number, finalized, nextTimestamp }: Job): Promise<Methods> {
  const head = defined(blocks.byNumber(number), 'the head that the loop has committed')
  const rules = await engine.rules(head)
  const chain = {
    engine,
    blocks: blocksUpTo(blocks, () => number),
    head: () => head,
    finalized: () => finalized,
    floor: rules.priceFloor,
    nextHeader: (timestamp: number) => engine.nextHeader(head, timestamp, rules),
  }
  return heavyMethods({ chain, clock: systemClock, nextTimestamp: () => nextTimestamp })
}
