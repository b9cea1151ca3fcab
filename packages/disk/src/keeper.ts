/** Keeps resume data true: payload reaches the disk before anything that claims it does. */

import { open } from 'node:fs/promises'
import { asDiskError, DiskError } from './errors.ts'
import { fileOf, type Layout, sizeOfPiece, spansOfPiece } from './layout.ts'
import { absentStamp, type FileStamp } from './resume-data.ts'
import type { ResumeFile } from './resume-file.ts'
import { type FoundFile, findFile } from './survey.ts'

const syncsAtOnce = 8

export interface KeeperOptions {
  readonly layout: Layout
  readonly infoHash: Uint8Array
  readonly file: ResumeFile
  /** Live. */
  readonly verified: Uint8Array
  /** The files as they are known; live, so that files made anew are known too. */
  readonly known: readonly (FoundFile | undefined)[]
}

export class ResumeKeeper {
  readonly #options: KeeperOptions
  readonly #stamps: FileStamp[]
  #dirty = new Set<number>()
  #isChanged = false
  #saving: Promise<void> = Promise.resolve()
  bytesSinceSave = 0

  constructor(options: KeeperOptions) {
    this.#options = options
    this.#stamps = options.known.map((found) => found ?? absentStamp)
  }

  get isChanged(): boolean {
    return this.#isChanged
  }

  noteWritten(piece: number): void {
    const { layout } = this.#options
    for (const { fileIndex } of spansOfPiece(layout, piece)) {
      if (fileOf(layout, fileIndex).kind === 'file') this.#dirty.add(fileIndex)
    }
    this.bytesSinceSave += sizeOfPiece(layout, piece)
    this.#isChanged = true
  }

  /** Pieces lost their verdict: the next save is due although nothing was written. */
  noteLost(): void {
    this.#isChanged = true
  }

  /** A file is another one now: its stamp is taken again. */
  noteReplaced(fileIndex: number): void {
    this.#stamps[fileIndex] = this.#options.known[fileIndex] ?? absentStamp
    this.#isChanged = true
  }

  /**
   * Saves what is verified now, after syncing the files that hold it. Saves run one after the other. A clean save, the
   * last one, is made even when files are gone; it says so and then throws.
   *
   * @throws DiskError
   */
  save(isClean: boolean): Promise<void> {
    const saved = this.#saving.then(() => this.#save(isClean))
    this.#saving = saved.catch(() => {})
    return saved
  }

  async #save(isClean: boolean): Promise<void> {
    const { infoHash, layout, file } = this.#options
    const verified = this.#options.verified.slice()
    const dirty = this.#dirty
    this.#dirty = new Set()
    this.#isChanged = false
    this.bytesSinceSave = 0
    try {
      const fault = await this.#syncAll([...dirty], isClean)
      await file.save({ infoHash, pieceLength: layout.pieceLength, verified, stamps: this.#stamps, isClean })
      if (isClean) await file.forgetWritten()
      if (fault !== undefined) throw fault
    } catch (thrown) {
      for (const fileIndex of dirty) this.#dirty.add(fileIndex)
      this.#isChanged = true
      throw thrown
    }
  }

  async #syncAll(files: readonly number[], goesOn: boolean): Promise<DiskError | undefined> {
    let next = 0
    let fault: DiskError | undefined
    const lane = async (): Promise<void> => {
      for (let fileIndex = files[next++]; fileIndex !== undefined; fileIndex = files[next++]) {
        try {
          this.#stamps[fileIndex] = await this.#sync(fileIndex)
        } catch (thrown) {
          if (!(thrown instanceof DiskError && goesOn)) throw thrown
          this.#stamps[fileIndex] = absentStamp
          fault = thrown
        }
      }
    }
    await Promise.all(Array.from({ length: syncsAtOnce }, lane))
    return fault
  }

  async #sync(fileIndex: number): Promise<FileStamp> {
    const { path } = fileOf(this.#options.layout, fileIndex)
    try {
      // Windows flushes only what was opened for writing.
      const handle = await open(path, process.platform === 'win32' ? 'r+' : 'r')
      try {
        await handle.datasync()
      } finally {
        await handle.close()
      }
    } catch (thrown) {
      throw asDiskError(thrown, 'flushing', path)
    }
    const found = await findFile(path, true)
    if (found !== undefined && found.identity === this.#options.known[fileIndex]?.identity) return found
    throw new DiskError(
      'file-gone',
      `${path} was removed or replaced while it was written. Resume to write it again.`,
      {
        path,
      },
    )
  }
}
