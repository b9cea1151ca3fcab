/** One socket of this protocol. */

import type { Socket } from 'node:net'
import { MessageReader } from './message-reader.ts'
import { encodeMessage, type Message } from './messages.ts'

export interface LinkHandler {
  onMessage(message: Message): void
  /** Once, last. */
  onClose(reason: string): void
}

/** Who does not read what it was sent is closed: 1 MiB is thousands of results. */
const queuedBytesMax = 1 << 20

/** Owns the socket. */
export class Link {
  readonly #socket: Socket
  readonly #reader = new MessageReader()
  #reason = 'the other side closed'
  #isClosed = false

  constructor(socket: Socket, handler: LinkHandler) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#read(chunk, handler))
    socket.on('error', (error) => {
      this.#reason = error.message
    })
    socket.on('close', () => {
      this.#isClosed = true
      handler.onClose(this.#reason)
    })
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  send(message: Message): void {
    if (this.#isClosed) return
    this.#socket.write(encodeMessage(message))
    if (this.#socket.writableLength > queuedBytesMax) this.close('it does not read')
  }

  /** Ends it at once. */
  close(reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#reason = reason
    this.#socket.destroy()
  }

  /** Ends it when what was sent has left. */
  end(): void {
    this.#reason = 'we closed'
    this.#socket.end()
  }

  #read(chunk: Uint8Array, handler: LinkHandler): void {
    const messages = this.#reader.push(chunk)
    if (!messages.ok) return this.close(`a message that breaks the protocol: ${messages.error}`)
    for (const message of messages.value) {
      if (this.#isClosed) return
      handler.onMessage(message)
    }
  }
}
