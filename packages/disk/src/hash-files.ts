/** Piece hashes of files on disk, for making a torrent. */

import { assert } from '@millrace/base'
import { digestPieces, everyPiece, type Progress } from './check.ts'
import { DiskError } from './errors.ts'
import { HashPool } from './hash-pool.ts'
import type { Layout, StoredFile } from './layout.ts'
import { digestBytes } from './worker-protocol.ts'

const workersDefault = 2
const openFilesMax = 64

export interface FileToHash {
  readonly path: string
  readonly size: number
  /** Zeros between files (BEP 47); `path` is not read. */
  readonly pad?: boolean
}

export interface HashFilesOptions {
  readonly files: readonly FileToHash[]
  readonly pieceLength: number
  readonly hashWorkers?: number | undefined
  /** Pieces done, pieces in all. */
  readonly onProgress?: Progress | undefined
}

/**
 * The SHA-1 of each piece of the files in their order, 20 bytes a piece.
 *
 * @throws DiskError also when a file is shorter than its given size
 * @example
 * const { files } = await listFolder('photos')
 * const pieceHashes = await hashFiles({ files, pieceLength: 1_048_576 })
 */
export async function hashFiles(options: HashFilesOptions): Promise<Uint8Array> {
  const layout = layoutOfFiles(options.files, options.pieceLength)
  const hashes = new Uint8Array(layout.pieceCount * digestBytes)
  const pool = new HashPool(
    {
      layout,
      slab: new SharedArrayBuffer(0),
      slotBytes: 0,
      pieceHashes: new Uint8Array(0),
      logPath: undefined,
      openFilesMax,
    },
    options.hashWorkers ?? workersDefault,
    { onVerdict: () => {}, onUnwritten: () => {} },
  )
  try {
    const take = (piece: number, digest: Uint8Array | undefined): void => {
      if (digest === undefined) throw changed(piece, options)
      hashes.set(digest, piece * digestBytes)
    }
    await digestPieces(pool, layout, everyPiece(layout), take, options.onProgress)
    return hashes
  } finally {
    await pool.close()
  }
}

function layoutOfFiles(files: readonly FileToHash[], pieceLength: number): Layout {
  assert(Number.isInteger(pieceLength) && pieceLength > 0, 'a piece length above 0')
  let offset = 0
  const stored = files.map((file): StoredFile => {
    const { path, size } = file
    const placed: StoredFile = { path, components: [], size, offset, kind: file.pad === true ? 'pad' : 'file' }
    offset += size
    return placed
  })
  return { root: '', pieceLength, pieceCount: Math.ceil(offset / pieceLength), totalSize: offset, files: stored }
}

function changed(piece: number, options: HashFilesOptions): DiskError {
  const end = (piece + 1) * options.pieceLength
  return new DiskError(
    'wrong-size',
    `a file is gone or became shorter while it was hashed, before byte ${end} of the whole. Leave the files alone and try again.`,
  )
}
