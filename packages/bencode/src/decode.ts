/** Decoding without recursion, so that the depth of hostile input costs memory by a limit and never the stack. */

import { ok, type Result, refuse, toLatin1 } from '@millrace/base'
import type { BencodeDict, BencodeError, BencodeErrorCode, BencodeValue } from './value.ts'

export type DecodeOptions = {
  /**
   * `strict` (the default) accepts canonical bytes only: keys sorted and unique, no leading zeros, no trailing bytes.
   * `lenient` accepts those faults with a warning each; of a duplicate key the first value counts.
   */
  readonly mode?: 'strict' | 'lenient'
  /** Containers within containers. */
  readonly depthMax?: number
  /** Values, containers and keys together. */
  readonly itemsMax?: number
  /** Bytes of the whole input. */
  readonly lengthMax?: number
}

export type Decoded = {
  readonly value: BencodeValue
  /** Offset of the first byte after the value. */
  readonly end: number
  /** What lenient mode forgave, in words; at most `warningsMax` of them. */
  readonly warnings: readonly string[]
  /** The exact encoded bytes of an entry's value, a view of the input; `dict` must come from this decoding. */
  readonly rawOf: (dict: BencodeDict, key: string) => Uint8Array | undefined
}

const depthMaxDefault = 100
/** About 140,000 files of a torrent, and a second or two of work for hostile bytes. */
const itemsMaxDefault = 1_000_000
const lengthMaxDefault = 32 * 2 ** 20
/** 2^256 has 78 digits. Longer ones would only buy a peer quadratic work. */
const integerDigitsMax = 80
/** No input is longer than 2^32 bytes, so no honest length has more digits. */
const lengthDigitsMax = 20
const warningsMax = 32

const codeColon = 0x3a
const codeDict = 0x64
const codeEnd = 0x65
const codeInteger = 0x69
const codeList = 0x6c
const codeMinus = 0x2d
const codeZero = 0x30

type ListFrame = { readonly kind: 'list'; readonly start: number; readonly items: BencodeValue[] }
type DictFrame = {
  readonly kind: 'dict'
  readonly start: number
  readonly entries: Map<string, BencodeValue>
  /** Start and end of each value, in the order of the entries. */
  readonly spans: number[]
  key: string | undefined
  lastKey: string | undefined
}
type Frame = ListFrame | DictFrame

type Reader = {
  readonly bytes: Uint8Array
  readonly lenient: boolean
  readonly depthMax: number
  readonly itemsMax: number
  readonly stack: Frame[]
  readonly spansOf: Map<BencodeDict, readonly number[]>
  readonly warnings: string[]
  at: number
  items: number
  error: BencodeError | undefined
}

/**
 * Decodes one value that fills the input (BEP 3).
 *
 * @example
 * const decoded = decode(bytes, { mode: 'lenient' })
 * if (decoded.ok) asDict(decoded.value.value)
 */
export function decode(bytes: Uint8Array, options: DecodeOptions = {}): Result<Decoded, BencodeError> {
  const decoded = decodePrefix(bytes, options)
  if (!decoded.ok || decoded.value.end === bytes.length) return decoded
  const extra = `${bytes.length - decoded.value.end} bytes after the value`
  if (options.mode !== 'lenient') return refuse(fault('trailing-bytes', decoded.value.end, extra))
  return ok({ ...decoded.value, warnings: [...decoded.value.warnings, extra] })
}

/** Decodes the value that the input begins with; `end` tells where other bytes follow (BEP 9's data messages). */
export function decodePrefix(bytes: Uint8Array, options: DecodeOptions = {}): Result<Decoded, BencodeError> {
  const lengthMax = options.lengthMax ?? lengthMaxDefault
  if (bytes.length > lengthMax) {
    return refuse(fault('too-long', 0, `${bytes.length} bytes, but at most ${lengthMax} are decoded`))
  }
  const reader: Reader = {
    bytes,
    lenient: options.mode === 'lenient',
    depthMax: options.depthMax ?? depthMaxDefault,
    itemsMax: options.itemsMax ?? itemsMaxDefault,
    stack: [],
    spansOf: new Map(),
    warnings: [],
    at: 0,
    items: 0,
    error: undefined,
  }
  const value = readValue(reader)
  if (value === undefined) return refuse(reader.error ?? fault('truncated', reader.at, 'the input ends within a value'))
  const rawOf = (dict: BencodeDict, key: string): Uint8Array | undefined => rawSlice(reader, dict, key)
  return ok({ value, end: reader.at, warnings: reader.warnings, rawOf })
}

/** Reads one whole value; undefined when `reader.error` says why not. */
function readValue(reader: Reader): BencodeValue | undefined {
  for (;;) {
    const start = reader.at
    const byte = reader.bytes[start]
    const top = reader.stack.at(-1)
    if (byte === undefined) return fail(reader, 'truncated', 'the input ends within a value')
    let value: BencodeValue | undefined
    let valueStart = start
    if (byte === codeEnd) {
      value = closeTop(reader, top)
      if (value === undefined) return undefined
      if (top !== undefined) valueStart = top.start
    } else {
      reader.items++
      if (reader.items > reader.itemsMax) {
        return fail(reader, 'too-many-items', `more than ${reader.itemsMax} items`)
      }
      if (top?.kind === 'dict' && top.key === undefined) {
        if (!readKey(reader, top)) return undefined
        continue
      }
      if (byte === codeList || byte === codeDict) {
        if (!open(reader, byte)) return undefined
        continue
      }
      value = byte === codeInteger ? readInteger(reader) : readString(reader)
      if (value === undefined) return undefined
    }
    const parent = reader.stack.at(-1)
    if (parent === undefined) return value
    attach(parent, value, valueStart, reader.at)
  }
}

function open(reader: Reader, byte: number): boolean {
  if (reader.stack.length >= reader.depthMax) {
    fail(reader, 'too-deep', `containers nested deeper than ${reader.depthMax}`)
    return false
  }
  const start = reader.at++
  if (byte === codeList) reader.stack.push({ kind: 'list', start, items: [] })
  else {
    const entries = new Map<string, BencodeValue>()
    reader.stack.push({ kind: 'dict', start, entries, spans: [], key: undefined, lastKey: undefined })
  }
  return true
}

function closeTop(reader: Reader, top: Frame | undefined): BencodeValue | undefined {
  if (top === undefined) return fail(reader, 'unexpected-byte', "expected a value, found 'e'")
  if (top.kind === 'dict' && top.key !== undefined) {
    return fail(reader, 'unexpected-byte', 'a dictionary ends after a key without its value')
  }
  reader.at++
  reader.stack.pop()
  if (top.kind === 'list') return top.items
  reader.spansOf.set(top.entries, top.spans)
  return top.entries
}

function attach(parent: Frame, value: BencodeValue, start: number, end: number): void {
  if (parent.kind === 'list') {
    parent.items.push(value)
    return
  }
  const key = parent.key
  parent.key = undefined
  if (key === undefined || parent.entries.has(key)) return // lenient mode: the first of duplicates counts
  parent.entries.set(key, value)
  parent.spans.push(start, end)
}

function readKey(reader: Reader, frame: DictFrame): boolean {
  const start = reader.at
  const bytes = readString(reader)
  if (bytes === undefined) return false
  const key = toLatin1(bytes)
  const duplicate = frame.entries.has(key)
  if (duplicate || (frame.lastKey !== undefined && key <= frame.lastKey)) {
    const code = duplicate ? 'duplicate-key' : 'unsorted-keys'
    const words = `key ${quoteKey(key)} ${duplicate ? 'occurs twice' : 'is out of order'}`
    if (!forgive(reader, code, start, words)) return false
  }
  frame.lastKey = key
  frame.key = key
  return true
}

function readInteger(reader: Reader): bigint | undefined {
  const { bytes } = reader
  const start = reader.at
  const negative = bytes[start + 1] === codeMinus
  const first = start + (negative ? 2 : 1)
  const end = scanDigits(bytes, first, integerDigitsMax)
  if (end >= bytes.length) return fail(reader, 'truncated', 'the input ends within an integer')
  if (end === first || bytes[end] !== codeEnd) {
    return fail(reader, 'bad-integer', `an integer is 1 to ${integerDigitsMax} digits and 'e'`)
  }
  const digits = toLatin1(bytes.subarray(first, end))
  const padded = bytes[first] === codeZero && (digits.length > 1 || negative)
  if (padded && !forgive(reader, 'bad-integer', start, 'an integer has a leading zero or is -0')) return undefined
  reader.at = end + 1
  const magnitude = BigInt(digits)
  return negative ? -magnitude : magnitude
}

function readString(reader: Reader): Uint8Array | undefined {
  const { bytes } = reader
  const start = reader.at
  const end = scanDigits(bytes, start, lengthDigitsMax)
  if (end === start) return fail(reader, 'unexpected-byte', `expected a value, found byte ${bytes[start]}`)
  if (end >= bytes.length) return fail(reader, 'truncated', 'the input ends within a string length')
  if (bytes[end] !== codeColon) return fail(reader, 'bad-length', "a string length is digits and ':'")
  const padded = bytes[start] === codeZero && end > start + 1
  if (padded && !forgive(reader, 'bad-length', start, 'a string length has a leading zero')) return undefined
  let length = 0
  for (let i = start; i < end; i++) length = length * 10 + ((bytes[i] ?? 0) - codeZero)
  const from = end + 1
  if (length > bytes.length - from) {
    return fail(reader, 'truncated', `a string of ${length} bytes exceeds the ${bytes.length - from} that are left`)
  }
  reader.at = from + length
  return bytes.subarray(from, from + length)
}

/** Offset of the first byte that is no digit, at most `digitsMax` on. */
function scanDigits(bytes: Uint8Array, from: number, digitsMax: number): number {
  const limit = Math.min(bytes.length, from + digitsMax)
  let at = from
  while (at < limit) {
    const byte = bytes[at]
    if (byte === undefined || byte < codeZero || byte > codeZero + 9) break
    at++
  }
  return at
}

function rawSlice(reader: Reader, dict: BencodeDict, key: string): Uint8Array | undefined {
  const spans = reader.spansOf.get(dict)
  if (spans === undefined || !dict.has(key)) return undefined
  let index = 0
  for (const other of dict.keys()) {
    if (other === key) break
    index++
  }
  return reader.bytes.subarray(spans[2 * index], spans[2 * index + 1])
}

function forgive(reader: Reader, code: BencodeErrorCode, offset: number, words: string): boolean {
  if (!reader.lenient) {
    reader.error = fault(code, offset, words)
    return false
  }
  if (reader.warnings.length < warningsMax) reader.warnings.push(`${words} (at byte ${offset})`)
  return true
}

function fail(reader: Reader, code: BencodeErrorCode, words: string): undefined {
  reader.error = fault(code, reader.at, words)
  return undefined
}

function fault(code: BencodeErrorCode, offset: number, words: string): BencodeError {
  return { kind: 'bencode', code, offset, message: `not valid bencoding at byte ${offset}: ${words}` }
}

function quoteKey(key: string): string {
  return JSON.stringify(key.length > 40 ? `${key.slice(0, 40)}...` : key)
}
