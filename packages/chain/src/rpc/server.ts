/** JSON-RPC over HTTP, POST a request or a batch, and over WebSocket on the same port. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { errnoOf, type Logger, messageOf } from '@millrace/base'
import { ChainError } from '../errors.ts'
import { nextTurn } from '../turn.ts'
import type { Method } from './context.ts'
import { answerBody } from './dispatch.ts'
import { rpcCodes } from './errors.ts'
import { socketServer } from './socket.ts'

export const bodyBytesMax = 5_242_880
const requestTimeoutMs = 30_000
const keepAliveMs = 65_000
const connectionsMax = 256
/** A longer answer becomes bytes in a turn of its own. */
const turnTextMax = 262_144

export interface RpcOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Origins of web pages that may ask, like `https://app.example`; none by default. */
  readonly origins?: readonly string[]
}

export interface RpcServer {
  readonly url: string
  close(): Promise<void>
}

/**
 * Listens; port 0 takes a free one.
 *
 * @throws ChainError listen-failed
 */
export async function startRpcServer(
  methods: ReadonlyMap<string, Method>,
  { host, port, origins = [] }: RpcOptions,
  logger: Logger,
): Promise<RpcServer> {
  const sockets = socketServer(methods, { messageBytesMax: bodyBytesMax }, logger)
  const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
    serve(methods, request, response, origins, logger).catch((thrown: unknown) => {
      // The caller hung up, or sent what HTTP can't carry: there is nobody to answer.
      logger.log('debug', 'an RPC request was dropped', { cause: messageOf(thrown) })
      response.destroy()
    })
  })
  // Longer than clients keep an idle connection, or one of their requests would meet its end.
  server.keepAliveTimeout = keepAliveMs
  server.maxConnections = connectionsMax
  server.on('upgrade', (request, socket, head) => {
    if (isWelcome(request.headers.origin, origins)) return sockets.upgrade(request, socket, head)
    socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n')
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(listenFailed(host, port, cause)))
    server.listen(port, host, resolve)
  })
  const { port: bound } = server.address() as AddressInfo // a TCP server that listens has one
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise<void>((resolve) => {
        sockets.close()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function serve(
  methods: ReadonlyMap<string, Method>,
  request: IncomingMessage,
  response: ServerResponse,
  origins: readonly string[],
  logger: Logger,
): Promise<void> {
  const { origin } = request.headers
  if (!isWelcome(origin, origins)) {
    return reply(response, 403, errorText(rpcCodes.invalidRequest, 'web pages of this origin may not ask this node'))
  }
  if (origin !== undefined && origins.includes(origin)) allow(response, origin)
  if (request.method === 'OPTIONS') return reply(response, 204, undefined)
  if (request.method !== 'POST') return reply(response, 405, errorText(rpcCodes.invalidRequest, 'expected POST'))
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    length += chunk.length
    if (length > bodyBytesMax) {
      response.setHeader('connection', 'close')
      return reply(response, 413, errorText(rpcCodes.invalidRequest, `a body above ${bodyBytesMax} bytes`))
    }
    chunks.push(chunk)
  }
  const answer = await answerBody(methods, Buffer.concat(chunks).toString('utf8'), logger)
  // Its parts were put together in this turn.
  if (answer !== undefined && answer.length > turnTextMax) await nextTurn()
  return reply(response, answer === undefined ? 204 : 200, answer)
}

/**
 * A web page may ask only when its origin is listed: otherwise any page in a browser on this machine could send here
 * what it likes, even where CORS keeps it from reading the answer. Programs send no origin, and wallets' that of an
 * extension.
 */
function isWelcome(origin: string | undefined, origins: readonly string[]): boolean {
  return origin === undefined || origins.includes(origin) || !/^(https?:|null$)/i.test(origin)
}

function allow(response: ServerResponse, origin: string): void {
  response.setHeader('access-control-allow-origin', origin)
  response.setHeader('access-control-allow-methods', 'POST')
  response.setHeader('access-control-allow-headers', 'content-type')
  response.setHeader('vary', 'origin')
}

function reply(response: ServerResponse, status: number, text: string | undefined): void {
  if (text === undefined) return void response.writeHead(status).end()
  // Bytes, and their length known: a long text handed over as it is takes Node ten times as long.
  const body = Buffer.from(text)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
}

function errorText(code: number, message: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message } })
}

function listenFailed(host: string, port: number, cause: Error): ChainError {
  const why = errnoOf(cause) === 'EADDRINUSE' ? 'the port is taken; choose another or 0' : messageOf(cause)
  return new ChainError('listen-failed', `can't serve JSON-RPC on ${host}:${port}: ${why}`, { cause })
}
