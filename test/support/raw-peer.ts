/**
 * A BitTorrent peer by hand (BEP 3, BEP 10), for tests that must be able to break every rule: it shares no code with
 * what it attacks, and says whatever it is told to say.
 */

import type { Socket } from 'node:net'
import { eventually } from './processes.ts'

export type Bencoded = number | bigint | string | Buffer | readonly Bencoded[] | { readonly [key: string]: Bencoded }
/** Dictionaries that were read: byte strings are Buffers, integers numbers. */
export type Dict = Readonly<Record<string, unknown>>

export const messageIds = {
  choke: 0,
  unchoke: 1,
  interested: 2,
  bitfield: 5,
  request: 6,
  piece: 7,
  extended: 20,
} as const

const handshakeBytes = 68
const extensionBit = 0x10
const waitMilliseconds = 20_000
/** The id under which these peers receive btt_speed. */
const speedId = 9

export function bencode(value: Bencoded): Buffer {
  if (typeof value === 'number' || typeof value === 'bigint') return Buffer.from(`i${value}e`)
  if (typeof value === 'string') return bencode(Buffer.from(value))
  if (Buffer.isBuffer(value)) return Buffer.concat([Buffer.from(`${value.length}:`), value])
  const [open, items] = Array.isArray(value)
    ? ['l', value.map(bencode)]
    : [
        'd',
        Object.entries(value)
          .sort()
          .flatMap(([key, item]) => [bencode(key), bencode(item as Bencoded)]),
      ] // its values
  return Buffer.concat([Buffer.from(open), ...items, Buffer.from('e')])
}

/** Reads what a well-behaved program wrote. */
export function bdecode(bytes: Buffer): unknown {
  let at = 0
  const until = (mark: string): string => {
    const end = bytes.indexOf(mark, at)
    const text = bytes.toString('latin1', at, end)
    at = end + 1
    return text
  }
  const read = (): unknown => {
    const kind = String.fromCharCode(bytes[at] ?? 0)
    if (kind === 'i') {
      at += 1
      return Number(until('e'))
    }
    if (kind === 'l' || kind === 'd') {
      at += 1
      const items: unknown[] = []
      while (bytes[at] !== 0x65) items.push(read())
      at += 1
      if (kind === 'l') return items
      const pairs = items.flatMap((key, i) => (i % 2 === 0 ? [[String(key), items[i + 1]] as const] : []))
      return Object.fromEntries(pairs)
    }
    const length = Number(until(':'))
    at += length
    return bytes.subarray(at - length, at)
  }
  return read()
}

/** An amount as btt_speed has it: big-endian, no leading zeros. */
export function amount(value: bigint): Buffer {
  const hex = value === 0n ? '' : value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}

/** An amount, or an account, that was read. */
export function amountOf(value: unknown): bigint {
  if (!Buffer.isBuffer(value)) throw new Error(`no amount: ${String(value)}`)
  return value.length === 0 ? 0n : BigInt(`0x${value.toString('hex')}`)
}

export interface Block {
  readonly piece: number
  readonly begin: number
  readonly payload: Buffer
}

/** One connection after TCP; either side may have opened it. */
export class RawPeer {
  readonly socket: Socket
  /** What came, in order. */
  readonly speed: Dict[] = []
  readonly blocks: Block[] = []
  /** The other side's extended handshake. */
  greeting: Dict | undefined
  isChoked = true
  isClosed = false
  onRequest: (piece: number, begin: number, length: number) => void = () => undefined
  onSpeed: (message: Dict) => void = () => undefined
  onGreeting: (greeting: Dict) => void = () => undefined
  #pending: Buffer = Buffer.alloc(0)
  #isGreeted = false

  constructor(socket: Socket, infoHash: string) {
    this.socket = socket
    socket.on('error', () => undefined)
    socket.once('close', () => {
      this.isClosed = true
    })
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    const head = Buffer.alloc(48)
    head.write('\x13BitTorrent protocol', 'latin1')
    head[25] = extensionBit
    head.write(infoHash, 28, 'hex')
    const id = `-XX0001-${Math.random().toString(36).slice(2).padEnd(12, '0').slice(0, 12)}`
    socket.write(Buffer.concat([head, Buffer.from(id)]))
  }

  /** The extended handshake; `offer` is its btt_speed entry, whatever it is. */
  greet(offer: Bencoded | undefined, m: Bencoded = { btt_speed: speedId }): void {
    this.sendExtended(0, bencode(offer === undefined ? { m: {} } : { m, btt_speed: offer }))
  }

  send(id: number, payload: Buffer = Buffer.alloc(0)): void {
    const head = Buffer.alloc(5)
    head.writeUInt32BE(1 + payload.length)
    head[4] = id
    if (!this.socket.destroyed) this.socket.write(Buffer.concat([head, payload]))
  }

  sendExtended(id: number, payload: Buffer): void {
    this.send(messageIds.extended, Buffer.concat([Buffer.from([id]), payload]))
  }

  /** One btt_speed message: a dictionary, or bytes as they are. */
  sendSpeed(message: Bencoded): void {
    const ids = (this.greeting?.m ?? {}) as Readonly<Record<string, unknown>> // BEP 10: a dictionary
    this.sendExtended(Number(ids.btt_speed ?? 0), Buffer.isBuffer(message) ? message : bencode(message))
  }

  sendPiece(block: Block): void {
    const place = Buffer.alloc(8)
    place.writeUInt32BE(block.piece, 0)
    place.writeUInt32BE(block.begin, 4)
    this.send(messageIds.piece, Buffer.concat([place, block.payload]))
  }

  until<Answer>(what: string, ask: () => Answer | undefined | false): Promise<Answer> {
    return eventually(what, waitMilliseconds, () => {
      const answer = ask()
      if (answer === undefined && this.isClosed) throw new Error(`closed before: ${what}`)
      return answer
    })
  }

  /** The first btt_speed message from place `from` on that fits. */
  untilSpeed(t: number, fits: (message: Dict) => boolean = () => true, from = 0): Promise<Dict> {
    const ask = (): Dict | undefined => this.speed.slice(from).find((message) => message.t === t && fits(message))
    return this.until(`btt_speed ${t}, after ${JSON.stringify(this.speed.slice(from).map(brief))}`, ask)
  }

  /** Resolves when the other side ended the connection. */
  untilClosed(): Promise<true> {
    return eventually('the other side closes', waitMilliseconds, () => this.isClosed)
  }

  /** Asks for `length` bytes of a piece and gives them when all came. */
  async download(piece: number, length: number): Promise<Buffer> {
    const from = this.blocks.length
    this.send(messageIds.interested)
    await this.until('an unchoke', () => !this.isChoked)
    const blockLength = 16_384
    for (let begin = 0; begin < length; begin += blockLength) {
      const place = Buffer.alloc(12)
      place.writeUInt32BE(piece, 0)
      place.writeUInt32BE(begin, 4)
      place.writeUInt32BE(Math.min(blockLength, length - begin), 8)
      this.send(messageIds.request, place)
    }
    const mine = await this.until(`piece ${piece}`, () => {
      const came = this.blocks.slice(from).filter((block) => block.piece === piece)
      return came.reduce((sum, block) => sum + block.payload.length, 0) >= length && came
    })
    return Buffer.concat([...mine].sort((a, b) => a.begin - b.begin).map((block) => block.payload))
  }

  close(): void {
    this.socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk])
    if (!this.#isGreeted) {
      if (this.#pending.length < handshakeBytes) return
      this.#isGreeted = true
      this.#pending = this.#pending.subarray(handshakeBytes)
    }
    while (this.#pending.length >= 4 && this.#pending.length >= 4 + this.#pending.readUInt32BE(0)) {
      const body = this.#pending.subarray(4, 4 + this.#pending.readUInt32BE(0))
      this.#pending = this.#pending.subarray(4 + body.length)
      if (body.length > 0) this.#handle(body[0] ?? 0, Buffer.from(body.subarray(1)))
    }
  }

  #handle(id: number, payload: Buffer): void {
    if (id === messageIds.choke) this.isChoked = true
    if (id === messageIds.unchoke) this.isChoked = false
    if (id === messageIds.request) {
      this.onRequest(payload.readUInt32BE(0), payload.readUInt32BE(4), payload.readUInt32BE(8))
    }
    if (id === messageIds.piece) {
      this.blocks.push({
        piece: payload.readUInt32BE(0),
        begin: payload.readUInt32BE(4),
        payload: payload.subarray(8),
      })
    }
    if (id !== messageIds.extended) return
    const read = bdecode(payload.subarray(1)) as Dict // every extension message here is a dictionary
    if (payload[0] === 0) {
      this.greeting = read
      this.onGreeting(read)
    }
    if (payload[0] !== speedId) return
    this.speed.push(read)
    this.onSpeed(read)
  }
}

function brief(message: Dict): string {
  return message.t === 5
    ? `reject ${String(message.o)} ${String(message.k)} ${String(message.d)}`
    : `t ${String(message.t)}`
}
