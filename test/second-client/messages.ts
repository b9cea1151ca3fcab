/** The messages of btt_speed, from the tables of the page: one table here, read and written by the same code. */

import { bdecode, bencode, type Value } from './bencode.ts'

export interface Hello {
  readonly t: 0
  readonly a: Buffer
  readonly z: Buffer
}
export interface Quote {
  readonly t: 1
  readonly r: bigint
  readonly p: bigint
  readonly k: bigint
  readonly x: number
}
export interface Bid {
  readonly t: 2
  readonly n: number
  readonly w: bigint
  readonly m: bigint
}
export interface Statement {
  readonly t: 3
  readonly n: readonly [number, number]
  readonly i: number
  readonly b: number
  readonly o: bigint
  readonly g: bigint
  readonly k: bigint
}
export interface VoucherMessage {
  readonly t: 4
  readonly f: Buffer
  readonly u: bigint
  readonly n: bigint
  readonly i: bigint
  readonly z: Buffer
}
export interface Reject {
  readonly t: 5
  readonly o: number
  readonly k: number
  readonly d: string
}
export type Message = Hello | Quote | Bid | Statement | VoucherMessage | Reject

export type Read =
  | { readonly message: Message }
  /** `close` the connection, say nothing (`none`), or send the reject. */
  | { readonly answer: 'close' | 'none' | Reject }

interface Kind {
  write(value: never): Value
  /** Undefined: out of range. */
  read(value: Value | undefined): unknown
}

const messageBytesMax = 1_024
const limits = { depth: 4, items: 128 }
const integerMax = 2n ** 53n - 1n

const integer = (min: bigint, max = integerMax): Kind => ({
  write: (value: number) => BigInt(value),
  read: (value) => (typeof value === 'bigint' && value >= min && value <= max ? Number(value) : undefined),
})
const fixed = (length: number): Kind => ({
  write: (value: Buffer) => value,
  read: (value) => (Buffer.isBuffer(value) && value.length === length ? value : undefined),
})
const amount: Kind = { write: amountBytes, read: (value) => (Buffer.isBuffer(value) ? amountOf(value) : undefined) }
const seq: Kind = {
  write: (value: bigint) => value,
  read: (value) => (typeof value === 'bigint' && value >= 0n && value < 2n ** 64n ? value : undefined),
}
const version: Kind = {
  write: (value: readonly [number, number]) => value.map(BigInt),
  read: (value) => {
    const numbers = Array.isArray(value) ? value.map(integer(0n).read) : []
    return numbers.length === 2 && !numbers.includes(undefined) ? numbers : undefined
  },
}
const words: Kind = {
  write: (value: string) => Buffer.from(value),
  read: (value) => (Buffer.isBuffer(value) && !value.toString().includes('\ufffd') ? value.toString() : ''),
}

const natural = integer(0n)
/** By `t`: the keys of each message. */
export const tables: readonly Readonly<Record<string, Kind>>[] = [
  { a: fixed(20), z: fixed(65) },
  { r: amount, p: amount, k: amount, x: integer(0n, 600n) },
  { n: integer(1n), w: amount, m: amount },
  { n: version, i: natural, b: natural, o: amount, g: amount, k: amount },
  { f: fixed(20), u: amount, n: seq, i: amount, z: fixed(65) },
  { o: integer(-integerMax), k: natural, d: words },
]

export function encodeMessage(message: Message): Buffer {
  const dict = new Map<string, Value>([['t', BigInt(message.t)]])
  for (const [key, kind] of Object.entries(tables[message.t] ?? {})) {
    // The table of a message has the kinds of its keys.
    dict.set(key, kind.write((message as unknown as Record<string, never>)[key] as never))
  }
  return bencode(dict)
}

export function decodeMessage(payload: Buffer): Read {
  if (payload.length > messageBytesMax) return { answer: 'close' }
  const dict = bdecode(payload, limits)
  if (!(dict instanceof Map)) return { answer: 'none' }
  const t = integer(-integerMax).read(dict.get('t'))
  if (typeof t !== 'number') return { answer: 'none' }
  const table = tables[t]
  if (table === undefined) return { answer: reject(t, 1) }
  const fields: Record<string, unknown> = { t }
  for (const [key, kind] of Object.entries(table)) {
    fields[key] = kind.read(dict.get(key))
    if (fields[key] === undefined) return { answer: t === 5 ? 'none' : reject(t, 1) }
  }
  // Every key of its table was read.
  return { message: fields as unknown as Message }
}

export function reject(o: number, k: number): Reject {
  return { t: 5, o, k, d: '' }
}

export function amountBytes(value: bigint): Buffer {
  const hex = value === 0n ? '' : value.toString(16)
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
}

/** Undefined when the bytes are no amount. */
export function amountOf(bytes: Buffer): bigint | undefined {
  if (bytes.length > 32 || bytes[0] === 0) return undefined
  return bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`)
}
