/** Which pieces are believed and which are hashed when a download is opened again. */

import { bitfieldOf, clearBit, hasBit } from './bitfield.ts'
import { piecesTouching } from './check.ts'
import { DiskError } from './errors.ts'
import { fileOf, type Layout, piecesOfFile, spansOfPiece } from './layout.ts'
import { absentStamp } from './resume-data.ts'
import type { LoadedResume } from './resume-file.ts'
import type { FoundFile } from './survey.ts'

export interface CheckPlan {
  /** Bitfield of pieces that are right without a check. */
  readonly trusted: Uint8Array
  /** Pieces to hash, ascending. */
  readonly suspects: readonly number[]
}

/**
 * Without resume data every piece that lies in existing files is hashed. With it only the pieces of files whose size or
 * time is not as recorded, and those written since. A file that was written since has another time of course: there
 * only its size counts.
 */
export function planCheck(layout: Layout, found: readonly (FoundFile | undefined)[], resume: LoadedResume): CheckPlan {
  const exists = (fileIndex: number): boolean => {
    const file = fileOf(layout, fileIndex)
    return file.kind !== 'file' || (found[fileIndex]?.allocatedBytes ?? 0) > 0
  }
  const isThere = (piece: number): boolean => spansOfPiece(layout, piece).every(({ fileIndex }) => exists(fileIndex))
  if (resume.kind !== 'good') {
    const suspects = Array.from({ length: layout.pieceCount }, (_, piece) => piece).filter(isThere)
    return { trusted: bitfieldOf(layout.pieceCount), suspects }
  }
  const { data, written } = resume
  const touched = new Set(written.flatMap((piece) => spansOfPiece(layout, piece).map(({ fileIndex }) => fileIndex)))
  const strange = layout.files.flatMap((file, i) => {
    const stamp = data.stamps[i]
    const now = found[i]
    if (file.kind !== 'file' || file.size === 0) return []
    const sameSize = now !== undefined && stamp !== undefined && now.size === stamp.size
    return sameSize && (touched.has(i) || now.mtimeNs === stamp.mtimeNs) ? [] : [i]
  })
  const doubtful = piecesTouching(strange.map((i) => piecesOfFile(layout, i)))
  const trusted = data.verified.slice()
  for (const piece of doubtful) clearBit(trusted, piece)
  const unknown = new Set([...doubtful, ...written.filter((piece) => !hasBit(trusted, piece))])
  return { trusted, suspects: [...unknown].sort((a, b) => a - b).filter(isThere) }
}

/**
 * A file that exists, holds bytes and has no right piece is not a part of this download: it is somebody's.
 *
 * @throws DiskError `exists`
 */
export function refuseToOverwrite(
  layout: Layout,
  found: readonly (FoundFile | undefined)[],
  verified: Uint8Array,
): void {
  layout.files.forEach((file, i) => {
    if (file.kind !== 'file' || (found[i]?.allocatedBytes ?? 0) === 0) return
    const { first, end } = piecesOfFile(layout, i)
    for (let piece = first; piece < end; piece++) if (hasBit(verified, piece)) return
    throw new DiskError(
      'exists',
      `${file.path} exists and holds nothing of this torrent: not overwritten. Move it away, choose another folder, or allow overwriting.`,
      { path: file.path },
    )
  })
}

/** @throws DiskError `exists` for a file that is larger than the torrent has it */
export function refuseLarger(layout: Layout, found: readonly (FoundFile | undefined)[]): void {
  layout.files.forEach((file, i) => {
    const size = found[i]?.size ?? 0
    if (size <= file.size) return
    throw new DiskError(
      'exists',
      `${file.path} exists with ${size} bytes, the torrent's file has ${file.size}: not overwritten. Move it away, choose another folder, or allow overwriting.`,
      { path: file.path },
    )
  })
}

/** @throws DiskError `file-gone`, `wrong-size` */
export function requireWhole(layout: Layout, found: readonly (FoundFile | undefined)[]): void {
  layout.files.forEach((file, i) => {
    if (file.kind !== 'file') return
    const { path } = file
    const { size } = found[i] ?? absentStamp
    if (size === absentStamp.size) {
      throw new DiskError('file-gone', `${path} does not exist: expected a file of ${file.size} bytes to seed.`, {
        path,
      })
    }
    if (size === file.size) return
    throw new DiskError('wrong-size', `${path} has ${size} bytes: expected ${file.size}. Is it the torrent's file?`, {
      path,
    })
  })
}
