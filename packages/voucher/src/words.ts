/** Words of the EVM's ABI, and its hash. */

import { assert } from '@millrace/base'
import { keccak256 } from 'viem'

export const wordBytes = 32

/** An unsigned integer below 2^256 as 32 bytes, big-endian. */
export function word(value: bigint): Uint8Array {
  assert(value >= 0n && value >> 256n === 0n, 'an unsigned integer below 2^256')
  const bytes = new Uint8Array(wordBytes)
  let rest = value
  for (let i = wordBytes - 1; rest > 0n; i--) {
    bytes[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return bytes
}

/** Bytes at the right end of a word (addresses). */
export function wordOf(bytes: Uint8Array): Uint8Array {
  assert(bytes.length <= wordBytes, 'at most 32 bytes')
  const padded = new Uint8Array(wordBytes)
  padded.set(bytes, wordBytes - bytes.length)
  return padded
}

/** Bytes at the left end of a word (bytes16, bytes20). */
export function wordOfFixed(bytes: Uint8Array): Uint8Array {
  assert(bytes.length <= wordBytes, 'at most 32 bytes')
  const padded = new Uint8Array(wordBytes)
  padded.set(bytes)
  return padded
}

export function keccak(bytes: Uint8Array): Uint8Array {
  return keccak256(bytes, 'bytes')
}
