/** Amounts and fixed strings in bencoded dictionaries: one form each, so that what was signed has one form. */

import { assert, fromBigEndian, toBigEndian } from '@millrace/base'
import { type BencodeDict, dictBytes } from '@millrace/bencode'

export const amountBytesMax = 32
export const accountBytesLength = 20
export const signatureBytesLength = 65

/** Big-endian without leading zeros; zero is the empty string. */
export function amountBytes(value: bigint): Uint8Array {
  const bytes = toBigEndian(value)
  assert(bytes.length <= amountBytesMax, 'an amount of at most 32 bytes')
  return bytes
}

/** Undefined for leading zeros too, so that every amount has one form only. */
export function dictAmount(dict: BencodeDict, key: string): bigint | undefined {
  const bytes = dictBytes(dict, key, { max: amountBytesMax })
  return bytes === undefined || bytes[0] === 0 ? undefined : fromBigEndian(bytes)
}

export function exactBytes(dict: BencodeDict, key: string, length: number): Uint8Array | undefined {
  return dictBytes(dict, key, { min: length, max: length })
}
