/** Feeds as people name them: `fixed:0.0000012`, `file:PATH`, `https://host/path#/pointer`, `oracle:0xADDRESS`. */

import { parseExchangeRate } from '@millrace/market'
import { createFileFeed } from './file-feed.ts'
import { createFixedFeed } from './fixed-feed.ts'
import { createHttpFeed } from './http-feed.ts'
import { createOracleFeed } from './oracle-feed.ts'
import { FeedError, type PriceFeed } from './ports.ts'

export interface FeedSurroundings {
  /** JSON-RPC of the chain on which an oracle is; absent, none can be asked. */
  readonly rpcUrl: string | undefined
  /** Milliseconds since 1970. */
  readonly wallMs: () => number
}

/** What an oracle states its price in, whatever the ask says. */
export const oracleUnit = 'USD'

/** True for the address of an oracle. */
export function isOracle(address: string): boolean {
  return address.startsWith('oracle:')
}

/**
 * The feed at an address.
 *
 * @throws FeedError `bad-address`
 * @example
 * openFeed('file:/var/lib/price.json#/btt/usd', { rpcUrl: undefined, wallMs: Date.now })
 */
export function openFeed(address: string, { rpcUrl, wallMs }: FeedSurroundings): PriceFeed {
  if (/^https?:/.test(address)) return createHttpFeed(address, wallMs)
  const [, kind, rest = ''] = /^(fixed|file|oracle):(.+)$/s.exec(address) ?? []
  if (kind === 'fixed') {
    const rate = parseExchangeRate(rest)
    if (!rate.ok) throw new FeedError('bad-address', `${address}: ${rate.error}`)
    return createFixedFeed(rate.value)
  }
  if (kind === 'file') {
    const hash = rest.indexOf('#/')
    return hash < 0
      ? createFileFeed(rest, '', wallMs)
      : createFileFeed(rest.slice(0, hash), rest.slice(hash + 1), wallMs)
  }
  if (kind === 'oracle') {
    if (rpcUrl === undefined) throw new FeedError('bad-address', `${address} needs the chain it is on: give --rpc`)
    return createOracleFeed(rpcUrl, rest, wallMs)
  }
  throw new FeedError(
    'bad-address',
    `"${address}" is no feed: expected fixed:NUMBER, file:PATH, http(s)://HOST/PATH#/POINTER or oracle:0xADDRESS`,
  )
}
