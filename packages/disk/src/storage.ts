/** The payload of one torrent: memory of pieces in flight, their verdicts, files, and reading back for upload. */

import { assert, type Logger, messageOf, ok, type Result, refuse } from '@millrace/base'
import { clearBit, hasBit, setBit } from './bitfield.ts'
import { checkPieces, everyPiece, type Progress } from './check.ts'
import { asDiskError, type DiskError, type DiskFailure, diskError } from './errors.ts'
import { CachedExtent, ExtentCache, type ExtentCacheOptions } from './extent-cache.ts'
import { FileReader } from './file-reader.ts'
import type { HashPool } from './hash-pool.ts'
import type { ResumeKeeper } from './keeper.ts'
import type { Layout } from './layout.ts'
import { repairFiles } from './repair.ts'
import type { Slab, Slot } from './slab.ts'
import type { FoundFile } from './survey.ts'

/** How a storage answers; never inside one of its own methods. */
export interface StorageEvents {
  /** The piece is right and written; its memory stays until `release`. */
  onVerified(piece: number): void
  /** The piece is wrong; its memory stays until `release`. The files were not touched. */
  onFailed(piece: number): void
  /** Another `lookup` of this piece pays. */
  onFetched(piece: number): void
  /** A DiskError. Commits wait from now on; mend what it says, then call `resume`. */
  onError(error: Error): void
}

/** A run of verified bytes in memory. Pinned until `unpin`. */
export interface StoredExtent {
  readonly piece: number
  readonly begin: number
  readonly bytes: Uint8Array
}

export interface StorageStats {
  readonly state: 'running' | 'stopped' | 'resuming' | 'closed'
  readonly slots: number
  readonly slotsUsed: number
  readonly slabBytes: number
  /** Right pieces that wait for the disk, or commits made while stopped. */
  readonly piecesHeld: number
  readonly piecesWritten: number
  readonly piecesFailed: number
  readonly cacheBytes: number
  readonly extentHits: number
  readonly extentMisses: number
  readonly bytesRead: number
}

/** `lost`: pieces that had been verified and are no longer on disk; their bits are clear now. */
export interface Resumed {
  readonly lost: readonly number[]
}

export interface StorageParts {
  readonly mode: 'leech' | 'seed'
  readonly layout: Layout
  readonly pieceHashes: Uint8Array
  readonly verified: Uint8Array
  readonly slab: Slab
  readonly pool: HashPool
  readonly keeper: ResumeKeeper | undefined
  /** The files as they are known; kept up to date here. */
  readonly known: (FoundFile | undefined)[]
  readonly cache: ExtentCacheOptions
  readonly openFilesMax: number
  readonly saveIntervalSeconds: number
  readonly saveBytes: number
  readonly logger: Logger
  readonly events: StorageEvents
  readonly onProgress: Progress | undefined
}

type State =
  | { readonly kind: 'running' | 'closed' }
  | { readonly kind: 'stopped'; readonly error: DiskError }
  | { readonly kind: 'resuming'; error: DiskError | undefined }

/** Implements the swarm's `Store`. Made by `openStorage`; owns its threads and files until `close`. */
export class Storage {
  readonly verified: Uint8Array
  readonly #parts: StorageParts
  readonly #cache: ExtentCache
  readonly #reader: FileReader
  readonly #timer: NodeJS.Timeout | undefined
  /** Pieces whose read failed: they are told to ask again after `resume`. */
  readonly #unread = new Set<number>()
  readonly #held = new Set<Slot>()
  /** Paths of files that were caught missing bytes. */
  readonly #doubted = new Set<string>()
  #idleWaiters: (() => void)[] = []
  #commitsOut = 0
  #piecesWritten = 0
  #piecesFailed = 0
  #resuming: Promise<Result<Resumed, DiskError>> = Promise.resolve(ok({ lost: [] }))
  #state: State = { kind: 'running' }

  constructor(parts: StorageParts) {
    this.#parts = parts
    this.verified = parts.verified
    this.#reader = new FileReader(parts.layout, {
      openFilesMax: parts.openFilesMax,
      followLinks: parts.mode === 'seed',
    })
    this.#cache = new ExtentCache(parts.layout, parts.cache, {
      isVerified: (piece) => hasBit(this.verified, piece),
      read: (offset, into) => this.#reader.read(offset, into),
      onFetched: (piece) => parts.events.onFetched(piece),
      onReadFailed: (error, pieces) => {
        for (const piece of pieces) this.#unread.add(piece)
        this.#stop(asDiskError(error, 'reading', parts.layout.root))
      },
    })
    if (parts.keeper !== undefined) {
      this.#timer = setInterval(() => this.#saveSoon(), parts.saveIntervalSeconds * 1000).unref()
    }
  }

  /** Memory for a piece in flight; undefined while all slots are taken. The same memory again until `release`. */
  acquire(piece: number): Uint8Array | undefined {
    assert(this.#parts.mode === 'leech', 'storage that was opened for writing')
    assert(!hasBit(this.verified, piece), `piece ${piece} to be unverified`)
    return this.#parts.slab.take(piece)?.bytes
  }

  /** Gives the memory of a piece back, after its verdict or when it is given up. */
  release(piece: number): void {
    const slot = this.#parts.slab.ofPiece(piece)
    if (slot === undefined) return
    if (slot.state === 'committed') slot.isReleased = true
    else this.#free(slot)
  }

  /** The memory of `piece` is complete: a worker hashes it and, when right, writes it. */
  commit(piece: number): void {
    const slot = this.#parts.slab.ofPiece(piece)
    assert(slot !== undefined && (slot.state === 'filling' || slot.state === 'settled'), 'memory to commit')
    if (this.#state.kind === 'running') this.#send(slot)
    else this.#hold(slot)
  }

  /** A pinned extent that holds the whole range (at most `lookupBytesMax`), if it is in memory. */
  lookup(piece: number, begin: number, length: number): StoredExtent | undefined {
    return this.#cache.lookup(piece, begin, length)
  }

  unpin(extent: StoredExtent): void {
    assert(extent instanceof CachedExtent, 'an extent that lookup gave')
    this.#cache.unpin(extent)
  }

  /** Starts reading an extent of a verified piece that holds the range; `onFetched` tells when it is there. */
  fetch(piece: number, begin: number, length: number): void {
    if (this.#state.kind === 'running') this.#cache.fetch(piece, begin, length)
    else this.#unread.add(piece)
  }

  /** Hashes every piece on disk anew; bits are set and cleared as it turns out. @throws DiskError */
  async checkAll(): Promise<void> {
    const { pool, layout, pieceHashes, keeper, onProgress } = this.#parts
    const before = this.verified.slice()
    const right = await checkPieces(pool, layout, pieceHashes, everyPiece(layout), onProgress)
    for (const piece of everyPiece(layout)) {
      // A piece that was verified while the check ran may have been written after the check had passed it.
      const isNew = hasBit(this.verified, piece) && !hasBit(before, piece)
      if (right.has(piece)) setBit(this.verified, piece)
      else if (!isNew) clearBit(this.verified, piece)
    }
    keeper?.noteLost()
    this.#cache.drop()
  }

  /** Waits for all verdicts, then makes them durable. @throws DiskError */
  async flush(): Promise<void> {
    await this.#idle()
    if (this.#state.kind === 'stopped') throw this.#state.error
    await this.#parts.keeper?.save(false)
  }

  /**
   * Ends cleanly: verdicts are awaited, data and resume data made durable, files closed, threads ended.
   *
   * @throws DiskError when what was verified could not be made durable (everything is closed nevertheless)
   */
  async close(): Promise<void> {
    if (this.#state.kind === 'closed') return
    await this.#resuming
    await this.#idle()
    const wasStopped = this.#state.kind === 'stopped'
    this.#state = { kind: 'closed' }
    clearInterval(this.#timer)
    this.#cache.close()
    try {
      await this.#parts.pool.reset()
      await this.#parts.keeper?.save(true)
    } catch (thrown) {
      const error = asDiskError(thrown, 'closing', this.#parts.layout.root)
      // A stopped storage has said before what is wrong with its disk.
      if (!wasStopped) throw error
      this.#parts.logger.log('warn', 'resume data was not saved', { reason: messageOf(error) })
    } finally {
      await this.#reader.closeAll()
      await this.#parts.pool.close()
    }
  }

  /**
   * Goes on after `onError`: missing files are made anew (a seed wants them put back), what waited is written. When that
   * fails the storage stays stopped and the error is only returned. Repeats safely.
   */
  resume(): Promise<Result<Resumed, DiskError>> {
    if (this.#state.kind === 'stopped') this.#resuming = this.#resume()
    else if (this.#state.kind !== 'resuming') return Promise.resolve(ok({ lost: [] }))
    return this.#resuming
  }

  stats(): StorageStats {
    const { slab } = this.#parts
    return {
      state: this.#state.kind,
      slots: slab.slotCount,
      slotsUsed: slab.used,
      slabBytes: slab.memory.byteLength,
      piecesHeld: this.#held.size,
      piecesWritten: this.#piecesWritten,
      piecesFailed: this.#piecesFailed,
      cacheBytes: this.#cache.bytes,
      extentHits: this.#cache.hits,
      extentMisses: this.#cache.misses,
      bytesRead: this.#cache.bytesRead,
    }
  }

  /** Called by the pool of workers. */
  onVerdict(slotIndex: number, isRight: boolean): void {
    const { slab, keeper, events, saveBytes } = this.#parts
    const slot = slab.ofIndex(slotIndex)
    const wasReleased = slot.isReleased
    slot.state = 'settled'
    this.#commitsOut--
    if (wasReleased) slab.free(slot)
    if (isRight) {
      this.#piecesWritten++
      setBit(this.verified, slot.piece)
      keeper?.noteWritten(slot.piece)
      if (keeper !== undefined && keeper.bytesSinceSave >= saveBytes) this.#saveSoon()
      events.onVerified(slot.piece)
    } else {
      this.#piecesFailed++
      if (!wasReleased) events.onFailed(slot.piece)
    }
    this.#wakeIdle()
  }

  /** Called by the pool of workers: right, but the disk would not take it. */
  onUnwritten(slotIndexes: readonly number[], failure: DiskFailure): void {
    for (const index of slotIndexes) {
      const slot = this.#parts.slab.ofIndex(index)
      this.#commitsOut--
      if (slot.isReleased) this.#parts.slab.free(slot)
      else this.#hold(slot)
    }
    this.#stop(diskError(failure))
    this.#wakeIdle()
  }

  #send(slot: Slot): void {
    slot.state = 'committed'
    this.#commitsOut++
    this.#parts.pool.commit(slot.index, slot.piece)
  }

  #hold(slot: Slot): void {
    slot.state = 'held'
    this.#held.add(slot)
  }

  #free(slot: Slot): void {
    this.#held.delete(slot)
    this.#parts.slab.free(slot)
  }

  #stop(error: DiskError): void {
    if (this.#state.kind === 'resuming') this.#state.error ??= error
    if (this.#state.kind !== 'running') return
    if (error.code === 'file-gone' && error.path !== undefined) this.#doubted.add(error.path)
    this.#state = { kind: 'stopped', error }
    setImmediate(() => this.#parts.events.onError(error))
  }

  async #resume(): Promise<Result<Resumed, DiskError>> {
    const { pool, keeper, layout } = this.#parts
    const state: State = { kind: 'resuming', error: undefined }
    this.#state = state
    try {
      await this.#idle()
      await pool.reset()
      await this.#reader.closeAll()
      this.#cache.drop()
      const { lost, replaced } = await repairFiles({ ...this.#parts, doubted: this.#doubted })
      this.#doubted.clear()
      for (const fileIndex of replaced) keeper?.noteReplaced(fileIndex)
      this.#sendHeld()
      await this.#idle()
      if (state.error !== undefined) throw state.error
      await keeper?.save(false)
      this.#state = { kind: 'running' }
      this.#sendHeld()
      const pieces = [...this.#unread]
      this.#unread.clear()
      setImmediate(() => {
        for (const piece of pieces) this.#parts.events.onFetched(piece)
      })
      return ok({ lost })
    } catch (thrown) {
      const error = asDiskError(thrown, 'resuming', layout.root)
      this.#state = { kind: 'stopped', error }
      return refuse(error)
    }
  }

  #sendHeld(): void {
    const slots = [...this.#held]
    this.#held.clear()
    for (const slot of slots) this.#send(slot)
  }

  #saveSoon(): void {
    const { keeper } = this.#parts
    if (this.#state.kind !== 'running' || keeper === undefined || !keeper.isChanged) return
    keeper.bytesSinceSave = 0
    keeper.save(false).catch((thrown: unknown) => this.#stop(asDiskError(thrown, 'saving', this.#parts.layout.root)))
  }

  #idle(): Promise<void> {
    if (this.#commitsOut === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idleWaiters.push(resolve))
  }

  #wakeIdle(): void {
    if (this.#commitsOut > 0) return
    const waiters = this.#idleWaiters
    this.#idleWaiters = []
    for (const wake of waiters) wake()
  }
}
