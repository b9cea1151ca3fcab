/** JSON-RPC 2.0: from a body's bytes to an answer's text. */

import { type Logger, messageOf } from '@millrace/base'
import type { Method } from './context.ts'
import { RpcError, rpcCodes } from './errors.ts'

export const batchMax = 200

type Id = string | number | null
type Answer = Readonly<Record<string, unknown>>

/** Answers a body, or undefined when it holds only notifications. Never throws. */
export async function answerBody(
  methods: ReadonlyMap<string, Method>,
  body: string,
  logger: Logger,
): Promise<string | undefined> {
  let request: unknown
  try {
    request = JSON.parse(body)
  } catch (thrown) {
    return JSON.stringify(
      failure(null, new RpcError(rpcCodes.parse, `invalid JSON: ${messageOf(thrown).slice(0, 200)}`)),
    )
  }
  if (!Array.isArray(request)) {
    const answer = await answerOne(methods, request, logger)
    return answer === undefined ? undefined : JSON.stringify(answer)
  }
  if (request.length === 0 || request.length > batchMax) {
    const message = `a batch of ${request.length} requests: expected 1 to ${batchMax}`
    return JSON.stringify(failure(null, new RpcError(rpcCodes.invalidRequest, message)))
  }
  const answers: Answer[] = []
  // One after another: a batch must not occupy the EVM more than its sender's single requests would.
  for (const item of request) {
    const answer = await answerOne(methods, item, logger)
    if (answer !== undefined) answers.push(answer)
  }
  return answers.length === 0 ? undefined : JSON.stringify(answers)
}

async function answerOne(
  methods: ReadonlyMap<string, Method>,
  request: unknown,
  logger: Logger,
): Promise<Answer | undefined> {
  const parsed = parse(request)
  if (parsed instanceof RpcError) return failure(idOf(request) ?? null, parsed)
  const { id, method, params } = parsed
  try {
    const run = methods.get(method)
    if (run === undefined)
      throw new RpcError(rpcCodes.methodNotFound, `the method ${method.slice(0, 80)} does not exist`)
    const result = await run(params)
    return id === undefined ? undefined : { jsonrpc: '2.0', id, result: result ?? null }
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

function failure(id: Id, { code, message, data }: RpcError): Answer {
  return { jsonrpc: '2.0', id, error: data === undefined ? { code, message } : { code, message, data } }
}

function internal(method: string, thrown: unknown, logger: Logger): RpcError {
  logger.log('error', 'a JSON-RPC method failed', { method, cause: messageOf(thrown) })
  return new RpcError(rpcCodes.internal, 'internal error')
}
