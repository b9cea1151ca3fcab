/** One TCP stream, as the swarm's `Connection` port has it: outgoing or accepted. */

import type { Socket } from 'node:net'
import { messageOf } from '@millrace/base'
import type { PeerAddress } from '@millrace/wire'
import { NetError } from './errors.ts'

/** Who uses a stream. Nothing here is called within a call of ours, and nothing after `onClose`. */
export interface StreamHandler {
  onOpen(): void
  /** `chunk[0..length)` is valid during the call only. */
  onData(chunk: Uint8Array, length: number): void
  /** Everything queued was taken by the kernel. */
  onDrain(): void
  /** Exactly once, last; without an error after an orderly end or our own `close`. */
  onClose(error?: Error): void
}

/** The owner of one socket. */
export class TcpConnection {
  readonly remote: PeerAddress
  readonly #socket: Socket
  #handler: StreamHandler | undefined
  #error: Error | undefined
  #isOpen = false
  /** Bytes were written whose taking has not been told by onDrain. */
  #draining = false
  /** One function for every write: no closure a block. */
  readonly #onTaken = (): void => {
    if (!this.#draining || this.#socket.writableLength > 0 || this.#socket.destroyed) return
    this.#draining = false
    this.#handler?.onDrain()
  }

  constructor(remote: PeerAddress, socket: Socket) {
    this.remote = remote
    this.#socket = socket
    socket.setNoDelay(true)
    socket.once('error', (error) => {
      this.#error ??= streamError(remote, error, this.#isOpen)
    })
    socket.on('error', () => {}) // a second error of the same socket says nothing new
    socket.once('close', () => {
      const handler = this.#handler
      this.#handler = undefined
      handler?.onClose(this.#error)
    })
  }

  /** Hands the stream to its user. Bytes that arrived earlier wait in the socket. */
  attach(handler: StreamHandler): void {
    this.#handler = handler
  }

  opened(): void {
    this.#isOpen = true
    this.#handler?.onOpen()
  }

  received(chunk: Uint8Array, length: number): void {
    this.#handler?.onData(chunk, length)
  }

  /** Ends the stream with a reason of ours. */
  fail(error: Error): void {
    this.#error ??= error
    this.#socket.destroy()
  }

  get queuedBytes(): number {
    return this.#socket.writableLength
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return
    this.#draining = true
    this.#socket.write(bytes, this.#onTaken)
  }

  cork(): void {
    this.#socket.cork()
  }

  uncork(): void {
    this.#socket.uncork()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  close(): void {
    this.#socket.destroy()
  }
}

function streamError(remote: PeerAddress, cause: Error, wasOpen: boolean): NetError {
  const where = `${remote.host} port ${remote.port}`
  return wasOpen
    ? new NetError('connection-lost', `the connection to ${where} broke: ${messageOf(cause)}`, { cause })
    : new NetError('connect-failed', `no connection to ${where}: ${messageOf(cause)}`, { cause })
}
