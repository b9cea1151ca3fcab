/**
 * Resume data on disk: `<infohash>.resume` is replaced whole, and `<infohash>.written` lists, as 32-bit big-endian piece
 * numbers, what was written since. The list is made before the payload is written, so after a kill it holds every piece
 * whose bytes may have changed; where a power cut loses its end, those pieces are simply fetched again.
 */

import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errnoOf, messageOf, toHex } from '@millrace/base'
import { asDiskError } from './errors.ts'
import { decodeResume, encodeResume, type ResumeData, type ResumeSubject } from './resume-data.ts'

/** `broken`: there is some, of this torrent by its name, but it cannot be used. */
export type LoadedResume =
  | { readonly kind: 'none' }
  | { readonly kind: 'broken'; readonly reason: string }
  | { readonly kind: 'good'; readonly data: ResumeData; readonly written: readonly number[] }

export class ResumeFile {
  readonly path: string
  readonly writtenPath: string

  constructor(folder: string, infoHash: Uint8Array) {
    this.path = join(folder, `${toHex(infoHash)}.resume`)
    this.writtenPath = join(folder, `${toHex(infoHash)}.written`)
  }

  async load(subject: ResumeSubject): Promise<LoadedResume> {
    try {
      const bytes = await readIfPresent(this.path)
      const list = await readIfPresent(this.writtenPath)
      if (bytes === undefined) return list === undefined ? { kind: 'none' } : { kind: 'broken', reason: 'it is absent' }
      const decoded = decodeResume(bytes, subject)
      if (!decoded.ok) return { kind: 'broken', reason: decoded.error }
      return { kind: 'good', data: decoded.value, written: piecesOf(list, subject.pieceCount) }
    } catch (thrown) {
      return { kind: 'broken', reason: messageOf(thrown) }
    }
  }

  /**
   * Replaces the resume data: after a crash either the old or the new is there, whole.
   *
   * @throws DiskError
   */
  async save(data: ResumeData): Promise<void> {
    const folder = dirname(this.path)
    const temporary = `${this.path}.new`
    try {
      await mkdir(folder, { recursive: true })
      const file = await open(temporary, 'w')
      try {
        await file.writeFile(encodeResume(data))
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, this.path)
      await syncFolder(folder)
    } catch (thrown) {
      throw asDiskError(thrown, 'saving resume data in', this.path)
    }
  }

  /** Starts an empty list of written pieces; what it held is in the saved resume data. */
  async forgetWritten(): Promise<void> {
    try {
      await rm(this.writtenPath, { force: true })
    } catch (thrown) {
      throw asDiskError(thrown, 'removing', this.writtenPath)
    }
  }
}

function piecesOf(list: Uint8Array | undefined, pieceCount: number): number[] {
  if (list === undefined) return []
  const view = new DataView(list.buffer, list.byteOffset, list.byteLength)
  const pieces = new Set<number>()
  for (let offset = 0; offset + 4 <= list.length; offset += 4) {
    const piece = view.getUint32(offset)
    if (piece < pieceCount) pieces.add(piece)
  }
  return [...pieces].sort((a, b) => a - b)
}

async function readIfPresent(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return undefined
    throw thrown
  }
}

/** A rename is durable once its folder is; where folders cannot be synced (Windows) the rename stands alone. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
