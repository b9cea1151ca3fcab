/** Where bytes lie: pieces, blocks of 16 KiB and files (BEP 3). All sizes and offsets are bytes. */

import { assert, blockBytes, defined } from '@millrace/base'
import type { Info } from './info.ts'

type Sizes = Pick<Info, 'pieceLength' | 'pieceCount' | 'totalSize'>

export type FileSpan = { readonly fileIndex: number; readonly fileOffset: number; readonly length: number }

/** Bytes of a piece; the last may be shorter than the others. */
export function pieceSize(info: Sizes, piece: number): number {
  assert(Number.isInteger(piece) && piece >= 0 && piece < info.pieceCount, `a piece below ${info.pieceCount}`)
  return piece === info.pieceCount - 1 ? info.totalSize - piece * info.pieceLength : info.pieceLength
}

/** Offset of a piece in the torrent. */
export function pieceOffset(info: Sizes, piece: number): number {
  return piece * info.pieceLength
}

/** Blocks of a piece; the last may be shorter than 16 KiB. */
export function blockCount(info: Sizes, piece: number): number {
  return Math.ceil(pieceSize(info, piece) / blockBytes)
}

/** Bytes of one block of a piece. */
export function blockSize(info: Sizes, piece: number, block: number): number {
  const begin = block * blockBytes
  assert(block >= 0 && begin < pieceSize(info, piece), 'a block within its piece')
  return Math.min(blockBytes, pieceSize(info, piece) - begin)
}

/**
 * The parts of files that a range of the torrent covers, in order; pad files included, files without bytes left out.
 *
 * @example
 * for (const { fileIndex, fileOffset, length } of fileSpans(info, pieceOffset(info, 3), pieceSize(info, 3))) ...
 */
export function* fileSpans(
  info: Pick<Info, 'files' | 'totalSize'>,
  offset: number,
  length: number,
): Iterable<FileSpan> {
  assert(offset >= 0 && length >= 0 && offset + length <= info.totalSize, 'a range within the torrent')
  const end = offset + length
  let at = offset
  for (let fileIndex = fileAt(info, offset); at < end; fileIndex++) {
    const file = defined(info.files[fileIndex], 'a file for every byte')
    const fileOffset = at - file.offset
    const part = Math.min(file.size - fileOffset, end - at)
    if (part <= 0) continue
    yield { fileIndex, fileOffset, length: part }
    at += part
  }
}

/** The pieces that hold bytes of a file, first and last included; undefined for a file without bytes. */
export function piecesOfFile(
  info: Pick<Info, 'files' | 'pieceLength'>,
  fileIndex: number,
): { readonly first: number; readonly last: number } | undefined {
  const { offset, size } = defined(info.files[fileIndex], 'a file of the torrent')
  if (size === 0) return undefined
  const last = Math.floor((offset + size - 1) / info.pieceLength)
  return { first: Math.floor(offset / info.pieceLength), last }
}

/** The last file that begins at or before an offset. */
function fileAt(info: Pick<Info, 'files'>, offset: number): number {
  let low = 0
  let high = info.files.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (defined(info.files[middle], 'a file').offset <= offset) low = middle
    else high = middle - 1
  }
  return low
}
