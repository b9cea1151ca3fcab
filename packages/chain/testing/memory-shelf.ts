/** The snapshot of the newest block that has left a seed, made when it is asked for. */

import type { Common } from '@ethereumjs/common'
import { defined } from '@millrace/base'
import type { SnapshotShelf } from '../src/consensus/cometbft/calls.ts'
import { keccak } from '../src/crypto.ts'
import { hexOf } from '../src/hex.ts'
import { contentsOf } from '../src/snapshots/contents.ts'
import { chunksOf, nameOf, type SnapshotName } from '../src/snapshots/format.ts'
import { seedOf } from '../src/snapshots/seed.ts'
import { numberKey } from '../src/store/codec.ts'
import type { ChainStore } from '../src/store/store.ts'

export interface MadeSnapshot {
  readonly name: SnapshotName
  readonly chunks: readonly Uint8Array[]
}

/** The snapshot of the store's seed, in chunks of about `bytesMin`; undefined where there is none. */
export function snapshotOf(store: ChainStore, common: Common, bytesMin?: number): MadeSnapshot | undefined {
  const seed = seedOf(store)
  if (seed === undefined) return undefined
  const { height, record } = seed
  const chunks = [...chunksOf(contentsOf(store, common, height, record), bytesMin)]
  return { name: nameOfChunks(store, height, chunks), chunks }
}

/** The name of a snapshot of `height` with these chunks, whatever they hold. */
export function nameOfChunks(store: ChainStore, height: number, chunks: readonly Uint8Array[]): SnapshotName {
  const hashAt = (number: number) => {
    return hexOf(keccak(defined(store.get('header', numberKey(number)), 'a header in the store')))
  }
  return nameOf({ height, blockHash: hashAt(height), genesisHash: hashAt(0), chunkHashes: chunks.map(keccak) })
}

export function memoryShelf(store: ChainStore, common: Common): SnapshotShelf {
  return {
    list(heightMax) {
      const made = snapshotOf(store, common)
      return made === undefined || made.name.height > heightMax ? [] : [made.name]
    },
    async chunk(height, format, index) {
      const made = snapshotOf(store, common)
      return made?.name.height === height && made.name.format === format ? made.chunks[index] : undefined
    },
  }
}
