/** Option values from text, each refused with what was expected. */

import { AmountError, type Btt, messageOf, parseBtt } from '@millrace/base'
import { parseAddress } from '@millrace/node'
import type { Address } from '@millrace/swarm'
import { InvalidArgumentError } from 'commander'

const suffixes: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

/** An account as the node package takes it: lower-case hex. */
export type Account = `0x${string}`

/** An account that a person wrote; mixed case must have the right checksum (EIP-55). */
export function parseAccount(text: string): Account {
  try {
    return parseAddress(text).toLowerCase() as Account // an address stays one
  } catch (thrown) {
    throw new InvalidArgumentError(messageOf(thrown))
  }
}

/** A positive number of bytes: `16384`, `64K`, `1.5M`, `2G`. */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?(?:\/s)?$/i.exec(text)
  const bytes = Math.round(Number(match?.[1]) * (suffixes[match?.[2]?.toLowerCase() ?? ''] ?? 1))
  if (!Number.isSafeInteger(bytes) || bytes <= 0)
    throw new InvalidArgumentError('Expected bytes above 0, like 65536, 64K or 2M.')
  return bytes
}

/** An upload or download limit in bytes a second; 0 is no limit. */
export function parseRate(text: string): number | undefined {
  return text === '0' ? undefined : parseBytes(text)
}

export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1
  if (port < 0 || port > 65_535) throw new InvalidArgumentError('Expected a port from 0 to 65535.')
  return port
}

export function parseWhole(text: string): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : -1
  if (value < 0) throw new InvalidArgumentError('Expected a whole number.')
  return value
}

export function parseDecimal(text: string): number {
  const value = /^\d{1,12}(\.\d{1,9})?$/.test(text) ? Number(text) : -1
  if (value < 0) throw new InvalidArgumentError('Expected a number, like 1.5.')
  return value
}

/** Percent with at most four decimals, as millionths. */
export function parsePercent(text: string): number {
  const match = /^(\d{1,3})(?:\.(\d{1,4}))?%?$/.exec(text)
  const millionths = match === null ? -1 : Number(match[1]) * 10_000 + Number((match[2] ?? '').padEnd(4, '0'))
  if (millionths < 0 || millionths > 1_000_000) throw new InvalidArgumentError('Expected a percentage from 0 to 100.')
  return millionths
}

/** Percent with at most two decimals, as parts of ten thousand: the unit of rates on the chain. */
export function parseBps(text: string): number {
  const bps = parsePercent(text) / 100
  if (!Number.isInteger(bps)) throw new InvalidArgumentError('Expected a percentage with at most two decimals.')
  return bps
}

/** An amount of BTT with at most 18 decimals. */
export function parseAmount(text: string): Btt {
  try {
    return parseBtt(text)
  } catch (error) {
    if (error instanceof AmountError) throw new InvalidArgumentError(error.message)
    throw error
  }
}

/** `HOST:PORT` or `[IPV6]:PORT`; collects repetitions. */
export function collectAddress(text: string, known: readonly Address[]): readonly Address[] {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || port < 1 || port > 65_535) {
    throw new InvalidArgumentError('Expected HOST:PORT, like 192.0.2.1:6881 or [2001:db8::1]:6881.')
  }
  return [...known, { host, port }]
}

export function collectText(text: string, known: readonly string[]): readonly string[] {
  return [...known, text]
}
