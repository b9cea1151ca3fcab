/** Ethereum JSON-RPC over HTTP: one request at a time a call, no silent retries, every failure one of four codes. */

import { messageOf } from '@millrace/base'
import { HttpRequestError, ResponseBodyTooLargeError, RpcRequestError, TimeoutError } from 'viem'
import { getHttpRpcClient } from 'viem/utils'
import { LedgerError } from './errors.ts'

export const rpcTimeoutMs = 10_000
export const rpcReplyBytesMax = 32 * 1024 * 1024

export interface Rpc {
  readonly url: string
  /**
   * Sends one request and decodes its result.
   *
   * @throws LedgerError `unreachable`, `bad-reply`, `refused`, `reverted`
   */
  call<T>(method: string, params: readonly unknown[], decode: (result: unknown) => T): Promise<T>
}

/**
 * A client of the RPC at `url` (http or https).
 *
 * @throws LedgerError `bad-input` for a URL of another kind
 * @example
 * const rpc = createRpc('http://127.0.0.1:8545')
 * await rpc.call('eth_chainId', [], decodeQuantity) // 19990n
 */
export function createRpc(url: string, options: { readonly timeoutMs?: number } = {}): Rpc {
  const shown = checkedUrl(url)
  const client = getHttpRpcClient(url, {
    timeout: options.timeoutMs ?? rpcTimeoutMs,
    maxResponseBodySize: rpcReplyBytesMax,
  })
  return {
    url: shown,
    async call(method, params, decode) {
      const reply = await send(client, shown, method, params)
      return decode(resultOf(reply, shown, method))
    },
  }
}

async function send(
  client: ReturnType<typeof getHttpRpcClient>,
  url: string,
  method: string,
  params: readonly unknown[],
): Promise<unknown> {
  try {
    return await client.request({ body: { method, params } })
  } catch (cause) {
    throw transportError(cause, url, method)
  }
}

/** The reply's `result`, or its error as ours. */
function resultOf(reply: unknown, url: string, method: string): unknown {
  if (typeof reply !== 'object' || reply === null) throw notJsonRpc(url, method)
  if ('error' in reply && reply.error !== undefined && reply.error !== null) {
    const error = reply.error
    if (typeof error !== 'object' || !('message' in error) || typeof error.message !== 'string') {
      throw notJsonRpc(url, method)
    }
    throw rpcError(
      method,
      'code' in error ? error.code : undefined,
      error.message,
      'data' in error ? error.data : undefined,
    )
  }
  if (!('result' in reply)) throw notJsonRpc(url, method)
  return reply.result
}

/** geth: code 3 with data, or a message that names it, is a reverted call. */
function rpcError(method: string, code: unknown, words: string, data: unknown): LedgerError {
  const message = words.slice(0, 300)
  const revertData = typeof data === 'string' && /^0x[0-9a-fA-F]*$/.test(data) ? data.toLowerCase() : undefined
  if (code === 3 || /revert/i.test(message)) {
    return new LedgerError('reverted', `the contract refuses: ${message}`, {
      ...(revertData === undefined ? {} : { data: revertData }),
    })
  }
  return new LedgerError('refused', `the RPC refuses ${method}: ${message} (code ${String(code)})`)
}

function transportError(cause: unknown, url: string, method: string): LedgerError {
  if (cause instanceof RpcRequestError) return rpcError(method, cause.code, cause.details, cause.data)
  if (cause instanceof TimeoutError) {
    return new LedgerError('unreachable', `the RPC ${url} did not answer ${method} in time: is the chain overloaded?`, {
      cause,
    })
  }
  if (cause instanceof ResponseBodyTooLargeError) {
    return new LedgerError('bad-reply', `the RPC ${url} answers ${method} with more than ${rpcReplyBytesMax} bytes`, {
      cause,
    })
  }
  if (cause instanceof HttpRequestError && cause.cause instanceof SyntaxError) {
    return new LedgerError(
      'bad-reply',
      `${url} does not answer with JSON: expected the JSON-RPC of an Ethereum node; check --rpc`,
      { cause },
    )
  }
  if (
    cause instanceof HttpRequestError &&
    cause.status !== undefined &&
    cause.status >= 400 &&
    cause.status < 500 &&
    cause.status !== 429
  ) {
    return new LedgerError(
      'bad-reply',
      `${url} answers with HTTP ${cause.status}: expected the JSON-RPC of an Ethereum node; check --rpc`,
      { cause },
    )
  }
  const reason = cause instanceof HttpRequestError ? messageOf(rootOf(cause)) : messageOf(cause)
  return new LedgerError('unreachable', `no chain answers at ${url} (${reason}): is it running, and is --rpc right?`, {
    cause,
  })
}

/** fetch hides "connection refused" two causes deep. */
function rootOf(thrown: Error): unknown {
  let root: unknown = thrown
  for (let depth = 0; depth < 8 && root instanceof Error && root.cause !== undefined; depth++) root = root.cause
  return root
}

function notJsonRpc(url: string, method: string): LedgerError {
  return new LedgerError('bad-reply', `${url} answers ${method} with something that is not JSON-RPC: check --rpc`)
}

/** The URL without its password, for messages. */
function checkedUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw new LedgerError('bad-input', `"${url}" is no RPC address: expected one like http://127.0.0.1:8545`)
  }
  parsed.password = ''
  parsed.username = ''
  return parsed.href
}
