/** The swarm's Store without files and threads: verdicts and reads come an event-loop turn later. */

import { createHash } from 'node:crypto'
import { assert, defined, equalBytes } from '@millrace/base'
import type { Extent, Store, StoreEvents } from '@millrace/swarm'

export interface MemoryStoreOptions {
  readonly pieceLength: number
  readonly totalSize: number
  /** 20 bytes a piece. */
  readonly pieceHashes: Uint8Array
  /** Pieces in flight. */
  readonly slotsMax: number
}

const hashBytes = 20

export function createMemoryStore(options: MemoryStoreOptions, events: StoreEvents): Store {
  return new MemoryStore(options, events)
}

class MemoryStore implements Store {
  readonly verified: Uint8Array
  readonly #options: MemoryStoreOptions
  readonly #events: StoreEvents
  readonly #inFlight = new Map<number, Uint8Array>()
  /** What a disk would hold. */
  readonly #written = new Map<number, Uint8Array>()
  readonly #fetched = new Set<number>()
  readonly #pins = new Set<Extent>()

  constructor(options: MemoryStoreOptions, events: StoreEvents) {
    this.#options = options
    this.#events = events
    this.verified = new Uint8Array(Math.ceil(options.pieceHashes.length / hashBytes / 8))
  }

  acquire(piece: number): Uint8Array | undefined {
    assert(!this.#written.has(piece), `piece ${piece} to be unverified`)
    const known = this.#inFlight.get(piece)
    if (known !== undefined) return known
    const { pieceLength, totalSize, slotsMax } = this.#options
    if (this.#inFlight.size >= slotsMax) return undefined
    const memory = new Uint8Array(Math.min(pieceLength, totalSize - piece * pieceLength))
    this.#inFlight.set(piece, memory)
    return memory
  }

  release(piece: number): void {
    this.#inFlight.delete(piece)
  }

  commit(piece: number): void {
    const memory = defined(this.#inFlight.get(piece), 'memory to commit')
    const expected = this.#options.pieceHashes.subarray(piece * hashBytes, (piece + 1) * hashBytes)
    const isRight = equalBytes(createHash('sha1').update(memory).digest(), expected)
    const right = isRight ? memory.slice() : undefined
    setImmediate(() => {
      if (right === undefined) this.#events.onFailed(piece)
      else {
        this.#written.set(piece, right)
        const at = piece >> 3
        this.verified[at] = (this.verified[at] ?? 0) | (0x80 >> (piece & 7))
        this.#events.onVerified(piece)
      }
    })
  }

  lookup(piece: number, begin: number, length: number): Extent | undefined {
    const bytes = this.#written.get(piece)
    if (bytes === undefined || !this.#fetched.has(piece) || begin + length > bytes.length) return undefined
    const extent = { piece, begin: 0, bytes }
    this.#pins.add(extent)
    return extent
  }

  unpin(extent: Extent): void {
    assert(this.#pins.delete(extent), 'an extent that lookup gave')
  }

  fetch(piece: number): void {
    assert(this.#written.has(piece), `piece ${piece} to be verified`)
    setImmediate(() => {
      this.#fetched.add(piece)
      this.#events.onFetched(piece)
    })
  }
}
