/**
 * Path components from a stranger, made safe to be created below a folder. Where the field has a custom (libtorrent's),
 * this follows it, so that data downloaded by another client is found under the same name.
 */

import { toLatin1 } from '@millrace/base'

/** A component that reaches this many bytes is cut there, its extension kept. */
const componentBytesCut = 240
/** How near the end a dot must be to begin an extension that survives the cut. */
const extensionBytesMax = 9

const replacement = 0x5f // '_'
const dot = 0x2e

/** These turn the direction of writing and disguise a name's ending. */
const directionMarks: ReadonlySet<number> = new Set([0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e])
const dropped: ReadonlySet<number> = new Set([0x00, 0x2f, 0x5c, ...directionMarks])

/**
 * A safe component; undefined when nothing is left of it, as of `.`, `..` and `/`.
 * Separators, NUL and direction marks vanish; control characters and invalid UTF-8 become `_`; so does an empty name.
 *
 * @example
 * safeComponent(toUtf8('../../x')) // '....x'
 */
export function safeComponent(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return '_'
  return isPlain(bytes) ? toLatin1(bytes) : cleanComponent(bytes)
}

function cleanComponent(bytes: Uint8Array): string | undefined {
  const kept: number[] = []
  let dots = 0
  let cut = false
  let at = 0
  while (at < bytes.length) {
    const { code, length } = codePointAt(bytes, at)
    const start = at
    at += length
    if (dropped.has(code)) continue
    if (code < 0x20) {
      // -1, an invalid sequence, is one of these
      kept.push(replacement)
      continue
    }
    for (let i = start; i < start + length; i++) kept.push(bytes[i] ?? replacement)
    if (code === dot) dots++
    if (kept.length < componentBytesCut || cut) continue
    const extension = extensionStart(bytes, start)
    if (extension === undefined) break
    cut = true
    at = extension
  }
  if (kept.length === dots && dots <= 2) return undefined
  return Buffer.from(kept).toString('utf8')
}

/** Text from bytes that should be UTF-8, each invalid sequence replaced by `_`. */
export function repairText(bytes: Uint8Array): string {
  const kept: number[] = []
  for (let at = 0; at < bytes.length; ) {
    const { code, length } = codePointAt(bytes, at)
    if (code < 0) kept.push(replacement)
    else for (let i = at; i < at + length; i++) kept.push(bytes[i] ?? replacement)
    at += length
  }
  return Buffer.from(kept).toString('utf8')
}

/** The component with `.N` before its extension, for a name that is taken; never above 255 bytes. */
export function numberedComponent(component: string, number: number): string {
  const split = component.lastIndexOf('.')
  const extension = split < 0 ? '' : component.slice(split)
  const suffix = `.${number}`.length + Buffer.byteLength(extension)
  let base = split < 0 ? component : component.slice(0, split)
  while (base !== '' && Buffer.byteLength(base) + suffix > 255) base = [...base].slice(0, -1).join('')
  return `${base}.${number}${extension}`
}

/** Most names: short printable ASCII with no separator, and more than dots. */
function isPlain(bytes: Uint8Array): boolean {
  if (bytes.length >= componentBytesCut) return false
  let dots = 0
  for (const byte of bytes) {
    if (byte < 0x20 || byte >= 0x80 || byte === 0x2f || byte === 0x5c) return false
    if (byte === dot) dots++
  }
  return dots < bytes.length
}

function extensionStart(bytes: Uint8Array, after: number): number | undefined {
  for (let at = bytes.length - 1; at > Math.max(bytes.length - 1 - extensionBytesMax, after); at--) {
    if (bytes[at] === dot) return at
  }
  return undefined
}

/** One code point, or -1 with the length of the invalid sequence that is to be skipped as a whole. */
function codePointAt(bytes: Uint8Array, at: number): { code: number; length: number } {
  const first = bytes[at] ?? 0
  if (first < 0x80) return { code: first, length: 1 }
  const length = sequenceLength(first)
  if (length === 0) return { code: -1, length: 1 }
  const held = Math.min(length, bytes.length - at)
  if (length > 4 || held < length) return { code: -1, length: held }
  let code = first & (0x7f >> length)
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i] ?? 0
    if ((next & 0xc0) !== 0x80) return { code: -1, length }
    code = (code << 6) | (next & 0x3f)
  }
  const overlong = code < (length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000)
  const surrogate = code >= 0xd800 && code <= 0xdfff
  return { code: overlong || surrogate || code > 0x10ffff ? -1 : code, length }
}

function sequenceLength(first: number): number {
  if (first < 0xc0) return 0
  if (first < 0xe0) return 2
  if (first < 0xf0) return 3
  if (first < 0xf8) return 4
  if (first < 0xfc) return 5
  return first < 0xfe ? 6 : 0
}
