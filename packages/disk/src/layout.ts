/** Where each byte of a torrent lies on disk: plain data that can cross a thread boundary, and its arithmetic. */

import { join, sep } from 'node:path'
import { assert, defined } from '@millrace/base'
import type { Info } from '@millrace/metainfo'
import { DiskError } from './errors.ts'

/** The part of a torrent's info dictionary that storage needs. */
export type StoredInfo = Pick<Info, 'pieceLength' | 'pieceCount' | 'totalSize' | 'pieceHashes' | 'files'>

/** `pad`: zeros that are never written (BEP 47). `skipped`: an entry that has no bytes and is not created (a symlink). */
export type FileKind = 'file' | 'pad' | 'skipped'

export interface StoredFile {
  /** Absolute path. */
  readonly path: string
  /** Components below the root folder. */
  readonly components: readonly string[]
  readonly size: number
  /** Offset of its first byte in the torrent. */
  readonly offset: number
  readonly kind: FileKind
}

export interface Layout {
  readonly root: string
  readonly pieceLength: number
  readonly pieceCount: number
  readonly totalSize: number
  readonly files: readonly StoredFile[]
}

/** A run of bytes inside one file. */
export interface Span {
  readonly fileIndex: number
  readonly fileOffset: number
  readonly length: number
}

/**
 * The layout of a torrent below `folder` (absolute). `contentPath` replaces `folder/name`: the file itself of a
 * single-file torrent, the folder that holds the files of another.
 *
 * @throws DiskError `unsafe-path` for a component that could leave the folder, or for two files of one name
 */
export function layoutOf(info: StoredInfo, folder: string, contentPath?: string): Layout {
  const files: StoredFile[] = []
  const seen = new Set<string>()
  for (const entry of info.files) {
    const isSkipped = entry.symlink !== undefined && entry.size === 0
    const kind: FileKind = entry.pad ? 'pad' : isSkipped ? 'skipped' : 'file'
    if (kind === 'file') checkComponents(entry.path)
    const path = contentPath === undefined ? join(folder, ...entry.path) : join(contentPath, ...entry.path.slice(1))
    if (kind === 'file' && seen.has(path)) {
      throw new DiskError('unsafe-path', `two files of this torrent have the path ${path}: expected one each`, { path })
    }
    if (kind === 'file') seen.add(path)
    const components = contentPath === undefined ? entry.path : entry.path.slice(1)
    files.push({ path, components, size: entry.size, offset: entry.offset, kind })
  }
  const { pieceLength, pieceCount, totalSize } = info
  return { root: contentPath ?? folder, pieceLength, pieceCount, totalSize, files }
}

/**
 * A torrent must not write where resume data is believed.
 *
 * @throws DiskError `unsafe-path`
 */
export function refuseInside(folder: string, layout: Layout): void {
  // Some file systems do not tell upper from lower case.
  const reserved = folder.toLowerCase()
  const bad = layout.files.find(({ kind, path }) => {
    const lower = path.toLowerCase()
    return kind === 'file' && (lower === reserved || lower.startsWith(reserved + sep))
  })
  if (bad === undefined) return
  throw new DiskError('unsafe-path', `the torrent has a file in ${folder}, where resume data is kept: refused`, {
    path: bad.path,
  })
}

/** Bytes of a piece; only the last one may be shorter than the piece length. */
export function sizeOfPiece(layout: Layout, piece: number): number {
  assert(piece >= 0 && piece < layout.pieceCount, 'a piece of this torrent')
  return Math.min(layout.pieceLength, layout.totalSize - piece * layout.pieceLength)
}

/** The files that hold `length` bytes from `offset` of the torrent, in order; empty files are left out. */
export function spansOf(layout: Layout, offset: number, length: number): Span[] {
  assert(offset >= 0 && offset + length <= layout.totalSize, 'a range inside the torrent')
  const spans: Span[] = []
  let fileIndex = fileAt(layout, offset)
  let position = offset
  const end = offset + length
  while (position < end) {
    const file = fileOf(layout, fileIndex)
    const fileOffset = position - file.offset
    const run = Math.min(file.size - fileOffset, end - position)
    if (run > 0) spans.push({ fileIndex, fileOffset, length: run })
    position += Math.max(run, 0)
    fileIndex++
  }
  return spans
}

export function spansOfPiece(layout: Layout, piece: number): Span[] {
  return spansOf(layout, piece * layout.pieceLength, sizeOfPiece(layout, piece))
}

/** The pieces that touch a file: from `first` up to but without `end`. */
export function piecesOfFile(layout: Layout, fileIndex: number): { readonly first: number; readonly end: number } {
  const { offset, size } = fileOf(layout, fileIndex)
  if (size === 0) return { first: 0, end: 0 }
  const first = Math.floor(offset / layout.pieceLength)
  return { first, end: Math.floor((offset + size - 1) / layout.pieceLength) + 1 }
}

export function fileOf(layout: Layout, fileIndex: number): StoredFile {
  return defined(layout.files[fileIndex], 'a file of this torrent')
}

/** The first file that ends after `offset`. */
function fileAt(layout: Layout, offset: number): number {
  let low = 0
  let high = layout.files.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const file = fileOf(layout, middle)
    if (file.offset + file.size > offset) high = middle
    else low = middle + 1
  }
  return low
}

function checkComponents(path: readonly string[]): void {
  const bad = path.find((part) => part === '' || part === '.' || part === '..' || /[/\\\0]/.test(part))
  if (bad === undefined && path.length > 0) return
  throw new DiskError(
    'unsafe-path',
    `the torrent's path ${JSON.stringify(path)} could leave the output folder: refused`,
  )
}
