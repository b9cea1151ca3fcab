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
    const result: unknown = await methodsAt(job)[job.method]?.(job.params)
    return { kind: 'result', json: JSON.stringify(result ?? null) }
  } catch (thrown) {
    if (!(thrown instanceof RpcError)) return { kind: 'failed', message: messageOf(thrown) }
    return { kind: 'refused', code: thrown.code, message: thrown.message, data: thrown.data }
  }
}

function methodsAt({ head, finalized, nextTimestamp }: Job): Methods {
  const chain = {
    engine,
    blocks: blocksUpTo(blocks, () => head),
    head: () => defined(blocks.byNumber(head), 'the head that the loop has committed'),
    finalized: () => finalized,
    floor: BigInt(genesis.priceFloor),
  }
  return heavyMethods({ chain, clock: systemClock, nextTimestamp: () => nextTimestamp })
}
