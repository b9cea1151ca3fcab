/** JSON-RPC 2.0: from a body's bytes to an answer's text. */

import { type Logger, messageOf } from '@millrace/base'
import { ChainError, type ChainErrorCode } from '../errors.ts'
import { RemoteRefusal } from '../execution/remote/client.ts'
import { nextTurn } from '../turn.ts'
import type { Connection } from './connection.ts'
import type { Method } from './context.ts'
import { RpcError, rpcCodes } from './errors.ts'
import { JsonText } from './json-text.ts'

export const batchMax = 200
/** Of one answer and of a batch's answers together. */
export const answerBytesMax = 26_214_400

/** Requests of a batch that are answered in one turn of the event loop. */
const turnRequests = 8

type Id = string | number | null

/** Answers a body, or undefined when it holds only notifications. Never throws. */
export async function answerBody(
  methods: ReadonlyMap<string, Method>,
  body: string,
  logger: Logger,
  connection?: Connection,
): Promise<string | undefined> {
  let request: unknown
  try {
    request = JSON.parse(body)
  } catch (thrown) {
    return failure(null, new RpcError(rpcCodes.parse, `invalid JSON: ${messageOf(thrown).slice(0, 200)}`))
  }
  const answer = (item: unknown) => answerOne(methods, item, logger, connection)
  if (!Array.isArray(request)) return bounded(await answer(request), request, answerBytesMax)
  if (request.length === 0 || request.length > batchMax) {
    const message = `a batch of ${request.length} requests: expected 1 to ${batchMax}`
    return failure(null, new RpcError(rpcCodes.invalidRequest, message))
  }
  const answers: string[] = []
  let left = answerBytesMax
  // One after another, and in turns: a batch must not occupy the loop more than its sender's single requests would.
  for (const [index, item] of request.entries()) {
    if (index % turnRequests === 0) await nextTurn()
    const text = left > 0 ? bounded(await answer(item), item, left) : refusedAsTooLarge(item)
    if (text === undefined) continue
    left -= text.length
    answers.push(text)
  }
  return answers.length === 0 ? undefined : `[${answers.join(',')}]`
}

/** The answer if it fits into what is left, else the error that says so. */
function bounded(text: string | undefined, request: unknown, left: number): string | undefined {
  return text === undefined || text.length <= left ? text : refusedAsTooLarge(request)
}

function refusedAsTooLarge(request: unknown): string | undefined {
  const id = idOf(request)
  const message = `response too large: expected at most ${answerBytesMax} bytes; ask for less or in smaller batches`
  return id === undefined ? undefined : failure(id, new RpcError(rpcCodes.responseTooLarge, message))
}

async function answerOne(
  methods: ReadonlyMap<string, Method>,
  request: unknown,
  logger: Logger,
  connection: Connection | undefined,
): Promise<string | undefined> {
  const parsed = parse(request)
  if (parsed instanceof RpcError) return failure(idOf(request) ?? null, parsed)
  const { id, method, params } = parsed
  try {
    const run = methods.get(method)
    if (run === undefined)
      throw new RpcError(rpcCodes.methodNotFound, `the method ${method.slice(0, 80)} does not exist`)
    const result = await run(params, connection)
    if (id === undefined) return undefined
    if (result instanceof JsonText) return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result.text}}`
    return JSON.stringify({ jsonrpc: '2.0', id, result: result ?? null })
  } catch (thrown) {
    const error = thrown instanceof RpcError ? thrown : internal(method, thrown, logger)
    return id === undefined ? undefined : failure(id, error)
  }
}

function parse(request: unknown) {
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    return new RpcError(rpcCodes.invalidRequest, 'invalid request: expected an object')
  }
  const method: unknown = Reflect.get(request, 'method')
  const params: unknown = Reflect.get(request, 'params') ?? []
  if (Reflect.get(request, 'jsonrpc') !== '2.0' || typeof method !== 'string') {
    return new RpcError(rpcCodes.invalidRequest, 'invalid request: expected "jsonrpc": "2.0" and a method')
  }
  if (Reflect.has(request, 'id') && idOf(request) === undefined) {
    return new RpcError(rpcCodes.invalidRequest, 'invalid request: expected an id of text, number or null')
  }
  if (!Array.isArray(params)) return new RpcError(rpcCodes.invalidParams, 'params: expected a list')
  const list: readonly unknown[] = params
  return { id: idOf(request), method, params: list }
}

/** The request's id; undefined when it has none, which makes it a notification. */
function idOf(request: unknown): Id | undefined {
  if (typeof request !== 'object' || request === null) return undefined
  const id: unknown = Reflect.get(request, 'id')
  return typeof id === 'string' || typeof id === 'number' || id === null ? id : undefined
}

function failure(id: Id, { code, message, data }: RpcError): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: data === undefined ? { code, message } : { code, message, data } })
}

/** Another process executes, and it does not answer as it must. */
const engineCodes: readonly ChainErrorCode[] = ['engine-unreachable', 'engine-unfit', 'engine-failed']

function internal(method: string, thrown: unknown, logger: Logger): RpcError {
  // Of the process that executes: a state that it does not keep.
  if (thrown instanceof RemoteRefusal) return new RpcError(rpcCodes.server, thrown.message)
  logger.log('error', 'a JSON-RPC method failed', { method, cause: messageOf(thrown) })
  if (thrown instanceof ChainError && engineCodes.includes(thrown.code)) {
    return new RpcError(rpcCodes.server, 'the execution engine is away or behind: try again later')
  }
  return new RpcError(rpcCodes.internal, 'internal error')
}
