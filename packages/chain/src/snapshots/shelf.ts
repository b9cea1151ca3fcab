/** The snapshots that a node keeps and gives to others: taken by a thread, some of them kept, read a chunk at a time. */

import { Worker } from 'node:worker_threads'
import { type Logger, messageOf } from '@millrace/base'
import { readSnapshotChunk, readSnapshots, removeSnapshot } from './folder.ts'
import { type SnapshotName, snapshotFormat } from './format.ts'
import type { SnapshotAnswer, SnapshotOrder } from './snapshot-worker.ts'

/** Seventeen minutes of blocks: what is replayed above a snapshot takes less than a minute. */
export const snapshotEveryBlocksDefault = 1_000
/** One that others may be fetching, one that they may have chosen, and the newest. */
export const snapshotsKept = 3

export interface ShelfOptions extends Pick<SnapshotOrder, 'storeFolder' | 'folder' | 'chainId'> {
  readonly logger: Logger
  readonly kept?: number
}

export interface Shelf {
  /** Of blocks up to this one, the newest first. */
  list(heightMax: number): readonly SnapshotName[]
  /** Undefined where it has no such chunk, or no more. */
  chunk(height: number, format: number, index: number): Promise<Uint8Array | undefined>
  /** Takes the snapshot of a committed block in a thread, after the one that is being taken. Answers when it is there. */
  take(height: number): Promise<void>
  close(): Promise<void>
}

/**
 * Opens the folder of a node's snapshots.
 *
 * @example const shelf = openShelf({ storeFolder: 'net/0/chain', folder: 'net/0/chain/snapshots', chainId, logger })
 */
export function openShelf({ storeFolder, folder, chainId, logger, kept = snapshotsKept }: ShelfOptions): Shelf {
  let names = readSnapshots(folder)
  let worker: Worker | undefined
  let waiting: number | undefined
  let idle = Promise.resolve()
  let isClosed = false

  const keep = async (name: SnapshotName): Promise<void> => {
    const sorted = [name, ...names.filter(({ height }) => height !== name.height)].sort((a, b) => b.height - a.height)
    names = sorted.slice(0, kept)
    for (const { height } of sorted.slice(kept)) {
      await removeSnapshot(folder, height).catch((thrown: unknown) => {
        logger.log('warn', 'an old snapshot stays', { height, cause: messageOf(thrown) })
      })
    }
  }

  const run = (height: number): Promise<void> =>
    new Promise((resolve) => {
      const workerData: SnapshotOrder = { storeFolder, folder, chainId, height }
      let keeping = Promise.resolve()
      worker = new Worker(workerUrl(), { workerData })
      worker.unref()
      worker.on('message', (answer: SnapshotAnswer) => {
        if (answer.kind === 'failed')
          logger.log('error', 'a snapshot could not be taken', { height, cause: answer.message })
        if (answer.kind !== 'taken' || isClosed) return
        keeping = keep(answer.name)
        logger.log('info', 'a snapshot was taken', { height, chunks: answer.name.chunks })
      })
      worker.on('error', (error) => logger.log('error', 'a snapshot’s thread failed', { cause: messageOf(error) }))
      worker.on('exit', () => {
        worker = undefined
        void keeping.then(resolve)
      })
    })

  return {
    list: (heightMax) => names.filter(({ height }) => height <= heightMax),
    async chunk(height, format, index) {
      const name = names.find((one) => one.height === height)
      if (name === undefined || format !== snapshotFormat || index >= name.chunks) return undefined
      return readSnapshotChunk(folder, height, index)
    },
    take(height) {
      // Of those that come due while one is being taken only the last is: the store keeps the seed of no other.
      waiting = height
      idle = idle.then(async () => {
        const next = waiting
        waiting = undefined
        if (next !== undefined && !isClosed && !names.some((one) => one.height === next)) await run(next)
      })
      return idle
    },
    async close() {
      isClosed = true
      await worker?.terminate()
      await idle
    },
  }
}

/** The worker is JavaScript of the build, also when this module runs from its source (Node 20 loads no `.ts` worker). */
function workerUrl(here = import.meta.url): URL {
  const built = here.endsWith('.ts') ? '../../dist/snapshots/snapshot-worker.js' : './snapshot-worker.js'
  return new URL(built, here)
}
