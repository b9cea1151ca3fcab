/** Reads ranges of the torrent from its files, asynchronously, with a bounded number of open files. */

import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { asDiskError, DiskError } from './errors.ts'
import { fileOf, type Layout, type Span, spansOf } from './layout.ts'

interface OpenFile {
  readonly handle: Promise<FileHandle>
  users: number
}

export class FileReader {
  readonly #layout: Layout
  readonly #max: number
  readonly #flags: number
  /** By file, least recently used first. */
  readonly #open = new Map<number, OpenFile>()

  constructor(layout: Layout, options: { readonly openFilesMax: number; readonly followLinks: boolean }) {
    this.#layout = layout
    this.#max = options.openFilesMax
    this.#flags = constants.O_RDONLY | (options.followLinks ? 0 : (constants.O_NOFOLLOW ?? 0))
  }

  /**
   * Fills `into` with the torrent's bytes from `offset`; pad files are zeros.
   *
   * @throws DiskError also when a file ends early
   */
  async read(offset: number, into: Uint8Array): Promise<void> {
    let start = 0
    for (const span of spansOf(this.#layout, offset, into.length)) {
      const part = into.subarray(start, start + span.length)
      start += span.length
      if (fileOf(this.#layout, span.fileIndex).kind === 'file') await this.#readSpan(span, part)
      else part.fill(0)
    }
  }

  /** Closes every file; those that are being read close after that. */
  async closeAll(): Promise<void> {
    const files = [...this.#open.values()]
    this.#open.clear()
    await Promise.all(files.map(closeQuietly))
  }

  async #readSpan(span: Span, into: Uint8Array): Promise<void> {
    const { path } = fileOf(this.#layout, span.fileIndex)
    const file = this.#use(span.fileIndex, path)
    try {
      const handle = await file.handle
      for (let done = 0; done < span.length; ) {
        const { bytesRead } = await handle.read(into, done, span.length - done, span.fileOffset + done)
        if (bytesRead === 0) {
          throw new DiskError(
            'file-gone',
            `${path} ends at byte ${span.fileOffset + done}: expected more. Put the file back, then resume.`,
            { path },
          )
        }
        done += bytesRead
      }
    } catch (thrown) {
      if (this.#open.get(span.fileIndex) === file) this.#open.delete(span.fileIndex)
      void closeQuietly(file)
      throw asDiskError(thrown, 'reading', path)
    } finally {
      file.users--
    }
  }

  #use(fileIndex: number, path: string): OpenFile {
    const present = this.#open.get(fileIndex)
    if (present !== undefined) {
      this.#open.delete(fileIndex)
      this.#open.set(fileIndex, present)
      present.users++
      return present
    }
    if (this.#open.size >= this.#max) this.#closeOldestIdle()
    const file: OpenFile = { handle: open(path, this.#flags), users: 1 }
    this.#open.set(fileIndex, file)
    return file
  }

  #closeOldestIdle(): void {
    for (const [fileIndex, file] of this.#open) {
      if (file.users > 0) continue
      this.#open.delete(fileIndex)
      void closeQuietly(file)
      return
    }
  }
}

/** Closing a file that was only read cannot lose anything; FileHandle waits for its pending reads. */
async function closeQuietly(file: OpenFile): Promise<void> {
  try {
    await (await file.handle).close()
  } catch {
    // It never opened, or was closed before.
  }
}
