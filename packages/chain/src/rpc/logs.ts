/** eth_getLogs: which logs a filter wants, and the search for them. */

import type { Hex } from 'viem'
import { keccak256 } from 'viem'
import type { ChainBlock, ChainLog } from '../block.ts'
import { bytesOf } from '../hex.ts'
import type { Blocks } from '../store/blocks.ts'
import { invalidParams, RpcError, rpcCodes } from './errors.ts'
import { address, fieldsOf, hash } from './params.ts'
import { type Json, logViews } from './views.ts'

/** What a log must match: one of the addresses (none = any), and at each place one of the topics (none = any). */
export interface LogFilter {
  readonly addresses: readonly Hex[]
  readonly topics: readonly (readonly Hex[])[]
}

export const blockRangeMax = 100_000
export const logsMax = 20_000
const alternativesMax = 1024
const topicsMax = 4

export function logFilter(value: unknown): LogFilter {
  const fields = fieldsOf(value, 'filter')
  const addresses = alternatives(fields.address, 'address', address)
  const places = fields.topics ?? []
  if (!Array.isArray(places) || places.length > topicsMax)
    throw invalidParams(`topics: expected a list of up to ${topicsMax}`)
  return { addresses, topics: places.map((place: unknown, i) => alternatives(place, `topics[${i}]`, hash)) }
}

function alternatives(value: unknown, name: string, decode: (value: unknown, name: string) => Hex): readonly Hex[] {
  if (value === undefined || value === null) return []
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.length > alternativesMax) throw invalidParams(`${name}: expected at most ${alternativesMax} alternatives`)
  return list.map((item) => decode(item, name))
}

/**
 * The logs of blocks `from` to `to`, both included; of a node that joined by a snapshot from there on.
 *
 * @throws RpcError -32005 when the range or the result is too large
 */
export function findLogs(blocks: Blocks, filter: LogFilter, from: number, to: number): readonly Json[] {
  if (to - from >= blockRangeMax) throw tooMany(`a range of ${to - from + 1} blocks; expected at most ${blockRangeMax}`)
  const bits = bloomBits(filter)
  const found: Json[] = []
  const base = blocks.base()
  for (let number = base > 1 ? Math.max(from, base) : from; number <= to; number++) {
    const header = blocks.header(number)
    if (header === undefined) break
    if (!mayHold(header.logsBloom, bits)) continue
    const block = blocks.byNumber(number)
    if (block !== undefined) found.push(...logsOf(block, filter))
    if (found.length > logsMax) throw tooMany(`more than ${logsMax} logs; expected a narrower filter or range`)
  }
  return found
}

export function logsOf(block: ChainBlock, filter: LogFilter): readonly Json[] {
  return logViews(block, undefined, (log) => matches(log, filter))
}

export function matches(log: ChainLog, { addresses, topics }: LogFilter): boolean {
  if (addresses.length > 0 && !addresses.includes(log.address)) return false
  return topics.every((wanted, place) => {
    if (wanted.length === 0) return place < log.topics.length
    const topic = log.topics[place]
    return topic !== undefined && wanted.includes(topic)
  })
}

/** For each condition the bloom positions of its alternatives. */
type BloomBits = readonly (readonly (readonly number[])[])[]

function bloomBits({ addresses, topics }: LogFilter): BloomBits {
  return [addresses, ...topics].filter((wanted) => wanted.length > 0).map((wanted) => wanted.map(positions))
}

/** The three bits of an item in a header's bloom: the low 11 bits of the first three 16-bit words of its hash. */
function positions(item: Hex): readonly number[] {
  const digest = bytesOf(keccak256(item))
  return [0, 2, 4].map((at) => (((digest[at] ?? 0) << 8) | (digest[at + 1] ?? 0)) & 2047)
}

function mayHold(bloom: Uint8Array, conditions: BloomBits): boolean {
  const has = (bit: number) => ((bloom[255 - (bit >> 3)] ?? 0) & (1 << (bit & 7))) !== 0
  return conditions.every((wanted) => wanted.some((bits) => bits.every(has)))
}

function tooMany(what: string): RpcError {
  return new RpcError(rpcCodes.limitExceeded, `limit exceeded: ${what}`)
}
