/** JSON-RPC over HTTP: POST a request or a batch. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { errnoOf, type Logger, messageOf } from '@millrace/base'
import { ChainError } from '../errors.ts'
import type { Method } from './context.ts'
import { answerBody } from './dispatch.ts'
import { rpcCodes } from './errors.ts'

export const bodyBytesMax = 5_242_880
const requestTimeoutMs = 30_000
const keepAliveMs = 65_000
const connectionsMax = 256

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
  { host, port }: { readonly host: string; readonly port: number },
  logger: Logger,
): Promise<RpcServer> {
  const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
    serve(methods, request, response, logger).catch((thrown: unknown) => {
      // The caller hung up, or sent what HTTP can't carry: there is nobody to answer.
      logger.log('debug', 'an RPC request was dropped', { cause: messageOf(thrown) })
      response.destroy()
    })
  })
  // Longer than clients keep an idle connection, or one of their requests would meet its end.
  server.keepAliveTimeout = keepAliveMs
  server.maxConnections = connectionsMax
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(listenFailed(host, port, cause)))
    server.listen(port, host, resolve)
  })
  const { port: bound } = server.address() as AddressInfo // a TCP server that listens has one
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function serve(
  methods: ReadonlyMap<string, Method>,
  request: IncomingMessage,
  response: ServerResponse,
  logger: Logger,
): Promise<void> {
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
  return reply(response, answer === undefined ? 204 : 200, answer)
}

function reply(response: ServerResponse, status: number, text: string | undefined): void {
  response.writeHead(status, text === undefined ? {} : { 'content-type': 'application/json' })
  response.end(text)
}

function errorText(code: number, message: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message } })
}

function listenFailed(host: string, port: number, cause: Error): ChainError {
  const why = errnoOf(cause) === 'EADDRINUSE' ? 'the port is taken; choose another or 0' : messageOf(cause)
  return new ChainError('listen-failed', `can't serve JSON-RPC on ${host}:${port}: ${why}`, { cause })
}
