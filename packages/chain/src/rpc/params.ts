/** Decoders of JSON-RPC parameters: each answers a typed value or throws -32602 with what was expected. */

import { fromHex } from '@millrace/base'
import type { Hex } from 'viem'
import { invalidParams } from './errors.ts'

export type BlockTag = 'latest' | 'pending' | 'earliest' | 'finalized'
export type BlockReference =
  | { readonly kind: 'tag'; readonly tag: BlockTag }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'hash'; readonly hash: Hex }

export type Fields = Readonly<Record<string, unknown>>

/** Input data of a call: more never fits into a block. */
const dataBytesMax = 1_048_576

export function fieldsOf(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidParams(`${name}: expected an object`)
  return value as Fields // an object that is neither null nor an array has string keys
}

export function bigQuantity(value: unknown, name: string): bigint {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{1,64}$/.test(value)) {
    throw invalidParams(`${name}: expected a quantity in hex, like 0x1f`)
  }
  return BigInt(value)
}

export function optionalQuantity(value: unknown, name: string): bigint | undefined {
  return value === undefined || value === null ? undefined : bigQuantity(value, name)
}

/** Absent or null is undefined. */
export function optional<T>(value: unknown, name: string, decode: (value: unknown, name: string) => T): T | undefined {
  return value === undefined || value === null ? undefined : decode(value, name)
}

export function listOf(value: unknown, name: string, lengthMax: number): readonly unknown[] {
  if (Array.isArray(value) && value.length <= lengthMax) return value
  throw invalidParams(`${name}: expected a list of up to ${lengthMax}`)
}

/** A quantity that counts things: a number up to 2^53. */
export function count(value: unknown, name: string): number {
  const number = Number(bigQuantity(value, name))
  if (!Number.isSafeInteger(number)) throw invalidParams(`${name}: expected a quantity below 2^53`)
  return number
}

export function bytes(value: unknown, name: string, lengthMax = dataBytesMax): Uint8Array {
  const found = typeof value === 'string' && value.startsWith('0x') ? fromHex(value) : undefined
  if (found === undefined) throw invalidParams(`${name}: expected bytes in hex with 0x`)
  if (found.length > lengthMax) throw invalidParams(`${name}: expected at most ${lengthMax} bytes`)
  return found
}

/** Lower-case. */
export function address(value: unknown, name: string): Hex {
  return fixed(value, 20, name)
}

/** Lower-case. */
export function hash(value: unknown, name: string): Hex {
  return fixed(value, 32, name)
}

function fixed(value: unknown, length: number, name: string): Hex {
  if (typeof value !== 'string' || value.length !== 2 + 2 * length || !/^0x[0-9a-fA-F]+$/.test(value)) {
    throw invalidParams(`${name}: expected ${length} bytes in hex with 0x`)
  }
  return value.toLowerCase() as Hex // the pattern has checked prefix and digits
}

export function flag(value: unknown, name: string): boolean {
  if (value === undefined) return false
  if (typeof value !== 'boolean') throw invalidParams(`${name}: expected true or false`)
  return value
}

/** A number, a tag, a block's hash, or EIP-1898's object; absent is `latest`. What is safe here is final. */
export function blockReference(value: unknown, name: string): BlockReference {
  if (value === undefined || value === null || value === 'latest') return { kind: 'tag', tag: 'latest' }
  if (value === 'safe' || value === 'finalized') return { kind: 'tag', tag: 'finalized' }
  if (value === 'pending' || value === 'earliest') return { kind: 'tag', tag: value }
  if (typeof value === 'string' && value.length === 66) return { kind: 'hash', hash: hash(value, name) }
  if (typeof value !== 'object') return { kind: 'number', number: count(value, name) }
  const { blockHash, blockNumber } = fieldsOf(value, name)
  if (blockHash !== undefined) return { kind: 'hash', hash: hash(blockHash, `${name}.blockHash`) }
  return { kind: 'number', number: count(blockNumber, `${name}.blockNumber`) }
}
