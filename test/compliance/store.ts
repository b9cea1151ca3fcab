/** What every Store of the swarm must do, wherever it keeps the bytes. */

import { createHash } from 'node:crypto'
import { concatBytes, defined, equalBytes, seededRandom } from '@millrace/base'
import { type Extent, hasPiece, type Store, type StoreEvents } from '@millrace/swarm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const pieceLength = 32_768
/** The last piece is shorter. */
const totalSize = 5 * pieceLength + 1_001
const lastPiece = 5
/** What the store under test must be limited to: four pieces is the least that the disk's memory is made for. */
export const slotsMax = 4

/** One file of fixed random bytes, empty at first in the store under test. */
export interface StoreSample {
  readonly pieceLength: number
  readonly pieceCount: number
  readonly totalSize: number
  readonly pieceHashes: Uint8Array
}

export interface OpenStore {
  readonly store: Store
  close(): Promise<void>
}

export type OpenStoreUnderTest = (sample: StoreSample, events: StoreEvents) => Promise<OpenStore>

const content = seededRandom(11).bytes(totalSize)
const pieces = Array.from({ length: lastPiece + 1 }, (_, piece) =>
  content.subarray(piece * pieceLength, (piece + 1) * pieceLength),
)
const pieceHashes = concatBytes(pieces.map((bytes) => createHash('sha1').update(bytes).digest()))

export function storeCompliance(name: string, open: OpenStoreUnderTest): void {
  describe(`the Store of ${name}`, () => {
    const world = new World(open)
    beforeEach(() => world.begin())
    afterEach(() => world.end())
    describe('memory', () => lending(world))
    describe('verdicts', () => judging(world))
    describe('reading', () => reading(world))
  })
}

function lending(world: World): void {
  it('is as long as the piece, the last one too', () => {
    expect(world.acquire(0)?.length).toBe(pieceLength)
    expect(world.acquire(lastPiece)?.length).toBe(1_001)
  })

  it('is lent up to the budget, and again after a release', () => {
    for (let piece = 0; piece < slotsMax; piece++) expect(world.acquire(piece)).toBeDefined()
    expect(world.acquire(slotsMax)).toBeUndefined()
    world.quiet((store) => store.release(0))
    expect(world.acquire(slotsMax)?.length).toBe(pieceLength)
  })

  it('of one piece is not that of another', () => {
    world.acquire(0)?.fill(1)
    world.acquire(1)?.fill(2)
    expect(world.acquire(0)?.every((byte) => byte === 1)).toBe(true)
  })
}

function judging(world: World): void {
  it('verifies right bytes, sets the bit before it says so, and keeps the memory until release', async () => {
    const bits: boolean[] = []
    world.onHeard = () => bits.push(world.has(1))
    const memory = world.put(1, pieceAt(1))
    expect(world.has(1)).toBe(false)
    await world.until(1)
    expect([world.heard, bits]).toEqual([['verified 1'], [true]])
    expect(pieces.map((_, piece) => world.has(piece))).toEqual([false, true, false, false, false, false])
    expect(equalBytes(memory, pieceAt(1))).toBe(true)
    for (const piece of [0, 2, 3]) world.acquire(piece)
    expect(world.acquire(4)).toBeUndefined()
    world.quiet((store) => store.release(1))
    expect(world.acquire(4)).toBeDefined()
  })

  it('fails wrong bytes, leaves the bit clear and the memory as it was, and takes the right bytes then', async () => {
    const wrong = pieceAt(2).slice()
    wrong[100] = (wrong[100] ?? 0) ^ 1
    const memory = world.put(2, wrong)
    await world.until(1)
    expect([world.heard, world.has(2)]).toEqual([['failed 2'], false])
    expect(equalBytes(memory, wrong)).toBe(true)
    world.quiet((store) => store.release(2))
    world.put(2, pieceAt(2))
    await world.until(2)
    expect([world.heard, world.has(2)]).toEqual([['failed 2', 'verified 2'], true])
  })

  it('judges pieces that are committed together each by its own bytes', async () => {
    world.put(0, pieceAt(1))
    world.put(lastPiece, pieceAt(lastPiece))
    await world.until(2)
    expect(world.heard.toSorted()).toEqual(['failed 0', `verified ${lastPiece}`])
    expect([world.has(0), world.has(lastPiece)]).toEqual([false, true])
  })
}

function reading(world: World): void {
  it('gives no extent of a piece that is not verified', async () => {
    world.put(0, pieceAt(1))
    await world.until(1)
    expect(world.lookup(0, 0, 1)).toBeUndefined()
    expect(world.lookup(1, 0, 1)).toBeUndefined()
  })

  it.each([
    [0, 0, 16_384],
    [0, 16_384, 16_384],
    [0, 9_999, 16_384],
    [lastPiece, 1_000, 1],
    [lastPiece, 0, 1_001],
  ])('of piece %i from %i on %i bytes are exactly those of the piece', async (piece, begin, length) => {
    await world.verify(piece)
    const bytes = await world.read(piece, begin, length)
    expect(equalBytes(bytes, pieceAt(piece).subarray(begin, begin + length))).toBe(true)
  })

  it('pins an extent as often as it was looked up', async () => {
    await world.verify(0)
    await world.read(0, 0, 16_384)
    const first = defined(world.lookup(0, 0, 16_384), 'an extent that was fetched')
    const second = defined(world.lookup(0, 0, 16_384), 'an extent that was fetched')
    world.quiet((store) => store.unpin(first))
    expect(equalBytes(bytesOf(second, 0, 16_384), pieceAt(0).subarray(0, 16_384))).toBe(true)
    world.quiet((store) => store.unpin(second))
  })

  it('goes on from what was written while the memory serves another piece', async () => {
    await world.verify(0)
    for (const piece of [1, 2, 3, 4]) defined(world.acquire(piece), 'memory within the budget').fill(0xff)
    expect(equalBytes(await world.read(0, 5, 1_000), pieceAt(0).subarray(5, 1_005))).toBe(true)
  })
}

function pieceAt(piece: number): Uint8Array {
  return defined(pieces[piece], 'a piece of the sample')
}

function bytesOf(extent: Extent, begin: number, length: number): Uint8Array {
  return extent.bytes.subarray(begin - extent.begin, begin - extent.begin + length)
}

/** The store of one test, and what it said. */
class World implements StoreEvents {
  heard: string[] = []
  onHeard: () => void = () => {}
  readonly #open: OpenStoreUnderTest
  #opened: OpenStore | undefined
  #wake: () => void = () => {}

  constructor(open: OpenStoreUnderTest) {
    this.#open = open
  }

  async begin(): Promise<void> {
    this.heard = []
    this.onHeard = () => {}
    this.#opened = await this.#open({ pieceLength, pieceCount: pieces.length, totalSize, pieceHashes }, this)
  }

  async end(): Promise<void> {
    await this.#opened?.close()
    this.#opened = undefined
  }

  /** Makes a call during which nothing may be heard. */
  quiet<T>(call: (store: Store) => T): T {
    const before = this.heard.length
    const result = call(defined(this.#opened, 'an open store').store)
    expect(this.heard.length).toBe(before)
    return result
  }

  has(piece: number): boolean {
    return hasPiece(
      this.quiet((store) => store.verified),
      piece,
    )
  }

  acquire(piece: number): Uint8Array | undefined {
    return this.quiet((store) => store.acquire(piece))
  }

  lookup(piece: number, begin: number, length: number): Extent | undefined {
    return this.quiet((store) => store.lookup(piece, begin, length))
  }

  put(piece: number, bytes: Uint8Array): Uint8Array {
    const memory = defined(this.acquire(piece), 'memory within the budget')
    memory.set(bytes.subarray(0, memory.length))
    this.quiet((store) => store.commit(piece))
    return memory
  }

  async verify(piece: number): Promise<void> {
    this.put(piece, pieceAt(piece))
    await this.until(this.heard.length + 1)
    expect(this.heard.at(-1)).toBe(`verified ${piece}`)
    this.quiet((store) => store.release(piece))
  }

  /** Fetches until a lookup answers: what it says, copied. */
  async read(piece: number, begin: number, length: number): Promise<Uint8Array> {
    let extent = this.lookup(piece, begin, length)
    if (extent === undefined) {
      this.quiet((store) => store.fetch(piece, begin, length))
      await this.until(this.heard.length + 1)
      expect(this.heard.at(-1)).toBe(`fetched ${piece}`)
      extent = this.lookup(piece, begin, length)
    }
    const found = defined(extent, 'an extent after onFetched')
    expect(found.piece).toBe(piece)
    const bytes = bytesOf(found, begin, length).slice()
    this.quiet((store) => store.unpin(found))
    return bytes
  }

  async until(count: number): Promise<void> {
    while (this.heard.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  onVerified(piece: number): void {
    this.#note(`verified ${piece}`)
  }

  onFailed(piece: number): void {
    this.#note(`failed ${piece}`)
  }

  onFetched(piece: number): void {
    this.#note(`fetched ${piece}`)
  }

  onError(error: Error): void {
    this.#note(`error ${error.message}`)
  }

  #note(what: string): void {
    this.heard.push(what)
    this.onHeard()
    this.#wake()
  }
}
