/** Reading decoded values by the type a spec asks for: anything else is as good as missing. */

import type { BencodeDict, BencodeValue } from './value.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function asDict(value: BencodeValue | undefined): BencodeDict | undefined {
  return value instanceof Map ? value : undefined
}

export function asList(value: BencodeValue | undefined): readonly BencodeValue[] | undefined {
  // a value that is an array can only be a list, which isArray's guard cannot say of a readonly one
  return Array.isArray(value) ? (value as readonly BencodeValue[]) : undefined
}

export function asBytes(value: BencodeValue | undefined): Uint8Array | undefined {
  return value instanceof Uint8Array ? value : undefined
}

export function asInt(value: BencodeValue | undefined): bigint | undefined {
  return typeof value === 'bigint' ? value : undefined
}

/**
 * A safe integer within [min, max], both inclusive; undefined when it is missing, of another type or out of range.
 *
 * @example
 * dictInt(dict, 'piece length', { min: 1, max: 2 ** 30 })
 */
export function dictInt(
  dict: BencodeDict,
  key: string,
  range: { readonly min?: number; readonly max?: number } = {},
): number | undefined {
  const value = asInt(dict.get(key))
  if (value === undefined) return undefined
  const number = Number(value)
  if (!Number.isSafeInteger(number)) return undefined
  if (number < (range.min ?? Number.MIN_SAFE_INTEGER) || number > (range.max ?? Number.MAX_SAFE_INTEGER)) {
    return undefined
  }
  return number
}

/** A byte string whose length lies within [min, max] bytes; a view of the input. */
export function dictBytes(
  dict: BencodeDict,
  key: string,
  length: { readonly min?: number; readonly max?: number } = {},
): Uint8Array | undefined {
  const value = asBytes(dict.get(key))
  if (value === undefined) return undefined
  if (value.length < (length.min ?? 0) || value.length > (length.max ?? Number.MAX_SAFE_INTEGER)) return undefined
  return value
}

/** A byte string as text; undefined when it is no valid UTF-8. */
export function dictText(dict: BencodeDict, key: string): string | undefined {
  const value = asBytes(dict.get(key))
  if (value === undefined) return undefined
  try {
    return utf8.decode(value)
  } catch {
    return undefined
  }
}

export function dictDict(dict: BencodeDict, key: string): BencodeDict | undefined {
  return asDict(dict.get(key))
}

export function dictList(dict: BencodeDict, key: string): readonly BencodeValue[] | undefined {
  return asList(dict.get(key))
}
