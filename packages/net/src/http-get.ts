/** One bounded HTTP GET: time, size and redirects have limits, and nothing is kept alive. */

import { get as httpGetOf, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { get as httpsGetOf } from 'node:https'
import { messageOf } from '@millrace/base'
import { NetError } from './errors.ts'

export interface HttpGetOptions {
  /** For the whole exchange, redirects included. */
  readonly timeoutMs?: number
  readonly bodyBytesMax?: number
  readonly redirectsMax?: number
  /** Ends the exchange early. */
  readonly signal?: AbortSignal
}

export interface HttpReply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
}

const timeoutMsDefault = 15_000
const bodyBytesMaxDefault = 1_048_576
const redirectsMaxDefault = 5
const userAgent = 'millrace/0.1'
const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308]

/**
 * @throws NetError with a code `http-...`; any HTTP status that is no redirect is a reply.
 * @example
 * const { body } = await httpGet('http://tracker.example/announce?port=6881', { timeoutMs: 5_000 })
 */
export async function httpGet(url: string, options: HttpGetOptions = {}): Promise<HttpReply> {
  const timeoutMs = options.timeoutMs ?? timeoutMsDefault
  const timeout = AbortSignal.timeout(timeoutMs)
  const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal])
  try {
    return await follow(url, options, signal)
  } catch (thrown) {
    if (thrown instanceof NetError) throw thrown
    const host = hostOf(url)
    if (options.signal?.aborted === true) {
      throw new NetError('http-aborted', `asking ${host} was broken off`, { cause: thrown })
    }
    if (timeout.aborted) {
      throw new NetError('http-timeout', `${host} did not answer within ${timeoutMs} ms`, { cause: thrown })
    }
    throw new NetError('http-failed', `${host} could not be asked: ${messageOf(thrown)}`, { cause: thrown })
  }
}

async function follow(url: string, options: HttpGetOptions, signal: AbortSignal): Promise<HttpReply> {
  const redirectsMax = options.redirectsMax ?? redirectsMaxDefault
  let next = url
  for (let redirects = 0; redirects <= redirectsMax; redirects++) {
    const response = await request(next, signal)
    const { location } = response.headers
    const status = response.statusCode ?? 0
    if (!redirectStatuses.includes(status) || location === undefined) {
      const body = await readBody(response, options.bodyBytesMax ?? bodyBytesMaxDefault)
      return { status, headers: response.headers, body }
    }
    response.destroy()
    next = redirectTarget(next, location)
  }
  throw new NetError('http-redirects', `${hostOf(url)} redirects more than ${redirectsMax} times`)
}

function redirectTarget(from: string, location: string): string {
  const target = URL.canParse(location, from) ? new URL(location, from) : undefined
  if (target === undefined || !/^https?:$/.test(target.protocol)) {
    throw new NetError('http-redirects', `${hostOf(from)} redirects to what is no HTTP address`)
  }
  return target.href
}

function request(url: string, signal: AbortSignal): Promise<IncomingMessage> {
  const get = url.startsWith('https:') ? httpsGetOf : httpGetOf
  const headers = { 'user-agent': userAgent, accept: '*/*', 'accept-encoding': 'identity', connection: 'close' }
  return new Promise((resolve, reject) => {
    get(url, { agent: false, headers, signal }, resolve).on('error', reject)
  })
}

async function readBody(response: IncomingMessage, bodyBytesMax: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response) {
    const bytes: Uint8Array = part // no encoding was set, so a response yields bytes
    length += bytes.length
    if (length > bodyBytesMax) {
      response.destroy()
      throw new NetError('http-too-long', `a reply of more than ${bodyBytesMax} bytes, expected fewer`)
    }
    parts.push(bytes)
  }
  return new Uint8Array(Buffer.concat(parts))
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url
}
