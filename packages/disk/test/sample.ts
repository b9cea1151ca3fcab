/** Torrents with random content for the tests of this package: real bytes, real hashes, real folders. */

import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { concatBytes, defined, seededRandom } from '@millrace/base'
import type { StorageEvents, StoredInfo } from '../src/index.ts'
import type { Storage } from '../src/storage.ts'

export interface SampleFile {
  readonly path: readonly string[]
  readonly size: number
  readonly pad?: boolean
}

export interface Sample {
  readonly info: StoredInfo
  readonly infoHash: Uint8Array
  /** All bytes of the torrent. */
  readonly content: Uint8Array
}

/** Pad files are zeros, everything else is random. */
export function sampleOf(files: readonly SampleFile[], pieceLength: number, seed = 1): Sample {
  const random = seededRandom(seed)
  const content = concatBytes(files.map((file) => (file.pad ? new Uint8Array(file.size) : random.bytes(file.size))))
  const hashes: Uint8Array[] = []
  for (let at = 0; at < content.length; at += pieceLength) {
    hashes.push(
      createHash('sha1')
        .update(content.subarray(at, at + pieceLength))
        .digest(),
    )
  }
  let offset = 0
  const entries = files.map((file) => {
    const entry = { path: file.path, size: file.size, offset, pad: file.pad ?? false }
    offset += file.size
    return entry
  })
  const pieceHashes = concatBytes(hashes)
  return {
    content,
    infoHash: createHash('sha1').update(pieceHashes).update(JSON.stringify(files)).digest(),
    info: { pieceLength, pieceCount: hashes.length, totalSize: content.length, pieceHashes, files: entries },
  }
}

export function pieceOf(sample: Sample, piece: number): Uint8Array {
  const { pieceLength } = sample.info
  return sample.content.subarray(piece * pieceLength, (piece + 1) * pieceLength)
}

export function contentOfFile(sample: Sample, index: number): Uint8Array {
  const file = defined(sample.info.files[index], 'a file of the sample')
  return sample.content.subarray(file.offset, file.offset + file.size)
}

/** Remembers what happened, and lets a test wait for it. */
export class Recorder implements StorageEvents {
  readonly verified: number[] = []
  readonly failed: number[] = []
  readonly fetched: number[] = []
  readonly errors: Error[] = []
  #waiters: { readonly isMet: () => boolean; readonly wake: () => void }[] = []

  onVerified(piece: number): void {
    this.verified.push(piece)
    this.#wake()
  }

  onFailed(piece: number): void {
    this.failed.push(piece)
    this.#wake()
  }

  onFetched(piece: number): void {
    this.fetched.push(piece)
    this.#wake()
  }

  onError(error: Error): void {
    this.errors.push(error)
    this.#wake()
  }

  /** Resolves as soon as the condition holds; it is looked at after each event. */
  until(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve()
    return new Promise((wake) => this.#waiters.push({ isMet, wake }))
  }

  #wake(): void {
    const met = this.#waiters.filter((waiter) => waiter.isMet())
    this.#waiters = this.#waiters.filter((waiter) => !met.includes(waiter))
    for (const { wake } of met) wake()
  }
}

/** Puts a piece into its memory and commits it; waits for a free slot when there is none. */
export async function put(storage: Storage, sample: Sample, piece: number, recorder: Recorder): Promise<void> {
  let memory = storage.acquire(piece)
  while (memory === undefined) {
    for (const done of [...recorder.verified, ...recorder.failed]) storage.release(done)
    const before = recorder.verified.length + recorder.failed.length
    memory = storage.acquire(piece)
    if (memory === undefined) await recorder.until(() => recorder.verified.length + recorder.failed.length > before)
  }
  memory.set(pieceOf(sample, piece))
  storage.commit(piece)
}

/** A fresh folder that is removed afterwards. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-disk-'))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
