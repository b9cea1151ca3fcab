/** A v1 torrent of one file (BEP 3). */

import { createHash } from 'node:crypto'
import { bdecode, rawEntry } from './bencode.ts'

export interface Torrent {
  readonly infoHash: Buffer
  readonly length: number
  readonly pieceLength: number
  readonly hashes: readonly Buffer[]
}

export function readTorrent(bytes: Buffer): Torrent {
  const info = rawEntry(bytes, 'info')
  const dict = info && bdecode(info)
  if (info === undefined || !(dict instanceof Map)) throw new Error('no torrent')
  const [length, pieceLength, pieces] = ['length', 'piece length', 'pieces'].map((key) => dict.get(key))
  if (typeof length !== 'bigint' || typeof pieceLength !== 'bigint' || !Buffer.isBuffer(pieces)) {
    throw new Error('no v1 torrent of one file')
  }
  const hashes = Array.from({ length: pieces.length / 20 }, (_, piece) => pieces.subarray(20 * piece, 20 * piece + 20))
  return { infoHash: sha1(info), length: Number(length), pieceLength: Number(pieceLength), hashes }
}

export function pieceBytes({ length, pieceLength }: Torrent, piece: number): number {
  return Math.min(pieceLength, length - piece * pieceLength)
}

export function isRight(torrent: Torrent, piece: number, payload: Buffer): boolean {
  const hash = torrent.hashes[piece]
  return hash !== undefined && sha1(payload).equals(hash)
}

function sha1(bytes: Buffer): Buffer {
  return createHash('sha1').update(bytes).digest()
}
