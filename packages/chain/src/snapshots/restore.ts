/** One snapshot on its way into a store: chunk after chunk, each proven before anything of it is written. */

import { assert, equalBytes } from '@millrace/base'
import { keccak } from '../crypto.ts'
import { Pace } from '../execution/evm/pace.ts'
import type { Put } from '../store/store.ts'
import { type Manifest, readChunk } from './format.ts'
import { type ProvenBlock, proveRecords, type Trusted } from './proof.ts'

/** What a chunk was. */
export type ChunkVerdict =
  | { readonly kind: 'taken' }
  /** The last one: everything is in the store but the block itself. */
  | { readonly kind: 'complete'; readonly block: ProvenBlock }
  /** Not the chunk that the manifest names: its sender is at fault, another may have the right one. */
  | { readonly kind: 'wrong-bytes' }
  /** Consensus has begun anew without saying so. */
  | { readonly kind: 'out-of-order'; readonly next: number }
  /** It is the manifest's, which therefore lies: whoever made the snapshot is at fault. */
  | { readonly kind: 'lie'; readonly message: string }

export interface Restore {
  readonly manifest: Manifest
  apply(index: number, chunk: Uint8Array): Promise<ChunkVerdict>
}

/** What a record counts for: one hash, and a node decoded. */
const recordWork = 100
/** Puts of one write: a full chunk's, in one turn, would hold up everything else. */
const putsMax = 4_096

/**
 * Begins a restore. Whatever is in the store already is not looked at, since an earlier restore may have been torn.
 *
 * @param write makes puts durable; throws when the disk refuses
 */
export function startRestore(
  manifest: Manifest,
  trusted: Trusted,
  write: (puts: readonly Put[]) => Promise<void>,
): Restore {
  let puts: Put[] = []
  const proof = proveRecords(trusted, (put) => puts.push(put))
  proof.next() // to where it waits for the first record
  const pace = new Pace()
  let next = 0
  const lie = (message: string): ChunkVerdict => ({ kind: 'lie', message })
  const flush = async () => {
    const kept = puts
    puts = []
    if (kept.length > 0) await write(kept)
  }

  /** The block when the proof has ended with the chunk, undefined when it goes on. */
  const prove = async (chunk: Uint8Array): Promise<ChunkVerdict | ProvenBlock | undefined> => {
    const records = readChunk(chunk)
    if (!records.ok) return lie(records.error)
    for (const [index, record] of records.value.entries()) {
      const { done, value } = proof.next(record)
      if (done === true) {
        if (!value.ok) return lie(value.error)
        return index === records.value.length - 1 ? value.value : lie('more records than the state has')
      }
      if (pace.spend(recordWork)) await pace.rest()
      if (puts.length >= putsMax) await flush()
    }
    return undefined
  }

  return {
    manifest,
    async apply(index, chunk) {
      if (index !== next) return { kind: 'out-of-order', next }
      const hash = manifest.chunkHashes[index]
      assert(hash !== undefined, 'a chunk for each turn')
      if (!equalBytes(keccak(chunk), hash)) return { kind: 'wrong-bytes' }
      const proven = await prove(chunk)
      if (proven !== undefined && 'kind' in proven) return proven
      await flush()
      next++
      const isLast = next === manifest.chunkHashes.length
      if (proven === undefined) return isLast ? lie('it ends before the state does') : { kind: 'taken' }
      return isLast ? { kind: 'complete', block: proven } : lie('it goes on after the state has ended')
    },
  }
}
