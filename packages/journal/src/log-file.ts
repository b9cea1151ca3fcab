/** An append-only file of records. What was appended survives the process; what was synced survives the machine. */

import { closeSync, fsync, fsyncSync, ftruncateSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { errnoOf, messageOf } from '@millrace/base'
import { JournalError } from './errors.ts'
import { decodeRecords, encodeRecord } from './record.ts'

const fsyncLater = promisify(fsync)

export class LogFile {
  readonly file: string
  readonly #descriptor: number
  #bytes: number
  #syncedBytes: number
  #syncs = 0
  #isClosing = false

  private constructor(file: string, descriptor: number, bytes: number) {
    this.file = file
    this.#descriptor = descriptor
    this.#bytes = bytes
    this.#syncedBytes = 0
  }

  /** Opens or creates the log, cuts off a torn tail, and returns the records. Throws `corrupt` on damage before the tail. */
  static open(file: string): { readonly log: LogFile; readonly payloads: readonly Uint8Array[] } {
    const { payloads, wholeBytes } = readLog(file)
    const descriptor = openSync(file, 'a')
    ftruncateSync(descriptor, wholeBytes)
    fsyncSync(descriptor)
    syncFolder(path.dirname(file))
    return { log: new LogFile(file, descriptor, wholeBytes), payloads }
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Appends a record whole or throws `write-failed` and leaves none of it. */
  append(payload: Uint8Array): void {
    const record = encodeRecord(payload)
    try {
      for (let written = 0; written < record.length; ) {
        written += writeSync(this.#descriptor, record, written, record.length - written)
      }
    } catch (cause) {
      ftruncateSync(this.#descriptor, this.#bytes)
      throw new JournalError(
        'write-failed',
        `cannot write the books to ${this.file} (${messageOf(cause)}): free space or mend the permissions`,
        { cause },
      )
    }
    this.#bytes += record.length
  }

  /** Resolves when everything appended before this call is on the disk. */
  async sync(): Promise<void> {
    const reached = this.#bytes
    if (this.#syncedBytes >= reached) return
    this.#syncs += 1
    try {
      await fsyncLater(this.#descriptor)
    } catch (cause) {
      throw new JournalError('write-failed', `cannot flush ${this.file} (${messageOf(cause)}): check the disk`, {
        cause,
      })
    } finally {
      this.#syncs -= 1
      if (this.#isClosing && this.#syncs === 0) closeSync(this.#descriptor)
    }
    this.#syncedBytes = Math.max(this.#syncedBytes, reached)
  }

  /** Closes the file, after any flush that is under way. */
  close(): void {
    this.#isClosing = true
    if (this.#syncs === 0) closeSync(this.#descriptor)
  }
}

/** The records of a log that may be in use: nothing is changed. */
export function readLog(file: string): { readonly payloads: readonly Uint8Array[]; readonly wholeBytes: number } {
  const { payloads, wholeBytes, isDamaged } = decodeRecords(readOrEmpty(file))
  if (isDamaged) {
    throw new JournalError(
      'corrupt',
      `${file} is damaged at byte ${wholeBytes}, before its end: restore the disk; do not sign with this key from here`,
    )
  }
  return { payloads, wholeBytes }
}

/** What a file that is replaced has come to. */
export type ReplaceStep = 'begun' | 'written' | 'renamed'

/** Replaces a file at once or not at all. `onStep` is told how far it is. */
export function writeAtomically(
  file: string,
  content: Uint8Array,
  onStep: (step: ReplaceStep) => void = () => {},
): void {
  const temporary = `${file}.new`
  const descriptor = openSync(temporary, 'w')
  try {
    onStep('begun')
    for (let written = 0; written < content.length; ) {
      written += writeSync(descriptor, content, written, content.length - written)
    }
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  onStep('written')
  renameSync(temporary, file)
  onStep('renamed')
  syncFolder(path.dirname(file))
}

/** Makes names in a folder durable. Some systems cannot open a folder: there the rename is all there is. */
export function syncFolder(folder: string): void {
  try {
    const descriptor = openSync(folder, 'r')
    try {
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch (cause) {
    if (errnoOf(cause) !== 'EPERM' && errnoOf(cause) !== 'EISDIR' && errnoOf(cause) !== 'EINVAL') throw cause
  }
}

export function readOrEmpty(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return new Uint8Array(0)
    throw cause
  }
}
