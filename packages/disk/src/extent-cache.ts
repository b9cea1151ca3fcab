/**
 * Verified bytes held in memory for upload. Files are read in regions of some hundred KiB: a group of small pieces, or an
 * aligned part of a large one. A region is pinned while any of its extents is; the least recently used idle one goes first.
 */

import { assert, blockBytes, bytesPerMiB } from '@millrace/base'
import { type Layout, sizeOfPiece } from './layout.ts'

export const cacheBytesDefault = 64 * bytesPerMiB
export const extentBytesDefault = 512 * 1024
/** The longest range that one lookup may ask for. */
export const lookupBytesMax = 128 * 1024
const extentBytesMin = 2 * lookupBytesMax
const readsInFlightMax = 8

/** Where regions begin: every `groupPieces` pieces, and every `regionBytes` of a piece that is longer than that. */
interface Region {
  readonly key: number
  readonly firstPiece: number
  /** Offset in `firstPiece`; above 0 only for a part of a long piece. */
  readonly begin: number
  readonly extents: (CachedExtent | undefined)[]
  /** Pieces whose fetch asked for this region. */
  readonly waiting: Set<number>
  state: 'queued' | 'reading' | 'ready' | 'stale'
  memory: Uint8Array | undefined
  pins: number
}

export class CachedExtent {
  readonly piece: number
  readonly begin: number
  readonly bytes: Uint8Array
  readonly region: Region

  constructor(piece: number, begin: number, bytes: Uint8Array, region: Region) {
    this.piece = piece
    this.begin = begin
    this.bytes = bytes
    this.region = region
  }
}

export interface ExtentCacheOptions {
  readonly cacheBytes: number
  readonly extentBytes: number
}

export interface ExtentSource {
  isVerified(piece: number): boolean
  /** Fills `into` with the bytes of the torrent from `offset`. */
  read(offset: number, into: Uint8Array): Promise<void>
  onFetched(piece: number): void
  /** The read failed; `pieces` had asked for it. */
  onReadFailed(error: unknown, pieces: readonly number[]): void
}

export class ExtentCache {
  readonly #layout: Layout
  readonly #source: ExtentSource
  readonly #regionBytes: number
  readonly #groupPieces: number
  /** Regions are groups of whole pieces (perhaps of one), not parts of a long piece. */
  readonly #isGroup: boolean
  readonly #blocksPerPiece: number
  readonly #memoriesMax: number
  readonly #freeMemory: Uint8Array[] = []
  /** By key, least recently used first. */
  readonly #regions = new Map<number, Region>()
  readonly #queue: Region[] = []
  #memories = 0
  #readsInFlight = 0
  #isClosed = false
  hits = 0
  misses = 0
  bytesRead = 0

  constructor(layout: Layout, options: ExtentCacheOptions, source: ExtentSource) {
    const { pieceLength, totalSize } = layout
    const wanted = Math.max(extentBytesMin, Math.ceil(options.extentBytes / blockBytes) * blockBytes)
    this.#layout = layout
    this.#source = source
    this.#groupPieces = Math.max(1, Math.floor(wanted / pieceLength))
    this.#isGroup = Math.min(pieceLength, totalSize) <= wanted
    this.#regionBytes = this.#isGroup ? Math.min(this.#groupPieces * pieceLength, totalSize) : wanted
    this.#blocksPerPiece = Math.ceil(pieceLength / blockBytes)
    this.#memoriesMax = Math.max(2, Math.floor(options.cacheBytes / Math.max(1, this.#regionBytes)))
  }

  get bytes(): number {
    return this.#memories * this.#regionBytes
  }

  lookup(piece: number, begin: number, length: number): CachedExtent | undefined {
    const region = this.#regions.get(this.#keyOf(piece, begin, length))
    const extent = region?.extents[piece - region.firstPiece]
    const holds = extent !== undefined && extent.begin <= begin && begin + length <= extent.begin + extent.bytes.length
    if (region === undefined || region.state !== 'ready' || !holds) {
      this.misses++
      return undefined
    }
    this.hits++
    region.pins++
    this.#regions.delete(region.key)
    this.#regions.set(region.key, region)
    return extent
  }

  unpin(extent: CachedExtent): void {
    const { region } = extent
    assert(region.pins > 0, 'a pinned extent')
    region.pins--
    if (region.pins > 0) return
    if (region.state === 'stale') this.#freeMemoryOf(region)
    this.#pump()
  }

  /** Reads what holds the range unless that is there or on its way, and the region after it when reads run forward. */
  fetch(piece: number, begin: number, length: number): void {
    assert(length > 0 && length <= lookupBytesMax, 'a range of at most lookupBytesMax')
    const region = this.#want(piece, this.#keyOf(piece, begin, length), begin)
    if (region.state === 'ready') setImmediate(() => this.#source.onFetched(piece))
    else region.waiting.add(piece)
    const previous = this.#keyBefore(region)
    if (previous !== undefined && this.#regions.has(previous)) this.#readAhead(region)
    this.#pump()
  }

  /** Forgets everything, for instance because pieces lost their verdict. Pinned bytes stay valid until unpinned. */
  drop(): void {
    for (const region of [...this.#regions.values()]) if (region.state === 'ready') this.#evict(region)
  }

  close(): void {
    this.#isClosed = true
    this.#queue.length = 0
    this.drop()
  }

  /** In a long piece a range that crosses a boundary has a region of its own, which begins at the range's block. */
  #keyOf(piece: number, begin: number, length: number): number {
    if (this.#isGroup) return Math.floor(piece / this.#groupPieces)
    const aligned = begin - (begin % this.#regionBytes)
    const start = begin + length <= aligned + this.#regionBytes ? aligned : begin - (begin % blockBytes)
    return piece * this.#blocksPerPiece + start / blockBytes
  }

  #want(piece: number, key: number, begin: number): Region {
    const present = this.#regions.get(key)
    // A piece that was verified after its group had been read is not in the group's extents.
    const serves = present !== undefined && (present.state !== 'ready' || this.#has(present, piece))
    if (present !== undefined && serves) return present
    if (present !== undefined) this.#evict(present)
    assert(this.#source.isVerified(piece), `piece ${piece} to be verified before it is read (offset ${begin})`)
    return this.#add(key)
  }

  #has(region: Region, piece: number): boolean {
    return region.extents[piece - region.firstPiece] !== undefined
  }

  #add(key: number): Region {
    const firstPiece = this.#isGroup ? key * this.#groupPieces : Math.floor(key / this.#blocksPerPiece)
    const begin = this.#isGroup ? 0 : (key % this.#blocksPerPiece) * blockBytes
    const region: Region = {
      key,
      firstPiece,
      begin,
      extents: [],
      waiting: new Set(),
      state: 'queued',
      memory: undefined,
      pins: 0,
    }
    this.#regions.set(key, region)
    this.#queue.push(region)
    return region
  }

  #keyBefore(region: Region): number | undefined {
    if (this.#isGroup) return region.key > 0 ? region.key - 1 : undefined
    const blocks = this.#regionBytes / blockBytes
    return region.begin >= this.#regionBytes ? region.key - blocks : undefined
  }

  #readAhead(region: Region): void {
    if (region.begin % this.#regionBytes !== 0) return
    const next = this.#isGroup ? region.key + 1 : region.key + this.#regionBytes / blockBytes
    const isInside = this.#isGroup
      ? next * this.#groupPieces < this.#layout.pieceCount && this.#source.isVerified(next * this.#groupPieces)
      : region.begin + this.#regionBytes < sizeOfPiece(this.#layout, region.firstPiece)
    if (isInside && !this.#regions.has(next)) this.#add(next)
  }

  #pump(): void {
    while (!this.#isClosed && this.#readsInFlight < readsInFlightMax) {
      const region = this.#queue[0]
      if (region === undefined) return
      const memory = this.#takeMemory()
      if (memory === undefined) return
      this.#queue.shift()
      this.#read(region, memory)
    }
  }

  #read(region: Region, memory: Uint8Array): void {
    region.state = 'reading'
    region.memory = memory
    const pieces = this.#verifiedOf(region)
    const last = pieces.at(-1) ?? region.firstPiece
    const start = region.firstPiece * this.#layout.pieceLength + region.begin
    const end = last * this.#layout.pieceLength + sizeOfPiece(this.#layout, last)
    const length = Math.min(end - start, this.#regionBytes)
    this.#readsInFlight++
    this.#source.read(start, memory.subarray(0, length)).then(
      () => this.#arrived(region, memory, pieces, length),
      (error: unknown) => this.#failed(region, error),
    )
  }

  #verifiedOf(region: Region): number[] {
    const end = Math.min(region.firstPiece + this.#groupPieces, this.#layout.pieceCount)
    const pieces: number[] = []
    for (let piece = region.firstPiece; piece < end; piece++) if (this.#source.isVerified(piece)) pieces.push(piece)
    return pieces
  }

  #arrived(region: Region, memory: Uint8Array, pieces: readonly number[], length: number): void {
    this.#readsInFlight--
    this.bytesRead += length
    region.state = 'ready'
    for (const piece of pieces) {
      if (!this.#source.isVerified(piece)) continue
      const from = (piece - region.firstPiece) * this.#layout.pieceLength
      const to = Math.min(from + sizeOfPiece(this.#layout, piece) - region.begin, length)
      region.extents[piece - region.firstPiece] = new CachedExtent(
        piece,
        region.begin,
        memory.subarray(from, to),
        region,
      )
    }
    if (this.#isClosed) return
    const waiting = [...region.waiting]
    region.waiting.clear()
    for (const piece of waiting) this.#source.onFetched(piece)
    this.#pump()
  }

  #failed(region: Region, error: unknown): void {
    this.#readsInFlight--
    this.#regions.delete(region.key)
    this.#freeMemoryOf(region)
    if (this.#isClosed) return
    this.#source.onReadFailed(error, [...region.waiting])
    this.#pump()
  }

  #takeMemory(): Uint8Array | undefined {
    const free = this.#freeMemory.pop()
    if (free !== undefined) return free
    if (this.#memories < this.#memoriesMax) {
      this.#memories++
      return new Uint8Array(this.#regionBytes)
    }
    for (const region of this.#regions.values()) {
      if (region.state !== 'ready' || region.pins > 0) continue
      this.#evict(region)
      return this.#freeMemory.pop()
    }
    return undefined
  }

  #evict(region: Region): void {
    this.#regions.delete(region.key)
    region.state = 'stale'
    if (region.pins === 0) this.#freeMemoryOf(region)
  }

  #freeMemoryOf(region: Region): void {
    if (region.memory !== undefined) this.#freeMemory.push(region.memory)
    region.memory = undefined
  }
}
