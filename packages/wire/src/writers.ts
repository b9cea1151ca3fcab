/** The frequent messages written into a caller's buffer: no allocation. Each returns the offset after what it wrote. */

import { writeUint32 } from '@millrace/base'
import { messageIds } from './messages.ts'

/** Bytes that writeRequest, writeCancel and writeReject write. */
export const requestFrameBytes = 17
/** Bytes before the block of a `piece` message. */
export const pieceHeaderBytes = 13
/** Bytes that writeHave writes. */
export const haveFrameBytes = 9
/** Bytes that writeState writes. */
export const stateFrameBytes = 5

export function writeRequest(buffer: Uint8Array, offset: number, piece: number, begin: number, length: number): number {
  return writeRange(buffer, offset, messageIds.request, piece, begin, length)
}

export function writeCancel(buffer: Uint8Array, offset: number, piece: number, begin: number, length: number): number {
  return writeRange(buffer, offset, messageIds.cancel, piece, begin, length)
}

/** BEP 6: only between peers that both set the fast bit. */
export function writeReject(buffer: Uint8Array, offset: number, piece: number, begin: number, length: number): number {
  return writeRange(buffer, offset, messageIds.reject, piece, begin, length)
}

/** What precedes the `length` bytes of the block itself. */
export function writePieceHeader(
  buffer: Uint8Array,
  offset: number,
  piece: number,
  begin: number,
  length: number,
): number {
  writeUint32(buffer, offset, 9 + length)
  buffer[offset + 4] = messageIds.piece
  writeUint32(buffer, offset + 5, piece)
  writeUint32(buffer, offset + 9, begin)
  return offset + pieceHeaderBytes
}

export function writeHave(buffer: Uint8Array, offset: number, piece: number): number {
  writeUint32(buffer, offset, 5)
  buffer[offset + 4] = messageIds.have
  writeUint32(buffer, offset + 5, piece)
  return offset + haveFrameBytes
}

export function writeState(
  buffer: Uint8Array,
  offset: number,
  type: 'choke' | 'unchoke' | 'interested' | 'notInterested' | 'haveAll' | 'haveNone',
): number {
  writeUint32(buffer, offset, 1)
  buffer[offset + 4] = messageIds[type]
  return offset + stateFrameBytes
}

export function writeKeepAlive(buffer: Uint8Array, offset: number): number {
  writeUint32(buffer, offset, 0)
  return offset + 4
}

function writeRange(
  buffer: Uint8Array,
  offset: number,
  id: number,
  piece: number,
  begin: number,
  length: number,
): number {
  writeUint32(buffer, offset, 13)
  buffer[offset + 4] = id
  writeUint32(buffer, offset + 5, piece)
  writeUint32(buffer, offset + 9, begin)
  writeUint32(buffer, offset + 13, length)
  return offset + requestFrameBytes
}
