/**
 * The text of one value in a JSON document (RFC 8259) by its pointer (RFC 6901). `JSON.parse` would make a number a float; here
 * its digits stay as they were sent.
 */

import { ok, type Result, refuse } from '@millrace/base'

export const pointerStepsMax = 16
export const pointerCharactersMax = 512
/** Space, tab, line feed, carriage return: JSON knows no other. */
const blanks: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d])

/** A pointer's steps, unescaped; `''` is the whole document. undefined when it is none. */
export function parsePointer(pointer: string): readonly string[] | undefined {
  if (pointer === '') return []
  if (!pointer.startsWith('/') || pointer.length > pointerCharactersMax || /~(?![01])/.test(pointer)) return undefined
  const steps = pointer.slice(1).split('/')
  if (steps.length > pointerStepsMax) return undefined
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/**
 * The number at the pointer as it was written, or the text of a string there. Of a name that stands twice in an object the last
 * counts, as everywhere in JavaScript.
 *
 * @returns why there is none, in words
 * @example
 * numberTextAt('{"btt":{"usd":6.5e-7}}', ['btt', 'usd']) // { ok: true, value: '6.5e-7' }
 */
export function numberTextAt(document: string, steps: readonly string[]): Result<string, string> {
  try {
    JSON.parse(document)
  } catch {
    return refuse('this is no JSON')
  }
  // From here on the text is known to be well formed, so the scanner need not look for faults.
  let at = skipBlank(document, 0)
  for (const step of steps) {
    const next = document[at] === '{' ? memberAt(document, at, step) : itemAt(document, at, step)
    if (next === undefined) return refuse(`there is no ${JSON.stringify(step)} in it`)
    at = next
  }
  const text = document.slice(at, endOfValue(document, at))
  if (text.startsWith('"')) return ok(String(JSON.parse(text)))
  return /^[-\d]/.test(text) ? ok(text) : refuse('what stands there is neither a number nor a string')
}

/** Where the value of a name begins in the object at `start`. */
function memberAt(text: string, start: number, name: string): number | undefined {
  let found: number | undefined
  let at = skipBlank(text, start + 1)
  while (text[at] === '"') {
    const end = endOfString(text, at)
    const value = skipBlank(text, skipBlank(text, end) + 1)
    if (JSON.parse(text.slice(at, end)) === name) found = value
    at = skipComma(text, endOfValue(text, value))
  }
  return found
}

/** Where an item begins in the array at `start`; undefined as well when there is no array. */
function itemAt(text: string, start: number, index: string): number | undefined {
  if (text[start] !== '[' || !/^(0|[1-9]\d{0,8})$/.test(index)) return undefined
  let at = skipBlank(text, start + 1)
  for (let left = Number(index); at < text.length && text[at] !== ']'; left--) {
    if (left === 0) return at
    at = skipComma(text, endOfValue(text, at))
  }
  return undefined
}

function endOfValue(text: string, start: number): number {
  let at = start
  let depth = 0
  do {
    const character = text[at]
    if (character === '"') at = endOfString(text, at)
    else if (character === '{' || character === '[') {
      depth++
      at++
    } else if (character === '}' || character === ']') {
      depth--
      at++
    } else if (depth > 0 && (character === ',' || character === ':')) at++
    else at = endOfScalar(text, at)
    if (depth > 0) at = skipBlank(text, at)
  } while (depth > 0 && at < text.length)
  return at
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

/** Of a number, `true`, `false` or `null`. */
function endOfScalar(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && /[-+.\w]/.test(text[at] ?? '')) at++
  return at
}

function skipComma(text: string, start: number): number {
  const at = skipBlank(text, start)
  return text[at] === ',' ? skipBlank(text, at + 1) : at
}

function skipBlank(text: string, start: number): number {
  let at = start
  while (blanks.has(text.charCodeAt(at))) at++
  return at
}
