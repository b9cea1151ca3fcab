/**
 * What crosses the thread boundary. Slot and piece numbers do; payload never does: the slab of piece slots is shared
 * memory, given once when the worker starts.
 */

import type { DiskFailure } from './errors.ts'
import type { Layout } from './layout.ts'

export const digestBytes = 20

export interface WorkerSetup {
  readonly layout: Layout
  /** Shared memory of the slots; slot n begins at n * slotBytes. */
  readonly slab: SharedArrayBuffer
  readonly slotBytes: number
  /** Expected SHA-1 of each piece, one after the other. Empty when the worker only digests. */
  readonly pieceHashes: Uint8Array
  /** Pieces are appended here before they are written; undefined: no log. */
  readonly logPath: string | undefined
  readonly openFilesMax: number
}

export type WorkerOrder =
  /** Hash these slots, write the right ones. `slots[i]` holds `pieces[i]`. */
  { readonly type: 'commit'; readonly slots: readonly number[]; readonly pieces: readonly number[] } | WorkerRequest

/** An order that is answered by `done` with the same id. */
export type WorkerRequest =
  /** Hash these pieces as they lie on disk. */
  | { readonly type: 'digest'; readonly id: number; readonly pieces: readonly number[] }
  /** Write zeros over a range of a file, so that its space is really taken. */
  | {
      readonly type: 'fill'
      readonly id: number
      readonly fileIndex: number
      readonly from: number
      readonly to: number
    }
  /** Close all files; they are opened again when needed. */
  | { readonly type: 'reset'; readonly id: number }

export type WorkerReport =
  | { readonly type: 'verdicts'; readonly slots: readonly number[]; readonly right: readonly boolean[] }
  /** Right but not written. */
  | { readonly type: 'unwritten'; readonly slots: readonly number[]; readonly failure: DiskFailure }
  | { readonly type: 'done'; readonly id: number; readonly answer: WorkerAnswer }

export type WorkerAnswer =
  | { readonly kind: 'digests'; readonly digests: Uint8Array; readonly absent: readonly boolean[] }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'failed'; readonly failure: DiskFailure }
