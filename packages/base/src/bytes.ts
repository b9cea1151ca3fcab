/** Small operations on byte strings, and a cursor for fixed layouts. */

import { assert } from './assert.ts'

/** Lower-case hex, no prefix. */
export function toHex(bytes: Uint8Array): string {
  return textOf(bytes, 'hex')
}

/** Bytes of a hex string of even length, with or without `0x`; undefined when it is none. */
export function fromHex(text: string): Uint8Array | undefined {
  const start = text.startsWith('0x') ? 2 : 0
  const digits = text.length - start
  if (digits % 2 !== 0) return undefined
  const bytes = new Uint8Array(digits / 2)
  for (let i = 0, at = start; i < bytes.length; i++, at += 2) {
    const high = hexValues[text.charCodeAt(at)] ?? notHex
    const low = hexValues[text.charCodeAt(at + 1)] ?? notHex
    if (high === notHex || low === notHex) return undefined
    bytes[i] = (high << 4) | low
  }
  return bytes
}

const notHex = 255

/** By character code what a hex digit stands for. */
const hexValues = Uint8Array.from({ length: 128 }, (_item, code) => {
  const digit = String.fromCharCode(code)
  return /[0-9a-fA-F]/.test(digit) ? Number.parseInt(digit, 16) : notHex
})

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

/** Bytes as text in which each byte is one character (ISO 8859-1): lossless, for dictionary keys. */
export function toLatin1(bytes: Uint8Array): string {
  return textOf(bytes, 'latin1')
}

/** An array of up to 64 bytes lies in V8's heap, and a view of it moves it out for good: a copy costs less. */
function textOf(bytes: Uint8Array, encoding: 'hex' | 'latin1'): string {
  if (bytes.length > scratch.length) {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(encoding)
  }
  scratch.set(bytes)
  return scratch.toString(encoding, 0, bytes.length)
}

const scratch = Buffer.alloc(128)

export function fromLatin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}

export function toUtf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Unsigned 32-bit big-endian read; the caller has checked that offset + 4 <= length. */
export function readUint32(bytes: Uint8Array, offset: number): number {
  return (
    ((at(bytes, offset) << 24) |
      (at(bytes, offset + 1) << 16) |
      (at(bytes, offset + 2) << 8) |
      at(bytes, offset + 3)) >>>
    0
  )
}

export function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24
  bytes[offset + 1] = value >>> 16
  bytes[offset + 2] = value >>> 8
  bytes[offset + 3] = value
}

/** Big-endian bytes without leading zeros; zero is the empty string. */
export function toBigEndian(value: bigint): Uint8Array {
  assert(value >= 0n, 'an unsigned integer')
  if (value === 0n) return new Uint8Array(0)
  const hex = value.toString(16)
  return fromHex(hex.length % 2 === 0 ? hex : `0${hex}`) as Uint8Array // an even number of hex digits always parses
}

export function fromBigEndian(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`)
}

function at(bytes: Uint8Array, offset: number): number {
  return bytes[offset] as number // bounds are the caller's promise
}
