/** Making a .torrent file of what is on disk. */

import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { assert, errnoOf, MillraceError, toHex } from '@millrace/base'
import { hashFiles, listFolder } from '@millrace/disk'
import { choosePieceLength, createTorrent, parseTorrent } from '@millrace/metainfo'
import { clientName } from './identity.ts'

export class CreateError extends MillraceError<'not-found' | 'exists' | 'bad-piece-length' | 'empty'> {
  override readonly name = 'CreateError'
}

export interface TorrentFileOptions {
  readonly path: string
  readonly out: string
  /** Bytes; a power of two from 16 KiB. Chosen by size when absent. */
  readonly pieceLength?: number | undefined
  readonly trackers: readonly (readonly string[])[]
  readonly isPrivate?: boolean | undefined
  readonly comment?: string | undefined
  readonly overwrite?: boolean | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

export interface CreatedTorrent {
  readonly out: string
  readonly name: string
  readonly infoHash: string
  readonly totalSize: number
  readonly pieceLength: number
  readonly pieces: number
  readonly files: number
  readonly warnings: readonly string[]
}

/**
 * Hashes a file or folder and writes its .torrent file, whole or not at all.
 *
 * @throws CreateError `not-found`, `exists`, `bad-piece-length`, `empty`; DiskError when a file cannot be read
 */
export async function createTorrentFile(options: TorrentFileOptions): Promise<CreatedTorrent> {
  const path = resolve(options.path)
  const listing = await listFolder(path)
  const totalSize = listing.files.reduce((sum, file) => sum + file.size, 0)
  if (totalSize === 0) throw new CreateError('empty', `${path} holds no bytes: expected a file or folder with content`)
  const pieceLength = options.pieceLength ?? choosePieceLength(totalSize)
  if (pieceLength < 16_384 || !Number.isInteger(Math.log2(pieceLength))) {
    throw new CreateError('bad-piece-length', `${pieceLength} bytes a piece: expected a power of two from 16384`)
  }
  const pieceHashes = await hashFiles({ files: listing.files, pieceLength, onProgress: options.onProgress })
  const bytes = createTorrent({
    name: listing.name,
    isSingleFile: !listing.isFolder,
    files: listing.files.map(({ components, size }) => ({ path: components.slice(1), size })),
    pieceLength,
    pieceHashes,
    trackers: options.trackers,
    createdBy: clientName,
    ...(options.isPrivate === true ? { isPrivate: true } : {}),
    ...(options.comment === undefined ? {} : { comment: options.comment }),
  })
  await writeWhole(resolve(options.out), bytes, options.overwrite === true)
  const created = parseTorrent(bytes)
  assert(created.ok, 'a torrent of ours to be read by us')
  return {
    out: options.out,
    name: listing.name,
    infoHash: toHex(created.value.infoHash),
    totalSize,
    pieceLength,
    pieces: pieceHashes.length / 20,
    files: listing.files.length,
    warnings: listing.warnings,
  }
}

async function writeWhole(out: string, bytes: Uint8Array, overwrite: boolean): Promise<void> {
  const partial = join(dirname(out), `.${basename(out)}.${process.pid}.part`)
  try {
    if (!overwrite) await (await open(out, 'wx')).close()
    const file = await open(partial, 'w')
    await file.writeFile(bytes)
    await file.sync()
    await file.close()
    await rename(partial, out)
  } catch (cause) {
    await rm(partial, { force: true })
    if (errnoOf(cause) === 'EEXIST') {
      throw new CreateError('exists', `${out} exists already: name another file, or pass --force to replace it`, {
        cause,
      })
    }
    throw cause
  }
}
