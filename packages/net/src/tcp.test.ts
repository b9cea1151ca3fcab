import { once } from 'node:events'
import { createServer } from 'node:net'
import { concatBytes, toHex } from '@millrace/base'
import { afterEach, describe, expect, it } from 'vitest'
import { createTcpTransport, type TcpListener, type TcpTransport } from './tcp.ts'
import type { StreamHandler, TcpConnection } from './tcp-connection.ts'
import type { Timers } from './timers.ts'

/** A handler that keeps what it hears, and lets a test wait for it. */
class Ear implements StreamHandler {
  readonly heard: string[] = []
  readonly #parts: Uint8Array[] = []
  length = 0
  error: Error | undefined
  #wake: () => void = () => {}

  onOpen(): void {
    this.#tell('open')
  }
  onData(chunk: Uint8Array, length: number): void {
    this.#parts.push(chunk.slice(0, length))
    this.length += length
    this.#tell('data')
  }
  get bytes(): Uint8Array {
    return concatBytes(this.#parts)
  }
  onDrain(): void {
    this.#tell('drain')
  }
  onClose(error?: Error): void {
    this.error = error
    this.#tell('close')
  }
  async until(isDone: () => boolean): Promise<void> {
    while (!isDone()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
  untilHeard(what: string): Promise<void> {
    return this.until(() => this.heard.includes(what))
  }
  #tell(what: string): void {
    this.heard.push(what)
    this.#wake()
  }
}

const listeners: TcpListener[] = []
const connections: TcpConnection[] = []

afterEach(async () => {
  for (const connection of connections.splice(0)) connection.close()
  await Promise.all(listeners.splice(0).map((listener) => listener.close()))
})

/** Both ends of a new stream on `host`. */
async function pair(host: string, transport: TcpTransport = createTcpTransport()) {
  const far = new Ear()
  let accepted: TcpConnection | undefined
  const listener = await transport.listen({ host, port: 0 }, (connection) => {
    accepted = connection
    connections.push(connection)
    return far
  })
  listeners.push(listener)
  const near = new Ear()
  const connection = transport.connect(listener.address, near)
  connections.push(connection)
  expect(near.heard).toEqual([])
  await Promise.all([near.untilHeard('open'), far.untilHeard('open')])
  if (accepted === undefined) throw new Error('nothing was accepted')
  return { near, far, connection, accepted, listener, transport }
}

describe('TCP streams', () => {
  it.each(['127.0.0.1', '::1'])('carry bytes both ways over %s', async (host) => {
    const { near, far, connection, accepted, listener } = await pair(host)
    expect(accepted.remote.host).toBe(host)
    expect(connection.remote).toEqual(listener.address)
    connection.write(Uint8Array.of(1, 2, 3))
    await far.until(() => far.length === 3)
    accepted.write(Uint8Array.of(4, 5))
    await near.until(() => near.length === 2)
    expect([toHex(far.bytes), toHex(near.bytes)]).toEqual(['010203', '0405'])
  })

  it('tell IPv4 peers of a dual-stack listener by their IPv4 address', async () => {
    const transport = createTcpTransport()
    const far = new Ear()
    const hosts: string[] = []
    const listener = await transport.listen({ host: '::', port: 0 }, (connection) => {
      hosts.push(connection.remote.host)
      connections.push(connection)
      return far
    })
    listeners.push(listener)
    connections.push(transport.connect({ host: '127.0.0.1', port: listener.address.port }, new Ear()))
    await far.untilHeard('open')
    expect(hosts).toEqual(['127.0.0.1'])
  })

  it('carry memory that is shared with workers, corked, without a copy of ours', async () => {
    const { near, far, connection } = await pair('127.0.0.1')
    const block = new Uint8Array(new SharedArrayBuffer(1 << 20)).fill(0xa5)
    connection.cork()
    connection.write(Uint8Array.of(1))
    connection.write(block)
    expect(connection.queuedBytes).toBe(1 + block.length)
    connection.uncork()
    await far.until(() => far.length === 1 + block.length)
    expect(far.bytes[0]).toBe(1)
    expect(far.bytes.subarray(1).every((byte) => byte === 0xa5)).toBe(true)
    await near.untilHeard('drain')
    expect(connection.queuedBytes).toBe(0)
    expect(near.heard.filter((what) => what === 'drain')).toEqual(['drain'])
  })

  it('hold back a paused reader, and tell the writer when all was taken', async () => {
    const { near, far, connection, accepted } = await pair('127.0.0.1')
    connection.pause()
    const chunk = new Uint8Array(1 << 20).fill(7)
    for (let i = 0; i < 32; i++) accepted.write(chunk)
    expect(accepted.queuedBytes).toBeGreaterThan(0)
    expect(near.length).toBe(0)
    connection.resume()
    await near.until(() => near.length === 32 * chunk.length)
    await far.untilHeard('drain')
    expect(accepted.queuedBytes).toBe(0)
  })

  it('close once and last on both sides, without an error when closed in order', async () => {
    const { near, far, connection } = await pair('127.0.0.1')
    connection.close()
    connection.close()
    connection.write(Uint8Array.of(1))
    await Promise.all([near.untilHeard('close'), far.untilHeard('close')])
    expect(near.heard).toEqual(['open', 'close'])
    expect(far.heard).toEqual(['open', 'close'])
    expect([near.error, far.error]).toEqual([undefined, undefined])
  })

  it('say why there is no connection', async () => {
    const transport = createTcpTransport()
    const free = createServer().listen(0, '127.0.0.1')
    await once(free, 'listening')
    const address = free.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    free.close()
    await once(free, 'close')
    const ear = new Ear()
    transport.connect({ host: '127.0.0.1', port }, ear)
    await ear.untilHeard('close')
    expect(ear.heard).toEqual(['close'])
    expect(ear.error).toMatchObject({ code: 'connect-failed' })
    const wrong = new Ear()
    transport.connect({ host: '127.0.0.1', port: 70_000 }, wrong)
    await wrong.untilHeard('close')
    expect(wrong.error).toMatchObject({ code: 'connect-failed' })
    expect(transport.connections).toBe(0)
  })

  it('give up on an address that takes too long', async () => {
    const { listener } = await pair('127.0.0.1')
    let timeOut: () => void = () => {}
    const timers: Timers = {
      after(milliseconds, action) {
        expect(milliseconds).toBe(1234)
        timeOut = action
        return () => {}
      },
    }
    const transport = createTcpTransport({ connectTimeoutMs: 1234 }, { timers })
    const ear = new Ear()
    transport.connect(listener.address, ear)
    timeOut() // the kernel's answer cannot be heard before this turn of the event loop ends
    await ear.untilHeard('close')
    expect(ear.error).toMatchObject({ code: 'connect-timeout' })
    expect(ear.heard).toEqual(['close'])
    expect(transport.connections).toBe(0)
  })

  it('are refused beyond the limits, and allowed again after one closed', async () => {
    const { near, connection, listener, transport } = await pair('127.0.0.1', createTcpTransport({ connectionsMax: 2 }))
    const refused = new Ear()
    transport.connect(listener.address, refused)
    expect(refused.heard).toEqual([])
    await refused.untilHeard('close')
    expect(refused.error).toMatchObject({ code: 'connections-max' })
    connection.close()
    await near.untilHeard('close')
    const again = new Ear()
    connections.push(transport.connect(listener.address, again))
    await again.untilHeard('open')
  })

  it('are refused while too many are opening', async () => {
    const { listener } = await pair('127.0.0.1')
    const transport = createTcpTransport({ halfOpenMax: 1 })
    const [first, second] = [new Ear(), new Ear()]
    connections.push(transport.connect(listener.address, first), transport.connect(listener.address, second))
    await Promise.all([first.untilHeard('open'), second.untilHeard('close')])
    expect(second.error).toMatchObject({ code: 'half-open-max' })
  })

  it('are dropped when nobody wants the accepted one', async () => {
    const transport = createTcpTransport()
    const listener = await transport.listen({ host: '127.0.0.1', port: 0 }, () => undefined)
    listeners.push(listener)
    const ear = new Ear()
    transport.connect(listener.address, ear)
    await ear.untilHeard('close')
    expect(transport.connections).toBe(0)
  })

  it('cannot be awaited on a port that is taken', async () => {
    const { listener, transport } = await pair('127.0.0.1')
    await expect(transport.listen(listener.address, () => undefined)).rejects.toMatchObject({
      code: 'listen-failed',
      message: expect.stringContaining('choose another port'),
    })
  })
})
