/** Canonical encoding: keys sorted as raw bytes, shortest integers. */

import { assert, concatBytes, fromLatin1, toLatin1, toUtf8 } from '@millrace/base'

/**
 * What can be encoded. Text becomes UTF-8. A plain object's keys are UTF-8 text and its undefined members are left out;
 * a map's keys are latin1 text, one character a byte, as the decoder makes them.
 */
export type Encodable =
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Encodable[]
  | ReadonlyMap<string, Encodable>
  | { readonly [key: string]: Encodable | undefined }

const dictStart = fromLatin1('d')
const listStart = fromLatin1('l')
const containerEnd = fromLatin1('e')

/**
 * Encodes a value of our own making (BEP 3); an unsafe or fractional number is a bug and asserts.
 *
 * @example
 * encode({ msg_type: 0, piece: 3 }) // d8:msg_typei0e5:piecei3ee
 */
export function encode(value: Encodable): Uint8Array {
  const parts: Uint8Array[] = []
  write(value, parts)
  return concatBytes(parts)
}

function write(value: Encodable, parts: Uint8Array[]): void {
  if (typeof value === 'number') {
    assert(Number.isSafeInteger(value), `a safe integer to encode, not ${value}`)
    parts.push(fromLatin1(`i${value === 0 ? 0 : value}e`)) // -0 has no encoding
  } else if (typeof value === 'bigint') parts.push(fromLatin1(`i${value}e`))
  else if (typeof value === 'string') writeBytes(toUtf8(value), parts)
  else if (value instanceof Uint8Array) writeBytes(value, parts)
  else if (isList(value)) {
    parts.push(listStart)
    for (const item of value) write(item, parts)
    parts.push(containerEnd)
  } else writeDict(entriesOf(value), parts)
}

function writeBytes(bytes: Uint8Array, parts: Uint8Array[]): void {
  parts.push(fromLatin1(`${bytes.length}:`), bytes)
}

function writeDict(entries: [string, Encodable][], parts: Uint8Array[]): void {
  // one character a byte: the order of UTF-16 units is the order of the raw bytes
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  parts.push(dictStart)
  for (const [key, value] of entries) {
    writeBytes(fromLatin1(key), parts)
    write(value, parts)
  }
  parts.push(containerEnd)
}

function entriesOf(
  value: ReadonlyMap<string, Encodable> | { readonly [key: string]: Encodable | undefined },
): [string, Encodable][] {
  if (value instanceof Map) {
    // instanceof widens a ReadonlyMap's parameters; the union above leaves only this map type
    return [...(value as ReadonlyMap<string, Encodable>)]
  }
  const entries: [string, Encodable][] = []
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) entries.push([toLatin1(toUtf8(key)), item])
  }
  return entries
}

function isList(value: Encodable): value is readonly Encodable[] {
  return Array.isArray(value)
}
