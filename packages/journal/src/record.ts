/** Records of a log: length, checksum, payload. A record is whole or it is not there. */

import { crc32 } from 'node:zlib'
import { concatBytes, readUint32, writeUint32 } from '@millrace/base'

export const recordHeaderBytes = 8
/** Far above any record that is written; a length above it is a torn or foreign one. */
export const recordBytesMax = 64 * 1024 * 1024

export function encodeRecord(payload: Uint8Array): Uint8Array {
  const header = new Uint8Array(recordHeaderBytes)
  writeUint32(header, 0, payload.length)
  writeUint32(header, 4, checksum(payload))
  return concatBytes([header, payload])
}

export interface Records {
  readonly payloads: readonly Uint8Array[]
  /** Bytes of whole records: a torn tail starts here. */
  readonly wholeBytes: number
  /** A record is damaged although whole ones follow it: that is no torn tail. */
  readonly isDamaged: boolean
}

/** Reads whole records from the start. What follows the first bad one is a tail that a crash tore, or damage. */
export function decodeRecords(bytes: Uint8Array): Records {
  const payloads: Uint8Array[] = []
  let offset = 0
  for (;;) {
    const payload = recordAt(bytes, offset)
    if (payload === undefined) break
    payloads.push(payload)
    offset += recordHeaderBytes + payload.length
  }
  return { payloads, wholeBytes: offset, isDamaged: isWholeAfter(bytes, offset) }
}

function recordAt(bytes: Uint8Array, offset: number): Uint8Array | undefined {
  if (offset + recordHeaderBytes > bytes.length) return undefined
  const length = readUint32(bytes, offset)
  const start = offset + recordHeaderBytes
  if (length === 0 || length > recordBytesMax || start + length > bytes.length) return undefined
  const payload = bytes.subarray(start, start + length)
  return checksum(payload) === readUint32(bytes, offset + 4) ? payload : undefined
}

function isWholeAfter(bytes: Uint8Array, offset: number): boolean {
  if (offset + recordHeaderBytes > bytes.length) return false
  const length = readUint32(bytes, offset)
  if (length === 0 || length > recordBytesMax) return false
  return recordAt(bytes, offset + recordHeaderBytes + length) !== undefined
}

// Not zero for an empty file region: a run of zero bytes is no record (its length is zero).
function checksum(payload: Uint8Array): number {
  return crc32(payload)
}
