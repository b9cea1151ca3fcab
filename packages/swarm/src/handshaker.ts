/**
 * The first 68 bytes of a connection (BEP 3). Whoever connected speaks first; whoever accepted looks the torrent up by
 * the info-hash it hears. When both agree, everything after goes to the peer that the session makes.
 */

import { equalBytes } from '@millrace/base'
import { encodeHandshake, type Handshake, HandshakeReader } from '@millrace/wire'
import type { Connection, ConnectionHandler } from './ports.ts'

export interface HandshakeEvents {
  /** The handshake to send for this info-hash; undefined when there is no such torrent here. */
  own(infoHash: Uint8Array): Handshake | undefined
  /** Both sides spoke: who handles the stream from here. Undefined refuses the peer. */
  onAgreed(connection: Connection, theirs: Handshake): ConnectionHandler | undefined
  /** The connection ended before that. */
  onFailed(reason: string): void
}

export class Handshaker implements ConnectionHandler {
  readonly #events: HandshakeEvents
  readonly #infoHash: Uint8Array | undefined
  #connection: Connection | undefined
  readonly #reader = new HandshakeReader()
  #next: ConnectionHandler | undefined
  #isFailed = false

  /** `infoHash` is named by who connects; who accepts leaves it out. */
  constructor(events: HandshakeEvents, infoHash?: Uint8Array) {
    this.#events = events
    this.#infoHash = infoHash
  }

  /** The connection this handles; must be called before any of its events. */
  attach(connection: Connection): void {
    this.#connection = connection
  }

  get isDone(): boolean {
    return this.#next !== undefined || this.#isFailed
  }

  fail(reason: string): void {
    if (this.isDone) return
    this.#isFailed = true
    this.#connection?.close()
    this.#events.onFailed(reason)
  }

  onOpen(): void {
    if (this.#infoHash !== undefined) this.#speak(this.#infoHash)
  }

  onData(chunk: Uint8Array, length: number): void {
    if (this.#next !== undefined) {
      this.#next.onData(chunk, length)
      return
    }
    if (this.#isFailed) return
    const progress = this.#reader.push(chunk, length)
    if (progress.state === 'fault') return this.fail(progress.fault.message)
    if (progress.state === 'more') return
    this.#agree(progress.handshake)
    if (progress.consumed < length) this.#pass(chunk.subarray(progress.consumed, length))
  }

  onDrain(): void {
    this.#next?.onDrain()
  }

  onClose(error?: Error): void {
    if (this.#next !== undefined) this.#next.onClose(error)
    else this.fail(error?.message ?? 'closed during the handshake')
  }

  #pass(rest: Uint8Array): void {
    this.#next?.onData(rest, rest.length)
  }

  #agree(theirs: Handshake): void {
    const expected = this.#infoHash
    if (expected !== undefined && !equalBytes(expected, theirs.infoHash)) return this.fail('another info-hash')
    if (expected === undefined && !this.#speak(theirs.infoHash)) return this.fail('no such torrent here')
    const connection = this.#connection
    this.#next = connection && this.#events.onAgreed(connection, theirs)
    if (this.#next === undefined) this.fail('refused')
  }

  #speak(infoHash: Uint8Array): boolean {
    const own = this.#events.own(infoHash)
    if (own === undefined || this.#connection === undefined) return false
    this.#connection.write(encodeHandshake(own))
    return true
  }
}
