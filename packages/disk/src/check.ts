/** Hashing pieces as they lie on disk, many at a time, in the workers. */

import { bytesPerMiB, equalBytes } from '@millrace/base'
import { diskError } from './errors.ts'
import type { HashPool } from './hash-pool.ts'
import type { Layout } from './layout.ts'
import { digestBytes } from './worker-protocol.ts'

/** Small pieces share an order; an order stays short enough that a commit does not wait long behind it. */
const orderBytes = 4 * bytesPerMiB
/** Orders out at once: the next one waits at the worker when it is done with one. */
const ordersOutPerWorker = 2

export type Progress = (done: number, total: number) => void

/**
 * Digests `pieces` (ascending) and hands each to `onDigest`; undefined where a file is absent or too short.
 *
 * @throws DiskError when a file cannot be read
 */
export async function digestPieces(
  pool: HashPool,
  layout: Layout,
  pieces: readonly number[],
  onDigest: (piece: number, digest: Uint8Array | undefined) => void,
  onProgress?: Progress,
): Promise<void> {
  const perOrder = Math.max(1, Math.floor(orderBytes / layout.pieceLength))
  let next = 0
  let done = 0
  const lane = async (): Promise<void> => {
    while (next < pieces.length) {
      const order = pieces.slice(next, next + perOrder)
      next += order.length
      const answer = await pool.digest(order)
      if (answer.kind === 'failed') {
        next = pieces.length
        throw diskError(answer.failure)
      }
      if (answer.kind !== 'digests') continue
      order.forEach((piece, i) => {
        const digest = answer.digests.subarray(i * digestBytes, (i + 1) * digestBytes)
        onDigest(piece, answer.absent[i] === true ? undefined : digest)
      })
      done += order.length
      onProgress?.(done, pieces.length)
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: pool.size * ordersOutPerWorker }, lane))
  for (const result of lanes) if (result.status === 'rejected') throw result.reason
}

/** Those of `pieces` that are on disk and right. */
export async function checkPieces(
  pool: HashPool,
  layout: Layout,
  pieceHashes: Uint8Array,
  pieces: readonly number[],
  onProgress?: Progress,
): Promise<ReadonlySet<number>> {
  const right = new Set<number>()
  const compare = (piece: number, digest: Uint8Array | undefined): void => {
    const expected = pieceHashes.subarray(piece * digestBytes, (piece + 1) * digestBytes)
    if (digest !== undefined && equalBytes(digest, expected)) right.add(piece)
  }
  await digestPieces(pool, layout, pieces, compare, onProgress)
  return right
}

/** The pieces that touch any of some files, ascending. */
export function piecesTouching(ranges: readonly { readonly first: number; readonly end: number }[]): number[] {
  const pieces = new Set<number>()
  for (const { first, end } of ranges) for (let piece = first; piece < end; piece++) pieces.add(piece)
  return [...pieces].sort((a, b) => a - b)
}

export function everyPiece(layout: Layout): number[] {
  return Array.from({ length: layout.pieceCount }, (_, piece) => piece)
}
