/** Hex as Ethereum's JSON-RPC writes it: 0x-prefixed, quantities without leading zeros. */

import { fromHex, toHex } from '@millrace/base'
import type { Hex } from 'viem'

/** Bytes as 0x-prefixed hex. */
export function hexOf(bytes: Uint8Array): Hex {
  return `0x${toHex(bytes)}`
}

/** A quantity: no leading zeros, zero is `0x0`. */
export function quantity(value: bigint | number): Hex {
  return `0x${value.toString(16)}`
}

/** Bytes of hex that this package wrote itself. */
export function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex)
  if (bytes === undefined) throw new TypeError(`not hex: ${hex.slice(0, 80)}`)
  return bytes
}

/** Exactly `length` bytes, big-endian. */
export function fixedBytes(value: bigint, length: number): Uint8Array {
  return bytesOf(value.toString(16).padStart(length * 2, '0'))
}
