/** TCP as the swarm's `Transport`: outgoing streams into one reused buffer, accepted ones, and limits on both. */

import { connect, createServer, type Server, Socket } from 'node:net'
import { errnoOf, type Logger, messageOf, silentLogger } from '@millrace/base'
import { formatIp, type PeerAddress, parseIp } from '@millrace/wire'
import { NetError } from './errors.ts'
import { type StreamHandler, TcpConnection } from './tcp-connection.ts'
import { systemTimers, type Timers } from './timers.ts'

export interface TcpOptions {
  /** Open streams in both directions. */
  readonly connectionsMax?: number
  /** Outgoing streams that are not open yet: home routers fail on too many. */
  readonly halfOpenMax?: number
  readonly connectTimeoutMs?: number
  /** Of the buffer that outgoing streams are read into. */
  readonly readBufferBytes?: number
}

export interface TcpComponents {
  readonly logger?: Logger
  /** For the time a connection may take to open. */
  readonly timers?: Timers
}

export interface TcpListener {
  /** With the real port where 0 was asked for. */
  readonly address: PeerAddress
  /** Stops accepting; streams already accepted live on. */
  close(): Promise<void>
}

export interface TcpTransport {
  connect(address: PeerAddress, handler: StreamHandler): TcpConnection
  listen(address: PeerAddress, accept: (connection: TcpConnection) => StreamHandler | undefined): Promise<TcpListener>
  /** Streams open or opening. */
  readonly connections: number
}

const connectionsMaxDefault = 500
const halfOpenMaxDefault = 64
const connectTimeoutMsDefault = 10_000
const readBufferBytesDefault = 131_072

/**
 * Opens a transport. It owns no resource by itself: close its listeners and connections.
 *
 * A refusal by a limit is an `onClose` with a NetError `connections-max` or `half-open-max`.
 *
 * @example
 * const transport = createTcpTransport()
 * const connection = transport.connect({ host: '10.0.0.1', port: 6881 }, handler)
 */
export function createTcpTransport(options: TcpOptions = {}, components: TcpComponents = {}): TcpTransport {
  return new NodeTcpTransport(options, components)
}

class NodeTcpTransport implements TcpTransport {
  readonly #connectionsMax: number
  readonly #halfOpenMax: number
  readonly #connectTimeoutMs: number
  readonly #newReadBuffer: () => Uint8Array
  readonly #logger: Logger
  readonly #timers: Timers
  #connections = 0
  #halfOpen = 0

  constructor(options: TcpOptions, components: TcpComponents) {
    this.#logger = components.logger ?? silentLogger
    this.#timers = components.timers ?? systemTimers
    this.#connectionsMax = options.connectionsMax ?? connectionsMaxDefault
    this.#halfOpenMax = options.halfOpenMax ?? halfOpenMaxDefault
    this.#connectTimeoutMs = options.connectTimeoutMs ?? connectTimeoutMsDefault
    const bytes = options.readBufferBytes ?? readBufferBytesDefault
    // POSIX fills the buffer and calls back in one go, so all streams share one that stays in the cache; Windows
    // fills it while others read.
    const shared = process.platform === 'win32' ? undefined : new Uint8Array(bytes)
    this.#newReadBuffer = () => shared ?? new Uint8Array(bytes)
  }

  get connections(): number {
    return this.#connections
  }

  connect(address: PeerAddress, handler: StreamHandler): TcpConnection {
    const refusal = this.#refusal(address)
    if (refusal !== undefined) {
      const refused = new TcpConnection(address, new Socket())
      refused.attach(handler)
      refused.fail(refusal)
      return refused
    }
    const socket = connect({
      host: address.host,
      port: address.port,
      onread: {
        buffer: this.#newReadBuffer(),
        callback: (length, chunk) => {
          connection.received(chunk, length)
          return true
        },
      },
    })
    const connection = new TcpConnection(address, socket)
    connection.attach(handler)
    this.#count(socket)
    this.#awaitOpen(socket, connection)
    return connection
  }

  listen(address: PeerAddress, accept: (connection: TcpConnection) => StreamHandler | undefined): Promise<TcpListener> {
    const server = createServer((socket) => this.#accepted(socket, accept))
    return new Promise((resolve, reject) => {
      server.once('error', (error) => reject(listenError(address, error)))
      server.listen({ host: address.host, port: address.port }, () => {
        server.removeAllListeners('error')
        // accept() may fail, out of file descriptors, and the listener lives on
        server.on('error', (error) =>
          this.#logger.log('warn', 'accepting a connection failed', { reason: error.message }),
        )
        resolve(listenerOf(server, address))
      })
    })
  }

  #accepted(socket: Socket, accept: (connection: TcpConnection) => StreamHandler | undefined): void {
    const { remoteAddress, remotePort } = socket
    const isFull = this.#connections >= this.#connectionsMax
    if (remoteAddress === undefined || remotePort === undefined || isFull) {
      if (isFull) this.#logger.log('debug', 'connection refused: limit reached', { connections: this.#connections })
      socket.on('error', () => {}) // it is refused: how its end goes does not matter
      socket.destroy()
      return
    }
    const connection = new TcpConnection({ host: plainHost(remoteAddress), port: remotePort }, socket)
    this.#count(socket)
    const handler = accept(connection)
    if (handler === undefined) {
      socket.destroy()
      return
    }
    connection.attach(handler)
    connection.opened()
    socket.on('data', (chunk) => connection.received(chunk, chunk.length))
  }

  #refusal({ host, port }: PeerAddress): NetError | undefined {
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      return new NetError('connect-failed', `no connection to ${host}: ${port} is no port, expected 1 to 65535`)
    }
    if (this.#connections >= this.#connectionsMax) {
      const text = `${this.#connections} connections are open, the limit: try again when one has closed`
      return new NetError('connections-max', text)
    }
    if (this.#halfOpen < this.#halfOpenMax) return undefined
    return new NetError('half-open-max', `${this.#halfOpen} connections are opening, the limit: try again later`)
  }

  #count(socket: Socket): void {
    this.#connections += 1
    socket.once('close', () => {
      this.#connections -= 1
    })
  }

  #awaitOpen(socket: Socket, connection: TcpConnection): void {
    this.#halfOpen += 1
    const { host, port } = connection.remote
    const cancelTimer = this.#timers.after(this.#connectTimeoutMs, () => {
      const message = `no connection to ${host} port ${port} within ${this.#connectTimeoutMs} ms`
      connection.fail(new NetError('connect-timeout', message))
    })
    let isOpening = true
    const settled = (): void => {
      if (!isOpening) return
      isOpening = false
      this.#halfOpen -= 1
      cancelTimer()
    }
    socket.once('close', settled)
    socket.once('connect', () => {
      settled()
      connection.opened()
    })
  }
}

function listenerOf(server: Server, asked: PeerAddress): TcpListener {
  const bound = server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : asked.port
  return {
    address: { host: asked.host, port },
    close: () =>
      new Promise((resolve) => {
        // the callback waits for every accepted stream; the port is free as soon as close() returns
        server.close()
        setImmediate(resolve)
      }),
  }
}

function listenError({ host, port }: PeerAddress, cause: Error): NetError {
  const advice: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program listens there: choose another port',
    EACCES: 'ports below 1024 need a privilege: choose a higher port',
    EADDRNOTAVAIL: 'no interface of this machine has that address',
  }
  const hint = advice[errnoOf(cause) ?? '']
  const message = `cannot listen on ${host} port ${port}: ${hint ?? messageOf(cause)}`
  return new NetError('listen-failed', message, { cause })
}

/** IPv4-mapped addresses of a dual-stack listener as IPv4, link-local ones without their zone. */
function plainHost(address: string): string {
  const ip = parseIp(address.split('%')[0] ?? '')
  return ip === undefined ? address : formatIp(ip)
}
