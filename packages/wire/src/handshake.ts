/** The handshake of BEP 3 with the reserved bits of BEP 5 (DHT), BEP 6 (fast) and BEP 10 (extended). */

import { assert, fromLatin1, ok, type Result, refuse } from '@millrace/base'
import { type WireFault, wireFault } from './fault.ts'
import { handshakeBytes } from './limits.ts'

export interface Handshake {
  /** 20 bytes. */
  readonly infoHash: Uint8Array
  /** 20 bytes. */
  readonly peerId: Uint8Array
  readonly fast: boolean
  readonly extended: boolean
  readonly dht: boolean
  /** All 8 reserved bytes as received; when encoding, bits beside the three above that are to be set. */
  readonly reserved?: Uint8Array
}

const protocol = fromLatin1('\x13BitTorrent protocol')
const reservedAt = 20
const infoHashAt = 28
const peerIdAt = 48

/** Where each known capability stands in the reserved bytes. */
export const reservedBits = {
  extended: { byte: 5, mask: 0x10 },
  fast: { byte: 7, mask: 0x04 },
  dht: { byte: 7, mask: 0x01 },
} as const

/**
 * The 68 bytes that open a connection.
 *
 * @example
 * encodeHandshake({ infoHash, peerId, fast: true, extended: true, dht: false })
 */
export function encodeHandshake(handshake: Handshake): Uint8Array {
  assert(handshake.infoHash.length === 20, 'an info-hash of 20 bytes')
  assert(handshake.peerId.length === 20, 'a peer id of 20 bytes')
  const bytes = new Uint8Array(handshakeBytes)
  bytes.set(protocol)
  if (handshake.reserved !== undefined) bytes.set(handshake.reserved.subarray(0, 8), reservedAt)
  for (const name of ['extended', 'fast', 'dht'] as const) {
    const { byte, mask } = reservedBits[name]
    const others = (bytes[reservedAt + byte] ?? 0) & ~mask
    bytes[reservedAt + byte] = handshake[name] ? others | mask : others
  }
  bytes.set(handshake.infoHash, infoHashAt)
  bytes.set(handshake.peerId, peerIdAt)
  return bytes
}

/** Reads exactly 68 bytes; the answer owns its memory. */
export function decodeHandshake(bytes: Uint8Array): Result<Handshake, WireFault> {
  if (bytes.length !== handshakeBytes) {
    return refuse(wireFault('bad-handshake', `a handshake of ${bytes.length} bytes, expected ${handshakeBytes}`))
  }
  if (!startsLikeHandshake(bytes, bytes.length)) return refuse(notBitTorrent)
  const reserved = bytes.slice(reservedAt, infoHashAt)
  const has = (name: keyof typeof reservedBits): boolean =>
    ((reserved[reservedBits[name].byte] ?? 0) & reservedBits[name].mask) !== 0
  return ok({
    infoHash: bytes.slice(infoHashAt, peerIdAt),
    peerId: bytes.slice(peerIdAt, handshakeBytes),
    fast: has('fast'),
    extended: has('extended'),
    dht: has('dht'),
    reserved,
  })
}

export type HandshakeProgress =
  | { readonly state: 'more' }
  /** `consumed` bytes of the last chunk belong to the handshake; the rest is for a FrameReader. */
  | { readonly state: 'done'; readonly handshake: Handshake; readonly consumed: number }
  | { readonly state: 'fault'; readonly fault: WireFault }

/** Gathers a handshake that arrives in any splits, and refuses foreign protocols at their first wrong byte. */
export class HandshakeReader {
  readonly #bytes = new Uint8Array(handshakeBytes)
  #held = 0

  push(chunk: Uint8Array, length: number): HandshakeProgress {
    const taken = Math.min(length, handshakeBytes - this.#held)
    this.#bytes.set(chunk.subarray(0, taken), this.#held)
    this.#held += taken
    if (!startsLikeHandshake(this.#bytes, this.#held)) return { state: 'fault', fault: notBitTorrent }
    if (this.#held < handshakeBytes) return { state: 'more' }
    const decoded = decodeHandshake(this.#bytes)
    if (!decoded.ok) return { state: 'fault', fault: decoded.error }
    return { state: 'done', handshake: decoded.value, consumed: taken }
  }
}

const notBitTorrent = wireFault('bad-handshake', 'the connection does not begin with "BitTorrent protocol" (BEP 3)')

function startsLikeHandshake(bytes: Uint8Array, length: number): boolean {
  for (let i = 0; i < Math.min(length, protocol.length); i++) if (bytes[i] !== protocol[i]) return false
  return true
}
