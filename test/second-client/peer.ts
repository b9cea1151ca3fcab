/** One connection of plain BEP 3 with BEP 10: frames in and out, and no more of either than a paid download needs. */

import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { type Greeting, greetingBytes, type Offer, readGreeting } from './meeting.ts'
import { decodeMessage, encodeMessage, type Message } from './messages.ts'

export const ids = { choke: 0, unchoke: 1, interested: 2, have: 4, bitfield: 5, request: 6, piece: 7, extended: 20 }

export interface PeerEvents {
  /** Everything but extended messages. */
  onFrame(id: number, payload: Buffer): void
  onGreeting(greeting: Greeting): void
  /** A btt_speed message that could be read; the others are answered here. */
  onSpeed(message: Message): void
}

const handshakeBytes = 68
const frameBytesMax = 1 << 20
/** The id under which this client receives btt_speed. */
const ownSpeedId = 7
const badMessagesMax = 16

export class Peer {
  readonly closed: Promise<void>
  readonly #socket: Socket
  readonly #events: PeerEvents
  #speedId = 0
  #bad = 0
  #pending: Buffer = Buffer.alloc(0)
  #isMet = false

  constructor(socket: Socket, infoHash: Buffer, events: PeerEvents) {
    this.#socket = socket
    this.#events = events
    socket.on('error', () => undefined) // the close that follows is what counts
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    const reserved = Buffer.from([0, 0, 0, 0, 0, 0x10, 0, 0])
    const id = Buffer.concat([Buffer.from('-2C0001-'), randomBytes(12)])
    socket.write(Buffer.concat([Buffer.from('\x13BitTorrent protocol', 'latin1'), reserved, infoHash, id]))
  }

  greet(offer: Offer): void {
    this.send(ids.extended, Buffer.concat([Buffer.from([0]), greetingBytes(ownSpeedId, offer)]))
  }

  send(id: number, payload: Buffer = Buffer.alloc(0)): void {
    const head = Buffer.alloc(5)
    head.writeUInt32BE(1 + payload.length)
    head[4] = id
    if (!this.#socket.destroyed) this.#socket.write(Buffer.concat([head, payload]))
  }

  say(message: Message): void {
    if (this.#speedId === 0) return
    this.send(ids.extended, Buffer.concat([Buffer.from([this.#speedId]), encodeMessage(message)]))
  }

  /** After what was written has left. */
  end(): void {
    this.#socket.end()
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk])
    if (!this.#isMet) {
      if (this.#pending.length < handshakeBytes) return
      this.#isMet = true
      this.#pending = this.#pending.subarray(handshakeBytes)
    }
    while (this.#pending.length >= 4) {
      const length = this.#pending.readUInt32BE(0)
      if (length > frameBytesMax) return this.close()
      if (this.#pending.length < 4 + length) return
      const frame = Buffer.from(this.#pending.subarray(4, 4 + length))
      this.#pending = this.#pending.subarray(4 + length)
      if (length > 0) this.#handle(frame)
    }
  }

  #handle(frame: Buffer): void {
    const [id, subId] = frame
    if (id !== ids.extended) return this.#events.onFrame(id ?? 0, frame.subarray(1))
    if (subId === 0) {
      const greeting = readGreeting(frame.subarray(2))
      this.#speedId = greeting.id
      this.#events.onGreeting(greeting)
    }
    if (subId === ownSpeedId) this.#read(frame.subarray(2))
  }

  #read(payload: Buffer): void {
    const read = decodeMessage(payload)
    if ('message' in read) return this.#events.onSpeed(read.message)
    this.#bad += 1
    if (read.answer === 'close' || this.#bad > badMessagesMax) this.close()
    else if (read.answer !== 'none') this.say(read.answer)
  }
}
