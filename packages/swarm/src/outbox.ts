/** Small messages of one tick, gathered into one write. */

import type { Connection } from './ports.ts'

const startBytes = 512

export class Outbox {
  #buffer = new Uint8Array(startBytes)
  #used = 0

  get isEmpty(): boolean {
    return this.#used === 0
  }

  /** Appends a whole message. */
  append(message: Uint8Array): void {
    const at = this.reserve(message.length)
    this.buffer.set(message, at)
  }

  /** Makes room for `bytes` that the caller writes into `buffer` from the answered offset. */
  reserve(bytes: number): number {
    const at = this.#used
    if (at + bytes > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(2 * this.#buffer.length, at + bytes))
      larger.set(this.#buffer.subarray(0, at))
      this.#buffer = larger
    }
    this.#used = at + bytes
    return at
  }

  get buffer(): Uint8Array {
    return this.#buffer
  }

  /** Hands everything to the connection; a copy, since the kernel may take it later. */
  flush(connection: Connection): void {
    if (this.#used === 0) return
    connection.write(this.#buffer.slice(0, this.#used))
    this.#used = 0
  }
}
