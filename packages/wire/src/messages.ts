/** The peer messages of BEP 3, 5, 6 and 10 as values: one encode and one decode. */

import { assert, ok, type Result, readUint32, refuse, unreachable, writeUint32 } from '@millrace/base'
import { type WireFault, wireFault } from './fault.ts'
import { bitfieldBytes, extendedPayloadBytesMax, pieceCountMax, requestBlockBytesMax } from './limits.ts'

export type PeerMessage =
  | { readonly type: 'keepAlive' }
  | { readonly type: 'choke' | 'unchoke' | 'interested' | 'notInterested' | 'haveAll' | 'haveNone' }
  | { readonly type: 'have' | 'suggest' | 'allowedFast'; readonly piece: number }
  | { readonly type: 'bitfield'; readonly bits: Uint8Array }
  | ({ readonly type: 'request' | 'cancel' | 'reject' } & BlockRange)
  | { readonly type: 'piece'; readonly piece: number; readonly begin: number; readonly block: Uint8Array }
  | { readonly type: 'port'; readonly port: number }
  /** BEP 10: `id` 0 is the extended handshake, others are what the receiver named in its own. */
  | { readonly type: 'extended'; readonly id: number; readonly payload: Uint8Array }
  /** An id of no BEP known here: to be ignored. */
  | { readonly type: 'unknown'; readonly id: number; readonly payload: Uint8Array }

/** A part of a piece, in bytes. */
export interface BlockRange {
  readonly piece: number
  readonly begin: number
  readonly length: number
}

export const messageIds = {
  choke: 0,
  unchoke: 1,
  interested: 2,
  notInterested: 3,
  have: 4,
  bitfield: 5,
  request: 6,
  piece: 7,
  cancel: 8,
  port: 9,
  suggest: 13,
  haveAll: 14,
  haveNone: 15,
  reject: 16,
  allowedFast: 17,
  extended: 20,
} as const

type KnownType = keyof typeof messageIds

const typesById: readonly (KnownType | undefined)[] = Array.from({ length: 256 }, (_, id) =>
  // Object.keys widens to string; the keys are those of messageIds
  (Object.keys(messageIds) as KnownType[]).find((type) => messageIds[type] === id),
)

/** The name of a message id (0-255), undefined when no BEP known here has it. */
export function messageTypeOf(id: number): KnownType | undefined {
  return typesById[id]
}

/** Body bytes after the id that a type of fixed length has; -1 for the others. Indexed by id. */
export const fixedPayloadBytes: Int8Array = Int8Array.from({ length: 256 }, (_, id) => {
  switch (typesById[id]) {
    case 'choke':
    case 'unchoke':
    case 'interested':
    case 'notInterested':
    case 'haveAll':
    case 'haveNone':
      return 0
    case 'have':
    case 'suggest':
    case 'allowedFast':
      return 4
    case 'request':
    case 'cancel':
    case 'reject':
      return 12
    case 'port':
      return 2
    default:
      return -1
  }
})

/**
 * A whole message with its length prefix.
 *
 * @example
 * encodeMessage({ type: 'have', piece: 7 }) // 00000005 04 00000007
 */
export function encodeMessage(message: PeerMessage): Uint8Array {
  switch (message.type) {
    case 'keepAlive':
      return new Uint8Array(4)
    case 'choke':
    case 'unchoke':
    case 'interested':
    case 'notInterested':
    case 'haveAll':
    case 'haveNone':
      return frame(messageIds[message.type], 0)
    case 'have':
    case 'suggest':
    case 'allowedFast':
      return words(messageIds[message.type], message.piece)
    case 'request':
    case 'cancel':
    case 'reject':
      return words(messageIds[message.type], message.piece, message.begin, message.length)
    case 'bitfield':
      return frame(messageIds.bitfield, message.bits.length, message.bits)
    case 'piece': {
      const bytes = frame(messageIds.piece, 8 + message.block.length)
      writeUint32(bytes, 5, message.piece)
      writeUint32(bytes, 9, message.begin)
      bytes.set(message.block, 13)
      return bytes
    }
    case 'port':
      return frame(messageIds.port, 2, Uint8Array.of(message.port >>> 8, message.port))
    case 'extended':
      return encodeExtended(message.id, message.payload)
    case 'unknown':
      return frame(message.id, message.payload.length, message.payload)
    default:
      return unreachable(message)
  }
}

/** An extension message (BEP 10) with its length prefix; `id` is what the receiver named in its extended handshake. */
export function encodeExtended(id: number, payload: Uint8Array): Uint8Array {
  assert(id >= 0 && id <= 255, 'an extension id of one byte')
  const bytes = frame(messageIds.extended, 1 + payload.length)
  bytes[5] = id
  bytes.set(payload, 6)
  return bytes
}

/**
 * Reads one message without its length prefix; an empty body is a keep-alive. Payloads are views of `body`.
 *
 * @param pieceCount - of the torrent; undefined while its metadata is unknown
 */
export function decodeMessage(body: Uint8Array, pieceCount?: number): Result<PeerMessage, WireFault> {
  if (body.length === 0) return ok({ type: 'keepAlive' })
  return decodePayload(body[0] ?? 0, body.subarray(1), pieceCount)
}

/** As decodeMessage, with the id apart. */
export function decodePayload(id: number, payload: Uint8Array, pieceCount?: number): Result<PeerMessage, WireFault> {
  const type = messageTypeOf(id)
  const fixed = fixedPayloadBytes[id] ?? -1
  if (fixed >= 0 && payload.length !== fixed) return refuse(lengthFault(id, payload.length))
  switch (type) {
    case 'choke':
    case 'unchoke':
    case 'interested':
    case 'notInterested':
    case 'haveAll':
    case 'haveNone':
      return ok({ type })
    case 'have':
    case 'suggest':
    case 'allowedFast': {
      const piece = readUint32(payload, 0)
      const fault = pieceFault(piece, pieceCount)
      return fault === undefined ? ok({ type, piece }) : refuse(fault)
    }
    case 'request':
    case 'cancel':
    case 'reject': {
      const range = { piece: readUint32(payload, 0), begin: readUint32(payload, 4), length: readUint32(payload, 8) }
      const fault = blockFault(range.piece, range.length, pieceCount)
      return fault === undefined ? ok({ type, ...range }) : refuse(fault)
    }
    case 'port':
      return ok({ type, port: readUint32(Uint8Array.of(0, 0, payload[0] ?? 0, payload[1] ?? 0), 0) })
    case 'bitfield': {
      const fault = bitfieldFault(payload, pieceCount)
      return fault === undefined ? ok({ type, bits: payload }) : refuse(fault)
    }
    case 'piece':
      return decodePiece(payload, pieceCount)
    case 'extended':
      if (payload.length < 1 || payload.length > extendedPayloadBytesMax) return refuse(lengthFault(id, payload.length))
      return ok({ type, id: payload[0] ?? 0, payload: payload.subarray(1) })
    default:
      return ok({ type: 'unknown', id, payload })
  }
}

/** BEP 3: the right length for the piece count and no spare bit set. To be repeated once metadata is known. */
export function bitfieldFault(bits: Uint8Array, pieceCount: number | undefined): WireFault | undefined {
  if (pieceCount === undefined) {
    if (bits.length <= bitfieldBytes(pieceCountMax)) return undefined
    return wireFault('bad-bitfield', `a bitfield of ${bits.length} bytes, above ${bitfieldBytes(pieceCountMax)}`)
  }
  const expected = bitfieldBytes(pieceCount)
  if (bits.length !== expected) {
    return wireFault(
      'bad-bitfield',
      `a bitfield of ${bits.length} bytes, expected ${expected} for ${pieceCount} pieces`,
    )
  }
  const spare = expected * 8 - pieceCount
  if (spare > 0 && ((bits[expected - 1] ?? 0) & ((1 << spare) - 1)) !== 0) {
    return wireFault('bad-bitfield', 'a bitfield with spare bits set at its end')
  }
  return undefined
}

export function pieceFault(piece: number, pieceCount: number | undefined): WireFault | undefined {
  const bound = pieceCount ?? pieceCountMax
  return piece < bound ? undefined : wireFault('bad-piece', `piece ${piece}, expected below ${bound}`)
}

export function blockFault(piece: number, length: number, pieceCount: number | undefined): WireFault | undefined {
  if (length < 1 || length > requestBlockBytesMax) {
    return wireFault('bad-block', `a block of ${length} bytes, expected 1 to ${requestBlockBytesMax}`)
  }
  return pieceFault(piece, pieceCount)
}

export function lengthFault(id: number, payloadBytes: number): WireFault {
  return wireFault('bad-length', `${messageTypeOf(id) ?? `message ${id}`} with ${payloadBytes} bytes after its id`)
}

function decodePiece(payload: Uint8Array, pieceCount: number | undefined): Result<PeerMessage, WireFault> {
  if (payload.length < 8) return refuse(lengthFault(messageIds.piece, payload.length))
  const piece = readUint32(payload, 0)
  const fault = blockFault(piece, payload.length - 8, pieceCount)
  if (fault !== undefined) return refuse(fault)
  return ok({ type: 'piece', piece, begin: readUint32(payload, 4), block: payload.subarray(8) })
}

function frame(id: number, payloadBytes: number, payload?: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(5 + payloadBytes)
  writeUint32(bytes, 0, 1 + payloadBytes)
  bytes[4] = id
  if (payload !== undefined) bytes.set(payload, 5)
  return bytes
}

function words(id: number, ...values: readonly number[]): Uint8Array {
  const bytes = frame(id, 4 * values.length)
  values.forEach((value, index) => {
    writeUint32(bytes, 5 + 4 * index, value)
  })
  return bytes
}
