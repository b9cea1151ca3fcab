/** Bytes that no protocol expects, from a seed, and a socket that throws them. */

import { createHash } from 'node:crypto'
import { connect } from 'node:net'

const idleMilliseconds = 5_000

/** Deterministic noise. */
export function noise(seed: number, bytes: number): Buffer {
  const blocks: Buffer[] = []
  for (let at = 0; at * 32 < bytes; at += 1) blocks.push(createHash('sha256').update(`${seed}:${at}`).digest())
  return Buffer.concat(blocks).subarray(0, bytes)
}

/** Ways to be wrong on a peer port, given the info-hash of the torrent that is served there. */
export function peerGarbage(infoHash: string): readonly (readonly [what: string, bytes: Buffer])[] {
  const hash = Buffer.from(infoHash, 'hex')
  const hello = Buffer.concat([Buffer.from('\x13BitTorrent protocol'), Buffer.alloc(8), hash, Buffer.alloc(20, 0x41)])
  const reserved = Buffer.from(hello)
  reserved[25] = 0x10
  const frame = (body: Buffer): Buffer => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(body.length)
    return Buffer.concat([length, body])
  }
  return [
    ['noise', noise(1, 4096)],
    ['nothing', Buffer.alloc(0)],
    ['half a handshake', hello.subarray(0, 30)],
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n\r\n')],
    ['an unknown info-hash', Buffer.concat([hello.subarray(0, 28), noise(2, 20), Buffer.alloc(20, 0x42)])],
    ['noise after the handshake', Buffer.concat([hello, noise(3, 4096)])],
    ['a frame of 4 GiB', Buffer.concat([hello, Buffer.alloc(4, 0xff), noise(4, 64)])],
    [
      'a request out of range',
      Buffer.concat([hello, frame(Buffer.concat([Buffer.from([6]), Buffer.alloc(12, 0xff)]))]),
    ],
    ['a bitfield too long', Buffer.concat([hello, frame(Buffer.concat([Buffer.from([5]), Buffer.alloc(5000, 0xff)]))])],
    ['an unasked piece', Buffer.concat([hello, frame(Buffer.concat([Buffer.from([7]), noise(5, 16_392)]))])],
    ['a bad extended handshake', Buffer.concat([reserved, frame(Buffer.from([20, 0, ...Buffer.from('d1:md')]))])],
    ['a deep extended handshake', Buffer.concat([reserved, frame(Buffer.from(`\x14\x00${'l'.repeat(9000)}`))])],
    ['an unknown extension', Buffer.concat([reserved, frame(Buffer.from([20, 200, ...noise(6, 900)]))])],
  ]
}

export const httpGarbage: readonly (readonly [what: string, bytes: Buffer])[] = [
  ['noise', noise(7, 4096)],
  ['an endless header', Buffer.from(`GET /${'a'.repeat(100_000)} HTTP/1.1\r\n`)],
  ['a bad verb', Buffer.from('BREW /pot HTTP/1.1\r\nhost: x\r\n\r\n')],
  ['half a body', Buffer.from('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"jsonrpc"')],
  ['a body that is no JSON', Buffer.from('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n{{{{')],
  ['deep JSON', Buffer.from(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 50000\r\n\r\n${'['.repeat(50_000)}`)],
  ['a bad announce', Buffer.from('GET /announce?info_hash=%zz&port=99999&left=-1 HTTP/1.1\r\nhost: x\r\n\r\n')],
]

/** Sends the bytes and waits until the other side closes, or has kept quiet for so long that it will not. */
export async function hurl(host: string, port: number, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    const socket = connect({ host, port }, () => socket.end(bytes))
    socket.setTimeout(idleMilliseconds, () => socket.destroy())
    socket.on('error', () => undefined)
    socket.on('data', () => undefined)
    socket.once('close', () => resolve())
  })
}
