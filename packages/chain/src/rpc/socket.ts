/** JSON-RPC over WebSocket: one request after the other, and what its subscriptions bring in between. */

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from '@millrace/base'
import type { Hex } from 'viem'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Connection } from './connection.ts'
import type { Method } from './context.ts'
import { answerBody } from './dispatch.ts'

/** Of what a reader has not taken yet; above it he is too slow for his subscriptions and is let go. */
const unsentBytesMax = 33_554_432
/** Who does not answer a ping until the next is gone. */
const pingMs = 30_000
const tooSlowCode = 1013

export interface SocketServer {
  /** Takes over a connection whose HTTP request asks for WebSocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  close(): void
}

export function socketServer(
  methods: ReadonlyMap<string, Method>,
  { messageBytesMax }: { readonly messageBytesMax: number },
  logger: Logger,
): SocketServer {
  const server = new WebSocketServer({ noServer: true, maxPayload: messageBytesMax, perMessageDeflate: false })
  const answered = new WeakSet<WebSocket>()
  const pinging = setInterval(() => {
    for (const socket of server.clients) {
      if (!answered.has(socket)) socket.terminate()
      answered.delete(socket)
      socket.ping()
    }
  }, pingMs)
  server.on('connection', (socket) => {
    answered.add(socket)
    socket.on('pong', () => answered.add(socket))
    // What the other side breaks (a frame too large, text that is no UTF-8) ends his connection and nothing else.
    socket.on('error', (cause) => logger.log('debug', 'a WebSocket was dropped', { cause: cause.message }))
    serve(methods, socket, logger)
  })
  return {
    upgrade(request, socket, head) {
      server.handleUpgrade(request, socket, head, (opened) => server.emit('connection', opened, request))
    },
    close() {
      clearInterval(pinging)
      for (const socket of server.clients) socket.terminate()
      server.close()
    },
  }
}

function serve(methods: ReadonlyMap<string, Method>, socket: WebSocket, logger: Logger): void {
  let isAnswering = false
  /** Notifications that came while a request was answered: its answer, which may name them first, goes ahead. */
  const held: string[] = []
  let heldLength = 0
  const send = (text: string): void => {
    socket.send(text)
    if (socket.bufferedAmount > unsentBytesMax) socket.close(tooSlowCode, 'notifications are not being read')
  }
  const hold = (text: string): void => {
    held.push(text)
    heldLength += text.length
    if (heldLength > unsentBytesMax) socket.close(tooSlowCode, 'too many notifications while a request waited')
  }
  const subscriptions = new Map<Hex, () => void>()
  const connection: Connection = {
    subscriptions,
    notify(subscription, result) {
      const text = JSON.stringify({ jsonrpc: '2.0', method: 'eth_subscription', params: { subscription, result } })
      if (isAnswering) hold(text)
      else send(text)
    },
  }
  let requests = Promise.resolve()
  socket.on('message', (data) => {
    // Nothing more is read meanwhile, so that who asks faster than he is answered fills his own buffers.
    socket.pause()
    requests = requests.then(async () => {
      isAnswering = true
      const answer = await answerBody(methods, textOf(data), logger, connection)
      if (answer !== undefined) send(answer)
      isAnswering = false
      for (const text of held.splice(0)) send(text)
      heldLength = 0
      socket.resume()
    })
  })
  socket.on('close', () => {
    for (const end of subscriptions.values()) end()
    subscriptions.clear()
  })
}

function textOf(data: Parameters<Parameters<WebSocket['on']>[1]>[0] | Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8')
  return Buffer.from(data).toString('utf8')
}
