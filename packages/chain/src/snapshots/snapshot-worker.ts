/** A thread that takes one snapshot: it reads the chain's store beside the loop, writes the files, and ends. */

import { parentPort, workerData } from 'node:worker_threads'
import { defined, messageOf } from '@millrace/base'
import { createCommon } from '../common.ts'
import { keccak } from '../crypto.ts'
import { hexOf } from '../hex.ts'
import { numberKey } from '../store/codec.ts'
import { lmdbStore } from '../store/lmdb.ts'
import type { ChainStore } from '../store/store.ts'
import { contentsOf } from './contents.ts'
import { writeSnapshot } from './folder.ts'
import { chunksOf, type SnapshotName } from './format.ts'
import { seedOf } from './seed.ts'

export interface SnapshotOrder {
  /** Of the chain's store. */
  readonly storeFolder: string
  readonly folder: string
  readonly chainId: number
  readonly height: number
}

export type SnapshotAnswer =
  | { readonly kind: 'taken'; readonly name: SnapshotName }
  /** The store holds the seed of another block by now, or none. */
  | { readonly kind: 'too-late' }
  | { readonly kind: 'failed'; readonly message: string }

const order: SnapshotOrder = workerData
defined(parentPort, 'a worker has a parent').postMessage(answered(order) satisfies SnapshotAnswer)

function answered({ storeFolder, folder, chainId, height }: SnapshotOrder): SnapshotAnswer {
  try {
    const store = lmdbStore(storeFolder)
    const seed = seedOf(store)
    if (seed?.height !== height) return { kind: 'too-late' }
    const hashAt = (number: number) => {
      return hexOf(keccak(defined(store.get('header', numberKey(number)), 'the header of a stored block')))
    }
    const what = { height, blockHash: hashAt(height), genesisHash: hashAt(0) }
    const records = contentsOf(store, createCommon(chainId), height, seed.record)
    return { kind: 'taken', name: writeSnapshot(folder, what, refreshed(store, chunksOf(records))) }
  } catch (thrown) {
    return { kind: 'failed', message: messageOf(thrown) }
  }
}

/** A reader that stays at one state of the store would keep the pages of all later ones from being used again. */
function* refreshed(store: ChainStore, chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const chunk of chunks) {
    yield chunk
    store.refresh?.()
  }
}
