/** JSON-RPC to the process that executes for us, each request with a fresh token. */

import { messageOf } from '@millrace/base'
import { ChainError } from '../../errors.ts'
import { authorization } from './jwt.ts'

export interface RemoteOptions {
  /** Where it listens for its Engine API, as http://127.0.0.1:8551. */
  readonly url: string
  /** 32 bytes; absent for an RPC that asks for none. */
  readonly secret?: Uint8Array | undefined
  /** Unix seconds: a token is good for a minute. */
  readonly wallSeconds: () => number
}

export interface Call {
  readonly method: string
  readonly params: readonly unknown[]
}

export interface RemoteClient {
  readonly url: string
  /**
   * @throws RemoteRefusal when the other side answers with an error
   * @throws ChainError engine-unreachable, engine-unfit, engine-failed
   */
  call(method: string, ...params: readonly unknown[]): Promise<unknown>
  /** Several in one request; the first that is refused throws. */
  calls(list: readonly Call[]): Promise<readonly unknown[]>
}

/** The other side's own error, word for word. */
export class RemoteRefusal extends Error {
  override readonly name = 'RemoteRefusal'
  readonly code: number
  readonly data: unknown

  constructor(code: number, message: string, data: unknown) {
    super(message)
    this.code = code
    this.data = data
  }
}

/** A full block of 100 M gas takes it a second; one that is silent for so long has hung. */
const answerMsMax = 60_000
/** The receipts of a block that does nothing but log come to some 80 MiB. */
const answerBytesMax = 134_217_728
const httpUnauthorized = 401

/** @example const client = remoteClient({ url: 'http://127.0.0.1:8551', secret, wallSeconds }) */
export function remoteClient(options: RemoteOptions): RemoteClient {
  let nextId = 1
  const post = async (body: unknown): Promise<unknown> => {
    const text = await send(options, JSON.stringify(body))
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw failed(options.url, `${text.length} bytes that are no JSON`, cause)
    }
  }
  return {
    url: options.url,
    async call(method, ...params) {
      return resultOf(options.url, await post({ jsonrpc: '2.0', id: nextId++, method, params }))
    },
    async calls(list) {
      const first = nextId
      nextId += list.length
      const answer = await post(list.map((call, index) => ({ jsonrpc: '2.0', id: first + index, ...call })))
      if (!Array.isArray(answer)) return [resultOf(options.url, answer)]
      const byId = new Map<unknown, unknown>(answer.map((one: unknown) => [Object(one).id, one]))
      return list.map((_call, index) => resultOf(options.url, byId.get(first + index)))
    },
  }
}

async function send({ url, secret, wallSeconds }: RemoteOptions, body: string): Promise<string> {
  const headers = {
    'content-type': 'application/json',
    ...(secret === undefined ? {} : { authorization: authorization(secret, wallSeconds()) }),
  }
  let response: Response
  try {
    response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(answerMsMax) })
    const text = await textOf(response)
    if (response.ok) return text
    if (response.status !== httpUnauthorized) throw failed(url, `HTTP ${response.status}: ${text.slice(0, 200)}`)
    const message = `${url} refuses our token (${text.trim().slice(0, 100)}): expected the secret of its --authrpc.jwtsecret, and clocks within a minute`
    throw new ChainError('engine-unfit', message)
  } catch (cause) {
    if (cause instanceof ChainError) throw cause
    const inner = cause instanceof Error && cause.cause !== undefined ? `: ${messageOf(cause.cause)}` : ''
    const message = `the engine at ${url} does not answer (${messageOf(cause)}${inner}): start geth, or name the URL of its --authrpc.port`
    throw new ChainError('engine-unreachable', message, { cause })
  }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Node's web streams can be iterated; the types of fetch do not say so.
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.length
    if (bytes > answerBytesMax) throw failed(response.url, `more than ${answerBytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function resultOf(url: string, answer: unknown): unknown {
  const { result, error }: { readonly result?: unknown; readonly error?: unknown } = Object(answer)
  if (error !== undefined && error !== null) {
    const { code, message, data }: { readonly code?: unknown; readonly message?: unknown; readonly data?: unknown } =
      Object(error)
    throw new RemoteRefusal(typeof code === 'number' ? code : 0, String(message).slice(0, 2000), data)
  }
  if (result === undefined) throw failed(url, 'neither a result nor an error')
  return result
}

function failed(url: string, what: string, cause?: unknown): ChainError {
  const message = `the engine at ${url} answered ${what}: expected JSON-RPC; name the URL of geth's --authrpc.port`
  return new ChainError('engine-failed', message, cause === undefined ? {} : { cause })
}
