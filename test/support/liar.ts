/**
 * A malicious seeder, written by hand from BEP 3 and BEP 10 so that it shares nothing with what it attacks: it claims
 * every piece and answers each request with bytes that do not match.
 */

import { createServer, type Server, type Socket } from 'node:net'

const handshakeBytes = 68
const idUnchoke = 1
const idBitfield = 5
const idRequest = 6
const idPiece = 7

export interface Liar {
  readonly address: string
  /** Connections that reached the handshake. */
  readonly greetings: number
  /** Blocks of wrong bytes that it sent. */
  readonly lies: number
  /** Connections of those that the other side ended. */
  readonly goodbyes: number
  close(): Promise<void>
}

/** Listens on an address of its own, so that banning it does not ban the honest. */
export async function startLiar(host: string, infoHash: string, pieceCount: number): Promise<Liar> {
  const counts = { greetings: 0, lies: 0, goodbyes: 0 }
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
    serve(socket, Buffer.from(infoHash, 'hex'), pieceCount, counts)
  })
  const port = await listen(server, host)
  return {
    address: `${host}:${port}`,
    get greetings() {
      return counts.greetings
    },
    get lies() {
      return counts.lies
    },
    get goodbyes() {
      return counts.goodbyes
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function listen(server: Server, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, host, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port')
  return address.port
}

interface Counts {
  greetings: number
  lies: number
  goodbyes: number
}

function serve(socket: Socket, infoHash: Buffer, pieceCount: number, counts: Counts): void {
  let pending: Buffer = Buffer.alloc(0)
  let greeted = false
  socket.once('close', () => {
    if (greeted) counts.goodbyes += 1
  })
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk])
    if (!greeted) {
      if (pending.length < handshakeBytes) return
      greeted = true
      counts.greetings += 1
      pending = pending.subarray(handshakeBytes)
      socket.write(Buffer.concat([greeting(infoHash), message(idBitfield, allPieces(pieceCount)), message(idUnchoke)]))
    }
    pending = answer(socket, pending, counts)
  })
}

/** Answers every whole message and gives what is left. */
function answer(socket: Socket, bytes: Buffer, counts: Counts): Buffer {
  let rest = bytes
  while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
    const body = rest.subarray(4, 4 + rest.readUInt32BE(0))
    rest = rest.subarray(4 + body.length)
    if (body[0] !== idRequest || body.length !== 13) continue
    const payload = Buffer.alloc(body.readUInt32BE(9), 0xee)
    counts.lies += 1
    socket.write(message(idPiece, Buffer.concat([body.subarray(1, 9), payload])))
  }
  return rest
}

function greeting(infoHash: Buffer): Buffer {
  const reserved = Buffer.alloc(8)
  return Buffer.concat([
    Buffer.from('\x13BitTorrent protocol'),
    reserved,
    infoHash,
    Buffer.from('-XX0001-a malicious1'),
  ])
}

function message(id: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(1 + payload.length, 0)
  head[4] = id
  return Buffer.concat([head, payload])
}

function allPieces(count: number): Buffer {
  const bits = Buffer.alloc(Math.ceil(count / 8), 0xff)
  const spare = bits.length * 8 - count
  if (bits.length > 0) bits[bits.length - 1] = (0xff << spare) & 0xff
  return bits
}
