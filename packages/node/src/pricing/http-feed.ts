/** A price on the web: one GET, JSON, and a pointer to the number. */

import type { IncomingHttpHeaders } from 'node:http'
import { messageOf } from '@millrace/base'
import { type HttpReply, httpGet, NetError } from '@millrace/net'
import { parsePointer } from './json-pointer.ts'
import { FeedError, feedReadMsMax, type PriceFeed } from './ports.ts'
import { decodePrice, priceDocumentBytesMax } from './price-document.ts'

/**
 * The age is what the reply says of itself (RFC 9110 and 9111): `Date` less `Last-Modified`, or `Age` from a cache. Both
 * stamps are the server's, so its clock may be wrong.
 *
 * @param address http or https, the pointer (RFC 6901) as its fragment
 * @param wallMs milliseconds since 1970, for a reply without a `Date`
 * @throws FeedError `bad-address`
 * @example
 * createHttpFeed('https://prices.example/btt#/data/usd', Date.now)
 */
export function createHttpFeed(address: string, wallMs: () => number): PriceFeed {
  const url = URL.canParse(address) ? new URL(address) : undefined
  const steps = url && parsePointer(decodedFragment(url))
  if (url === undefined || steps === undefined || !/^https?:$/.test(url.protocol)) {
    throw new FeedError(
      'bad-address',
      `"${address}" is no feed: expected one like https://host/path#/pointer/to/number`,
    )
  }
  const name = `${url.protocol}//${url.host}${url.pathname}${url.hash}`
  url.hash = ''
  const options = { timeoutMs: feedReadMsMax, bodyBytesMax: priceDocumentBytesMax }
  return {
    name,
    async read(signal) {
      const reply = await get(url.href, { ...options, signal })
      if (reply.status !== 200) throw new FeedError('bad-reply', `${name}: HTTP ${reply.status}, expected 200`)
      const rate = decodePrice(reply.body, steps)
      if (!rate.ok) throw new FeedError('bad-reply', `${name}: ${rate.error}`)
      return { rate: rate.value, ageMs: ageOf(reply.headers, wallMs()) }
    },
  }
}

async function get(url: string, options: Parameters<typeof httpGet>[1]): Promise<HttpReply> {
  try {
    return await httpGet(url, options)
  } catch (cause) {
    const isReply = cause instanceof NetError && (cause.code === 'http-too-long' || cause.code === 'http-redirects')
    throw new FeedError(isReply ? 'bad-reply' : 'unreachable', messageOf(cause), { cause })
  }
}

/** How old a reply says that it is; what it does not say, or says of the future, is 0. */
function ageOf(headers: IncomingHttpHeaders, wallMs: number): number {
  const modified = Date.parse(headers['last-modified'] ?? '')
  const sent = Date.parse(headers.date ?? '')
  const sinceChange = (Number.isNaN(sent) ? wallMs : sent) - modified
  const inCache = /^\d{1,9}$/.test(headers.age ?? '') ? Number(headers.age) * 1000 : 0
  return Math.max(0, inCache, Number.isNaN(sinceChange) ? 0 : sinceChange + inCache)
}

/** RFC 6901, section 6: a pointer as a fragment is percent-encoded. */
function decodedFragment(url: URL): string {
  try {
    return decodeURIComponent(url.hash.slice(1))
  } catch {
    return url.hash
  }
}
