/**
 * What one peer still gets from us: its queue of requests, the extent they are read from, and the extents whose bytes
 * the kernel has not taken yet. Never more than a low watermark is handed to the socket: the queue is ours.
 */

import { pieceHeaderBytes, writePieceHeader } from '@millrace/wire'
import type { Connection, Extent, Store } from './ports.ts'
import { RequestQueue } from './request-queue.ts'

/** Above this a socket has no room: bytes handed over ahead of need. */
export const socketQueueBytesMax = 512 * 1024

export class UploadLane {
  readonly queue = new RequestQueue()
  readonly #connection: Connection
  readonly #store: Store
  #extent: Extent | undefined
  /** Extents with bytes on their way, and the count of written bytes after which each is free. */
  readonly #leaving: { readonly extent: Extent; readonly until: number }[] = []
  #writtenBytes = 0
  #corked = false

  constructor(connection: Connection, store: Store) {
    this.#connection = connection
    this.#store = store
  }

  /** Blocks wait, but the socket has no room for them. */
  get isStalled(): boolean {
    return this.queue.size > 0 && this.#connection.queuedBytes > socketQueueBytesMax
  }

  /** Length of the block that can be sent now, or 0: nothing asked for, no room in the socket, or not read yet. */
  readyBytes(): number {
    const length = this.queue.length
    if (length === 0 || this.#connection.queuedBytes > socketQueueBytesMax) return 0
    return this.#holdExtent(this.queue.piece, this.queue.begin, length) ? length : 0
  }

  /** Starts the reading of a request that was just queued, so that it waits for no disk when its turn comes. */
  prefetch(piece: number, begin: number, length: number): void {
    if (this.#extent !== undefined && holds(this.#extent, piece, begin, length)) return
    this.#store.fetch(piece, begin, length)
  }

  /** Writes the head of the queue; `readyBytes` said that it can. Answers its length. */
  sendHead(flushBefore: () => void): number {
    const { piece, begin, length } = this.queue
    const extent = this.#extent
    if (extent === undefined) return 0
    if (!this.#corked) this.#connection.cork()
    this.#corked = true
    flushBefore()
    const header = new Uint8Array(pieceHeaderBytes)
    writePieceHeader(header, 0, piece, begin, length)
    const from = begin - extent.begin
    this.#connection.write(header)
    this.#connection.write(extent.bytes.subarray(from, from + length))
    this.#writtenBytes += length
    this.queue.shift()
    return length
  }

  /** Ends a run of `sendHead`. */
  flush(): void {
    if (!this.#corked) return
    this.#corked = false
    this.#connection.uncork()
    this.#releaseTaken()
  }

  /** Gives back what is pinned; the connection is gone. */
  close(): void {
    for (const { extent } of this.#leaving) this.#store.unpin(extent)
    this.#leaving.length = 0
    if (this.#extent !== undefined) this.#store.unpin(this.#extent)
    this.#extent = undefined
  }

  #holdExtent(piece: number, begin: number, length: number): boolean {
    if (this.#extent !== undefined) {
      if (holds(this.#extent, piece, begin, length)) return true
      this.#leaving.push({ extent: this.#extent, until: this.#writtenBytes })
      this.#extent = undefined
      this.#releaseTaken()
    }
    this.#extent = this.#store.lookup(piece, begin, length)
    if (this.#extent === undefined) this.#store.fetch(piece, begin, length)
    return this.#extent !== undefined
  }

  /** Payload not taken is at most what the socket has queued, so this never frees an extent too early. */
  #releaseTaken(): void {
    const taken = this.#writtenBytes - this.#connection.queuedBytes
    while (this.#leaving[0] !== undefined && this.#leaving[0].until <= taken) {
      const done = this.#leaving.shift()
      if (done !== undefined) this.#store.unpin(done.extent)
    }
  }
}

function holds(extent: Extent, piece: number, begin: number, length: number): boolean {
  return extent.piece === piece && begin >= extent.begin && begin + length <= extent.begin + extent.bytes.length
}
