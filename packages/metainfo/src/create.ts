/** Making v1 .torrent files (BEP 3, 12, 19, 27) from hashes that the caller computed. */

import { assert, blockBytes } from '@millrace/base'
import { type Encodable, encode } from '@millrace/bencode'
import { hashBytes, pieceCountMax, pieceLengthMax } from './parse-info.ts'

export type TorrentToCreate = {
  /** The file's or the folder's name. */
  readonly name: string
  /** In the order in which they were hashed. Paths are below the folder, its name left out. */
  readonly files: readonly { readonly path: readonly string[]; readonly size: number; readonly pad?: boolean }[]
  /** The torrent is the one file `name` itself and no folder; its entry's path is not used. */
  readonly isSingleFile: boolean
  readonly pieceLength: number
  /** SHA-1 of each piece, 20 bytes, one after the other. */
  readonly pieceHashes: Uint8Array
  /** Tiers (BEP 12). */
  readonly trackers?: readonly (readonly string[])[]
  readonly webSeeds?: readonly string[]
  readonly isPrivate?: boolean
  readonly comment?: string
  readonly createdBy?: string
  /** Seconds since 1970. */
  readonly creationDate?: number
  /** Distinguishes the same content for two private trackers: it changes the info-hash. */
  readonly source?: string
}

/** Small enough that a lost piece costs little, large enough that a torrent file stays small. */
const piecesWanted = 1500
const pieceLengthLeast = 2 * blockBytes
const pieceLengthMost = 16 * 2 ** 20

/**
 * A power of two between 32 KiB and 16 MiB that makes about 750 to 1500 pieces; larger only where there would otherwise
 * be too many pieces.
 */
export function choosePieceLength(totalSize: number): number {
  let length = pieceLengthLeast
  while (length < pieceLengthMost && totalSize / length > piecesWanted) length *= 2
  while (totalSize / length > pieceCountMax) length *= 2
  return length
}

/**
 * The bytes of a .torrent file. Sizes, names and hashes that do not fit together are a bug of the caller and assert.
 *
 * @example
 * createTorrent({ name: 'a.txt', isSingleFile: true, files: [{ path: ['a.txt'], size }], pieceLength, pieceHashes })
 */
export function createTorrent(torrent: TorrentToCreate): Uint8Array {
  const totalSize = torrent.files.reduce((sum, file) => sum + file.size, 0)
  const { name, pieceLength, pieceHashes, isPrivate, source } = torrent
  assert(totalSize > 0, 'at least one byte to share')
  assert(pieceLength >= 1 && pieceLength <= pieceLengthMax, `a piece length within 1 and ${pieceLengthMax}`)
  const pieceCount = Math.ceil(totalSize / pieceLength)
  assert(pieceCount <= pieceCountMax, `at most ${pieceCountMax} pieces`)
  assert(pieceHashes.length === pieceCount * hashBytes, `${hashBytes} bytes of hash for each of ${pieceCount} pieces`)
  for (const component of [name, ...torrent.files.flatMap((file) => file.path)]) {
    assert(isPlainName(component), `a plain file name, not ${JSON.stringify(component)}`)
  }
  assert(!torrent.isSingleFile || torrent.files.length === 1, 'one file in a single-file torrent')
  const content = torrent.isSingleFile ? { length: totalSize } : { files: torrent.files.map(fileEntry) }
  const info = {
    name,
    'piece length': pieceLength,
    pieces: pieceHashes,
    private: isPrivate === true ? 1 : undefined,
    source,
    ...content,
  }
  return encode({ ...envelope(torrent), info })
}

function envelope(torrent: TorrentToCreate): { readonly [key: string]: Encodable | undefined } {
  const tiers = (torrent.trackers ?? []).filter((tier) => tier.length > 0)
  const webSeeds = torrent.webSeeds ?? []
  return {
    announce: tiers[0]?.[0],
    'announce-list': tiers.flat().length > 1 ? tiers : undefined,
    'url-list': webSeeds.length > 0 ? webSeeds : undefined,
    comment: torrent.comment,
    'created by': torrent.createdBy,
    'creation date': torrent.creationDate,
  }
}

function fileEntry(file: TorrentToCreate['files'][number]): { readonly [key: string]: Encodable | undefined } {
  assert(file.path.length > 0, 'a path of at least one component')
  return { attr: file.pad === true ? 'p' : undefined, length: file.size, path: file.path }
}

function isPlainName(component: string): boolean {
  return component !== '' && component !== '.' && component !== '..' && !/[/\\\0]/.test(component)
}
