/** Decoders of RPC replies. A reply is foreign: each field is checked, and what is wrong is a typed error. */

import type { Account } from '@millrace/voucher'
import type { Hex } from 'viem'
import { LedgerError } from './errors.ts'

export const logsInReplyMax = 100_000
/** EIP-170 allows 24,576 bytes of code; return data and logs of the vault are shorter. */
export const dataBytesMax = 1_048_576
const topicsMax = 4

export interface Block {
  readonly number: bigint
  readonly hash: Hex
  readonly parentHash: Hex
  /** Seconds since 1970. */
  readonly timestamp: bigint
  /** Base units a gas; absent before EIP-1559. */
  readonly baseFeePerGas: bigint | undefined
}

export interface Log {
  readonly address: Account
  readonly topics: readonly Hex[]
  readonly data: Hex
  readonly blockNumber: bigint
  readonly blockHash: Hex
  readonly transactionHash: Hex
  readonly logIndex: number
}

export interface Receipt {
  readonly transactionHash: Hex
  readonly blockNumber: bigint
  readonly blockHash: Hex
  readonly succeeded: boolean
  readonly gasUsed: bigint
  /** Base units a gas. */
  readonly effectiveGasPrice: bigint
  readonly logs: readonly Log[]
}

/** @throws LedgerError `bad-reply`, as all decoders here */
export function decodeQuantity(value: unknown): bigint {
  if (typeof value === 'string' && /^0x[0-9a-fA-F]{1,64}$/.test(value)) return BigInt(value)
  throw wrong('a quantity (0x and 1 to 64 hex digits)', value)
}

export function decodeHash(value: unknown): Hex {
  return hexOf(value, 32)
}

/** A lower-case address. */
export function decodeAddress(value: unknown): Account {
  return hexOf(value, 20)
}

/** Bytes as hex of any length up to the limit. */
export function decodeData(value: unknown): Hex {
  if (typeof value !== 'string' || value.length > 2 + 2 * dataBytesMax || value.length % 2 !== 0) {
    throw wrong('hex data', value)
  }
  if (!/^0x[0-9a-fA-F]*$/.test(value)) throw wrong('hex data', value)
  return value.toLowerCase() as Hex // starts with 0x by the test above
}

/** undefined where the node has no such block. */
export function decodeBlock(value: unknown): Block | undefined {
  if (value === null) return undefined
  const block = fieldsOf(value, 'a block')
  return {
    number: decodeQuantity(block.number),
    hash: decodeHash(block.hash),
    parentHash: decodeHash(block.parentHash),
    timestamp: decodeQuantity(block.timestamp),
    baseFeePerGas: block.baseFeePerGas === undefined ? undefined : decodeQuantity(block.baseFeePerGas),
  }
}

/** undefined while the transaction is in no block. */
export function decodeReceipt(value: unknown): Receipt | undefined {
  if (value === null) return undefined
  const receipt = fieldsOf(value, 'a receipt')
  const status = decodeQuantity(receipt.status)
  if (status > 1n) throw wrong('status 0x0 or 0x1', receipt.status)
  return {
    transactionHash: decodeHash(receipt.transactionHash),
    blockNumber: decodeQuantity(receipt.blockNumber),
    blockHash: decodeHash(receipt.blockHash),
    succeeded: status === 1n,
    gasUsed: decodeQuantity(receipt.gasUsed),
    effectiveGasPrice: decodeQuantity(receipt.effectiveGasPrice),
    logs: decodeLogs(receipt.logs),
  }
}

/** What a transaction calls; `to` undefined for a creation, all of it undefined when the node does not know it. */
export function decodeTransactionCall(
  value: unknown,
): { readonly to: Account | undefined; readonly input: Hex } | undefined {
  if (value === null) return undefined
  const { to, input } = fieldsOf(value, 'a transaction')
  return { to: to === null || to === undefined ? undefined : decodeAddress(to), input: decodeData(input) }
}

export function decodeLogs(value: unknown): readonly Log[] {
  return arrayOf(value, logsInReplyMax, 'logs').map(decodeLog)
}

function decodeLog(value: unknown): Log {
  const log = fieldsOf(value, 'a log')
  const topics = arrayOf(log.topics, topicsMax, 'topics')
  if (log.removed === true) throw wrong('logs of the canonical chain', 'a removed log')
  const logIndex = decodeQuantity(log.logIndex)
  if (logIndex > 0xffff_ffffn) throw wrong('a log index', log.logIndex)
  return {
    address: decodeAddress(log.address),
    topics: topics.map(decodeHash),
    data: decodeData(log.data),
    blockNumber: decodeQuantity(log.blockNumber),
    blockHash: decodeHash(log.blockHash),
    transactionHash: decodeHash(log.transactionHash),
    logIndex: Number(logIndex),
  }
}

function hexOf(value: unknown, bytes: number): Hex {
  if (typeof value === 'string' && value.length === 2 + 2 * bytes && /^0x[0-9a-fA-F]+$/.test(value)) {
    return value.toLowerCase() as Hex // starts with 0x by the test above
  }
  throw wrong(`${bytes} bytes of hex`, value)
}

export function arrayOf(value: unknown, most: number, what: string): readonly unknown[] {
  if (Array.isArray(value) && value.length <= most) return value
  throw wrong(`at most ${most} ${what}`, value)
}

export function fieldsOf(value: unknown, expected: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(expected, value)
  return value as Readonly<Record<string, unknown>> // an object that is no array; its fields stay unknown
}

function wrong(expected: string, got: unknown): LedgerError {
  const shown = (typeof got === 'string' ? got : typeof got).slice(0, 80)
  return new LedgerError('bad-reply', `the RPC's reply is not Ethereum's: expected ${expected}, got ${shown}`)
}
