/** The swarm's Transport without a kernel: streams between handlers of one process, one event-loop turn a step. */

import type { Address, Connection, ConnectionHandler, Listener, Transport } from '@millrace/swarm'

type Accept = (connection: Connection) => ConnectionHandler | undefined

/** Smaller than the writes of the suite, so that one write arrives in parts. */
const readBufferBytes = 16_384
const firstFreePort = 49_152

export function createMemoryTransport(): Transport {
  const listeners = new Map<string, Accept>()
  let nextPort = firstFreePort
  return {
    connect: (address, handler) => {
      const near = new MemoryConnection(address, handler)
      const from = { host: address.host, port: nextPort++ }
      setImmediate(() => meet(near, from, listeners.get(keyOf(address))))
      return near
    },
    listen: async (asked, accept): Promise<Listener> => {
      const address = { host: asked.host, port: asked.port === 0 ? nextPort++ : asked.port }
      const key = keyOf(address)
      if (listeners.has(key)) throw new Error(`somebody listens on ${key}: choose another port`)
      listeners.set(key, accept)
      return {
        address,
        close: async () => {
          listeners.delete(key)
        },
      }
    },
  }
}

function meet(near: MemoryConnection, from: Address, accept: Accept | undefined): void {
  if (near.isClosed) return
  if (accept === undefined) {
    near.end(new Error(`nobody listens on ${keyOf(near.remote)}`))
    return
  }
  const far = new MemoryConnection(from)
  const handler = accept(far)
  if (handler === undefined) {
    near.end()
    return
  }
  far.open(near, handler)
  near.open(far)
}

function keyOf({ host, port }: Address): string {
  return `${host} port ${port}`
}

class MemoryConnection implements Connection {
  readonly remote: Address
  isClosed = false
  readonly #readBuffer = new Uint8Array(readBufferBytes)
  #handler: ConnectionHandler | undefined
  #peer: MemoryConnection | undefined
  #queue: Uint8Array[] = []
  #queuedBytes = 0
  #corks = 0
  #isPaused = false
  #isFlushing = false

  constructor(remote: Address, handler?: ConnectionHandler) {
    this.remote = remote
    this.#handler = handler
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  open(peer: MemoryConnection, handler = this.#handler): void {
    this.#handler = handler
    if (this.isClosed || peer.isClosed) {
      this.end()
      return
    }
    this.#peer = peer
    handler?.onOpen()
    this.#flushSoon()
  }

  write(bytes: Uint8Array): void {
    if (this.isClosed) return
    this.#queue.push(bytes)
    this.#queuedBytes += bytes.length
    this.#flushSoon()
  }

  cork(): void {
    this.#corks++
  }

  uncork(): void {
    if (this.#corks > 0) this.#corks--
    this.#flushSoon()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    const peer = this.#peer
    if (peer !== undefined) peer.#flushSoon()
  }

  close(): void {
    this.end()
  }

  /** What is queued is lost, as when a socket is destroyed. The other side learns it a turn later. */
  end(error?: Error): void {
    if (this.isClosed) return
    this.isClosed = true
    this.#queue = []
    this.#queuedBytes = 0
    setImmediate(() => {
      this.#handler?.onClose(error)
      this.#peer?.end()
    })
  }

  #flushSoon(): void {
    if (this.#isFlushing) return
    this.#isFlushing = true
    setImmediate(() => {
      this.#isFlushing = false
      this.#flush()
    })
  }

  /** Hands the first run of queued bytes over; the rest follows in later turns. */
  #flush(): void {
    const peer = this.#peer
    const first = this.#queue[0]
    if (peer === undefined || first === undefined || this.#corks > 0 || peer.#isPaused) return
    const run = first.subarray(0, readBufferBytes)
    if (run.length < first.length) this.#queue[0] = first.subarray(run.length)
    else this.#queue.shift()
    this.#queuedBytes -= run.length
    peer.#receive(run)
    if (this.isClosed) return
    if (this.#queue.length > 0) this.#flushSoon()
    else this.#handler?.onDrain()
  }

  #receive(bytes: Uint8Array): void {
    if (this.isClosed) return
    this.#readBuffer.set(bytes)
    this.#handler?.onData(this.#readBuffer, bytes.length)
  }
}
