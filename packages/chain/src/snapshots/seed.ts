/** What a block leaves in the store for its snapshot: one record, until the next block that has a snapshot. */

import { RLP } from '@ethereumjs/rlp'
import { fromBigEndian, toBigEndian } from '@millrace/base'
import { encodeRlp } from '../rlp.ts'
import type { ChainStore } from '../store/store.ts'

/** Meta key: "snapshot" in hex. */
export const snapshotKey = '736e617073686f74'

export interface SnapshotSeed {
  readonly height: number
  /** Of the application, after the block before. */
  readonly record: Uint8Array
}

export function encodeSeed({ height, record }: SnapshotSeed): Uint8Array {
  return encodeRlp([toBigEndian(BigInt(height)), record])
}

/** The seed in a store; undefined where no block has left one. */
export function seedOf(store: Pick<ChainStore, 'get'>): SnapshotSeed | undefined {
  const bytes = store.get('meta', snapshotKey)
  const item = bytes === undefined ? undefined : RLP.decode(bytes)
  const [height, record] = Array.isArray(item) ? item : []
  if (!(height instanceof Uint8Array && record instanceof Uint8Array)) return undefined
  return { height: Number(fromBigEndian(height)), record }
}
