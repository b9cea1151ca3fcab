/** What every Transport of the swarm must do, whatever carries its bytes. */

import { concatBytes, defined, equalBytes, seededRandom } from '@millrace/base'
import type { Connection, ConnectionHandler, Listener, Transport } from '@millrace/swarm'
import { afterEach, describe, expect, it } from 'vitest'

const host = '127.0.0.1'
/** More than a kernel keeps for a reader that does not read. */
const floodBytes = 32 * 1024 * 1024

export function transportCompliance(name: string, create: () => Transport): void {
  describe(`the Transport of ${name}`, () => {
    const world = new World(create)
    afterEach(() => world.end())
    describe('opening', () => opening(world))
    describe('bytes', () => carrying(world))
    describe('closing', () => closing(world))
  })
}

function opening(world: World): void {
  it('opens both ends, never inside connect', async () => {
    const { near, far, listener, connection, accepted } = await world.pair()
    expect([near.heard, far.heard]).toEqual([['open'], ['open']])
    expect(connection.remote).toEqual(listener.address)
    expect(accepted.remote.host).toBe(host)
  })

  it('tells who connects to nobody by onClose with an error, never inside connect', async () => {
    const listener = await world.listen(() => undefined)
    await listener.close()
    const near = new Ear()
    world.connect(listener, near)
    await near.untilHeard('close')
    expect(near.heard).toEqual(['close'])
    expect(near.error).toBeInstanceOf(Error)
  })

  it('closes a stream that accept refuses', async () => {
    const listener = await world.listen(() => undefined)
    const near = new Ear()
    world.connect(listener, near)
    await near.untilHeard('close')
    expect(near.heard.filter((what) => what !== 'open')).toEqual(['close'])
  })

  it('binds a free port where 0 was asked for, and no port twice', async () => {
    const listener = await world.listen(() => undefined)
    expect(listener.address.port).toBeGreaterThan(0)
    await expect(world.listen(() => undefined, listener.address.port)).rejects.toThrow(Error)
  })
}

function carrying(world: World): void {
  it('arrive in order both ways, over several writes and corked ones', async () => {
    const { near, far, connection, accepted } = await world.pair()
    const there = [1, 40_000, 17, 100_000].map((length, seed) => seededRandom(seed).bytes(length))
    const back = [70_000, 3].map((length, seed) => seededRandom(seed + 9).bytes(length))
    const [first, second, third, fourth] = there
    connection.write(defined(first, 'a write'))
    connection.cork()
    connection.write(defined(second, 'a write'))
    connection.write(defined(third, 'a write'))
    connection.uncork()
    connection.write(defined(fourth, 'a write'))
    for (const bytes of back) accepted.write(bytes)
    await Promise.all([far.untilLength(140_018), near.untilLength(70_003)])
    expect(equalBytes(far.bytes, concatBytes(there))).toBe(true)
    expect(equalBytes(near.bytes, concatBytes(back))).toBe(true)
  })

  it('are counted while they are corked, and not once they are taken: then onDrain comes, not inside a call', async () => {
    const { near, far, connection } = await world.pair()
    near.onDrained = () => expect(connection.queuedBytes).toBe(0)
    near.quiet(() => {
      connection.cork()
      connection.write(new Uint8Array(300))
      connection.write(new Uint8Array(200))
      expect(connection.queuedBytes).toBe(500)
      connection.uncork()
    })
    await Promise.all([near.untilHeard('drain'), far.untilLength(500)])
    expect(connection.queuedBytes).toBe(0)
  })

  it('wait for a paused reader and all arrive after resume', async () => {
    const { near, far, connection, accepted } = await world.pair()
    accepted.pause()
    // Counted words: any that is lost or out of place shows.
    const sent = new Uint8Array(new Uint32Array(floodBytes / 4).map((_, index) => index).buffer)
    connection.write(sent)
    // An answer makes the whole way meanwhile, and another stream lives a whole life.
    accepted.write(Uint8Array.of(7))
    await near.untilLength(1)
    await world.life()
    expect(far.length).toBe(0)
    expect(connection.queuedBytes).toBeGreaterThan(0)
    expect(near.heard).not.toContain('drain')
    far.quiet(() => accepted.resume())
    await Promise.all([far.untilLength(sent.length), near.untilHeard('drain')])
    expect(connection.queuedBytes).toBe(0)
    expect(equalBytes(far.bytes, sent)).toBe(true)
  })
}

function closing(world: World): void {
  it('is told once to each end, last, without an error, and never inside close; repeating it does nothing', async () => {
    const { near, far, connection, accepted } = await world.pair()
    connection.write(Uint8Array.of(1))
    await far.untilLength(1)
    near.quiet(() => {
      connection.close()
      connection.close()
    })
    await Promise.all([near.untilHeard('close'), far.untilHeard('close')])
    connection.close()
    accepted.close()
    connection.write(Uint8Array.of(2))
    // Another stream lives a whole life meanwhile: what would come late has come.
    await world.life()
    expect([near.closes, near.heard.at(-1), near.error]).toEqual([1, 'close', undefined])
    expect([far.closes, far.heard.at(-1), far.error]).toEqual([1, 'close', undefined])
    expect(far.length).toBe(1)
  })

  it('before the stream is open gives onClose alone', async () => {
    const listener = await world.listen(() => new Ear())
    const near = new Ear()
    const connection = world.connect(listener, near)
    connection.close()
    await near.untilHeard('close')
    await world.life()
    expect(near.heard).toEqual(['close'])
  })

  it('ends the delivery of data at once', async () => {
    const { near, far, connection, accepted } = await world.pair()
    far.onArrived = () => accepted.close()
    connection.write(new Uint8Array(floodBytes))
    await Promise.all([near.untilHeard('close'), far.untilHeard('close')])
    expect(far.heard).toEqual(['open', 'data', 'close'])
    expect(far.length).toBeLessThan(floodBytes)
    expect([near.closes, near.heard.at(-1)]).toEqual([1, 'close'])
  })

  it('a listener leaves accepted streams alive', async () => {
    const { far, connection, listener } = await world.pair()
    await listener.close()
    connection.write(Uint8Array.of(4, 2))
    await far.untilLength(2)
    expect(far.bytes).toEqual(Uint8Array.of(4, 2))
  })
}

/** One transport a test, and what the test opened on it. */
class World {
  readonly #create: () => Transport
  #transport: Transport | undefined
  readonly #listeners: Listener[] = []
  readonly #connections: Connection[] = []

  constructor(create: () => Transport) {
    this.#create = create
  }

  async listen(accept: () => Ear | undefined, port = 0): Promise<Listener> {
    const listener = await this.#opened().listen({ host, port }, (connection) => {
      this.#connections.push(connection)
      return accept()
    })
    this.#listeners.push(listener)
    return listener
  }

  connect(listener: Listener, ear: Ear): Connection {
    return ear.quiet(() => {
      const connection = this.#opened().connect(listener.address, ear)
      this.#connections.push(connection)
      return connection
    })
  }

  async pair() {
    const far = new Ear()
    const near = new Ear()
    const listener = await this.listen(() => far)
    const connection = this.connect(listener, near)
    await Promise.all([near.untilHeard('open'), far.untilHeard('open')])
    const accepted = defined(this.#connections.at(-1), 'the accepted stream')
    return { near, far, listener, connection, accepted }
  }

  /** Opens a stream, sends a byte and closes it. */
  async life(): Promise<void> {
    const { near, far, connection } = await this.pair()
    connection.write(Uint8Array.of(1))
    await far.untilLength(1)
    connection.close()
    await Promise.all([near.untilHeard('close'), far.untilHeard('close')])
  }

  async end(): Promise<void> {
    for (const connection of this.#connections.splice(0)) connection.close()
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()))
    this.#transport = undefined
  }

  #opened(): Transport {
    this.#transport ??= this.#create()
    return this.#transport
  }
}

/** A handler that keeps what it hears, and lets a test wait for it. */
class Ear implements ConnectionHandler {
  readonly heard: string[] = []
  onArrived: () => void = () => {}
  onDrained: () => void = () => {}
  error: Error | undefined
  length = 0
  readonly #parts: Uint8Array[] = []
  #waits: { readonly isDone: () => boolean; readonly resolve: () => void }[] = []

  get bytes(): Uint8Array {
    return concatBytes(this.#parts)
  }

  get closes(): number {
    return this.heard.filter((what) => what === 'close').length
  }

  onOpen(): void {
    this.#note('open')
  }

  onData(chunk: Uint8Array, length: number): void {
    this.#parts.push(chunk.slice(0, length))
    this.length += length
    this.onArrived()
    this.#note('data')
  }

  onDrain(): void {
    this.onDrained()
    this.#note('drain')
  }

  onClose(error?: Error): void {
    this.error = error
    this.#note('close')
  }

  /** Runs a call during which nothing may be heard. */
  quiet<T>(call: () => T): T {
    const before = this.heard.length
    const result = call()
    expect(this.heard.length).toBe(before)
    return result
  }

  untilHeard(what: string): Promise<void> {
    return this.#until(() => this.heard.includes(what))
  }

  untilLength(length: number): Promise<void> {
    return this.#until(() => this.length >= length)
  }

  #until(isDone: () => boolean): Promise<void> {
    if (isDone()) return Promise.resolve()
    return new Promise((resolve) => this.#waits.push({ isDone, resolve }))
  }

  #note(what: string): void {
    this.heard.push(what)
    const done = this.#waits.filter((wait) => wait.isDone())
    this.#waits = this.#waits.filter((wait) => !done.includes(wait))
    for (const wait of done) wait.resolve()
  }
}
