import { createServer, type Server } from 'node:http'
import { seededRandom, silentLogger, toLatin1, virtualClock } from '@millrace/base'
import { encode } from '@millrace/bencode'
import type { PeerAddress } from '@millrace/wire'
import { afterEach, describe, expect, it } from 'vitest'
import { type Announcer, retryDelayMs, startAnnouncing, type TrackerStatus } from './announcer.ts'
import type { Timers } from './timers.ts'
import { parseQuery } from './tracker-query.ts'
import { startTracker } from './tracker-server.ts'

const infoHash = Uint8Array.from({ length: 20 }, (_, i) => 255 - i * 12)
const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Timers that fire when the test says so. */
function handTimers() {
  let pending: { readonly delay: number; readonly action: () => void } | undefined
  const timers: Timers = {
    after(delay, action) {
      const mine = { delay, action }
      pending = mine
      return () => {
        if (pending === mine) pending = undefined
      }
    },
  }
  const fire = (): number => {
    const { delay, action } = pending ?? { delay: Number.NaN, action: () => {} }
    pending = undefined
    action()
    return delay
  }
  return { timers, fire, delay: () => pending?.delay }
}

function begin(tiers: readonly (readonly string[])[], port = 7001) {
  const hand = handTimers()
  const clock = virtualClock()
  const statuses: TrackerStatus[] = []
  const peers: PeerAddress[] = []
  let wake: () => void = () => {}
  const announcer: Announcer = startAnnouncing(
    {
      infoHash,
      peerId: new Uint8Array(20).fill(0x2b),
      port,
      tiers,
      totals: () => ({ uploaded: 1, downloaded: 2, left: 3 }),
      onPeers: (found) => peers.push(...found),
      onStatus: (status) => {
        statuses.push(status)
        wake()
      },
    },
    { clock, random: seededRandom(5), logger: silentLogger, timers: hand.timers },
  )
  cleanups.push(() => announcer.stop())
  /** Fires the timer and waits for a status that ends the round. */
  const round = async (): Promise<number> => {
    const from = statuses.length
    const delay = hand.fire()
    const isDone = () => statuses.slice(from).some((status) => status.state === 'working' || status.state === 'waiting')
    while (!isDone()) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    await new Promise((resolve) => setImmediate(resolve))
    return delay
  }
  return { announcer, statuses, peers, round, clock, ...hand }
}

/** An HTTP server that writes down the queries and answers what it is told. */
async function fakeTracker(answer: (path: string) => { status?: number; body: Uint8Array; location?: string }) {
  const queries: ReadonlyMap<string, readonly string[]>[] = []
  const server: Server = createServer((request, response) => {
    const { status = 200, body, location } = answer(request.url ?? '')
    const fields = parseQuery(request.url?.split('?')[1] ?? '')
    if (fields.ok) queries.push(fields.value)
    response.writeHead(status, location === undefined ? {} : { location })
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => new Promise((resolve) => server.close(resolve)))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { url: `http://127.0.0.1:${port}/announce`, queries, event: (i: number) => queries[i]?.get('event')?.[0] }
}

const plain = { body: encode({ interval: 900, peers: '' }) }

describe('announcing', () => {
  it.each(['127.0.0.1', '::1'])('finds peers through a real tracker on %s, and says goodbye', async (host) => {
    const tracker = await startTracker({ host, port: 0, intervalSeconds: 60 })
    cleanups.push(() => tracker.close())
    const first = begin([[tracker.url]], 7001)
    await first.round()
    const second = begin([[tracker.url]], 7002)
    await second.round()
    expect(second.peers).toEqual([{ host, port: 7001 }])
    expect(second.statuses.at(-1)).toMatchObject({ state: 'working', peers: 1, leechers: 2, nextInMs: 60_000 })
    expect(second.delay()).toBe(60_000)
    await second.announcer.stop()
    expect(tracker.stats().peers).toBe(1)
    expect(second.delay()).toBeUndefined()
  })

  it('sends every field as the BEPs have them, bytes unharmed', async () => {
    const tracker = await fakeTracker(() => ({ body: encode({ interval: 900, peers: '', 'tracker id': 'a&b' }) }))
    const { round } = begin([[`${tracker.url}?passkey=x%2By`]])
    await round()
    await round()
    const fields = Object.fromEntries([...(tracker.queries[0] ?? [])].map(([name, values]) => [name, values[0]]))
    expect(fields).toEqual({
      passkey: 'x+y',
      info_hash: toLatin1(infoHash),
      peer_id: '+'.repeat(20),
      port: '7001',
      uploaded: '1',
      downloaded: '2',
      left: '3',
      compact: '1',
      numwant: '50',
      key: expect.stringMatching(/^[0-9a-f]{8}$/),
      event: 'started',
    })
    expect(tracker.queries[1]?.get('trackerid')).toEqual(['a&b'])
    expect(tracker.event(1)).toBeUndefined()
  })

  it('tells completed once, at once, and stopped to who knows us', async () => {
    const tracker = await fakeTracker(() => plain)
    const { round, announcer, delay } = begin([[tracker.url]])
    await round()
    expect(delay()).toBe(900_000)
    announcer.completed()
    expect(await round()).toBe(0)
    await round()
    await announcer.stop()
    await announcer.stop()
    expect([0, 1, 2, 3].map(tracker.event)).toEqual(['started', 'completed', undefined, 'stopped'])
    expect(tracker.queries[3]?.get('numwant')).toEqual(['0'])
    expect(tracker.queries).toHaveLength(4)
  })

  it('keeps completed until a tracker took it', async () => {
    let isUp = true
    const tracker = await fakeTracker(() => (isUp ? plain : { status: 503, body: encode('down') }))
    const { round, announcer, statuses } = begin([[tracker.url]])
    await round()
    isUp = false
    announcer.completed()
    await round()
    expect(statuses.at(-1)).toMatchObject({ state: 'waiting', failures: 1 })
    isUp = true
    await round()
    await round()
    expect([1, 2, 3].map(tracker.event)).toEqual(['completed', 'completed', undefined])
  })

  it('goes through the tiers, and prefers what worked within one (BEP 12)', async () => {
    const [bad, good] = [
      await fakeTracker(() => ({ body: encode({ 'failure reason': 'go away' }) })),
      await fakeTracker(() => plain),
    ]
    const backup = await fakeTracker(() => plain)
    const { round, statuses } = begin([[bad.url, good.url], [backup.url]])
    for (let i = 0; i < 3; i++) await round()
    expect(good.queries).toHaveLength(3)
    expect(bad.queries.length).toBeLessThanOrEqual(1)
    expect(backup.queries).toHaveLength(0)
    for (const status of statuses) if (status.state === 'failed') expect(status.message).toBe('go away')
  })

  it('leaves UDP trackers out with a word, and uses the others', async () => {
    const tracker = await fakeTracker(() => plain)
    const { round, statuses } = begin([['udp://tracker.example:6969/announce'], ['wss://x', tracker.url]])
    await round()
    await round()
    expect(statuses.filter((status) => status.state === 'unsupported')).toEqual([
      { url: 'udp://tracker.example:6969/announce', state: 'unsupported', message: expect.stringContaining('BEP 15') },
      { url: 'wss://x', state: 'unsupported', message: expect.stringContaining('no HTTP address') },
    ])
    expect(tracker.queries).toHaveLength(2)
  })

  it('backs off while every tracker fails, and recovers', async () => {
    let isUp = false
    const tracker = await fakeTracker(() => (isUp ? plain : { body: Uint8Array.of(1, 2, 3) }))
    const { round, delay, statuses, announcer, clock } = begin([[tracker.url]])
    const delays: number[] = []
    for (let i = 0; i < 5; i++) {
      await round()
      delays.push(delay() ?? 0)
    }
    delays.forEach((ms, i) => {
      expect(ms).toBeGreaterThanOrEqual(2_500 * 2 ** i)
      expect(ms).toBeLessThanOrEqual(5_000 * 2 ** i)
    })
    announcer.announceNow()
    expect(delay()).toBe(5_000)
    isUp = true
    clock.advance(5_000)
    await round()
    expect(statuses.at(-1)).toMatchObject({ state: 'working' })
    expect(retryDelayMs(99, seededRandom(1))).toBeLessThanOrEqual(1_800_000)
  })

  it("keeps the tracker's minimum interval when asked for more peers", async () => {
    const tracker = await fakeTracker(() => ({ body: encode({ interval: 900, 'min interval': 300, peers: '' }) }))
    const { round, announcer, delay, clock } = begin([[tracker.url]])
    await round()
    clock.advance(100_000)
    announcer.announceNow()
    expect(delay()).toBe(200_000)
  })

  it('follows redirects, but not for ever, and takes no endless reply', async () => {
    const target = await fakeTracker(() => plain)
    const once = await fakeTracker((path) => ({
      status: 302,
      body: new Uint8Array(0),
      location: `${target.url}?${path.split('?')[1]}`,
    }))
    const good = begin([[once.url]])
    await good.round()
    expect(target.event(0)).toBe('started')
    const loop = await fakeTracker(() => ({ status: 302, body: new Uint8Array(0), location: '/announce' }))
    const endless = await fakeTracker(() => ({ body: new Uint8Array(2_000_000) }))
    const bad = begin([[loop.url], [endless.url]])
    await bad.round()
    expect(bad.statuses.flatMap((status) => (status.state === 'failed' ? [status.message] : []))).toEqual([
      expect.stringContaining('redirects more than 5 times'),
      expect.stringContaining('more than 1048576 bytes'),
    ])
  })

  it('stops in the middle of an announce, and tells that tracker too', async () => {
    let arrived: () => void = () => {}
    const isAsked = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const events: (string | undefined)[] = []
    const server = createServer((request, response) => {
      const event = /event=(\w+)/.exec(request.url ?? '')?.[1]
      events.push(event)
      if (event === 'stopped') response.end(plain.body)
      arrived()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => new Promise((resolve) => server.close(resolve)))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { announcer, fire, delay, statuses } = begin([[`http://127.0.0.1:${port}/announce`]])
    fire()
    await isAsked
    await announcer.stop()
    expect(events).toEqual(['started', 'stopped'])
    expect(delay()).toBeUndefined()
    expect(statuses.map((status) => status.state)).toEqual(['announcing'])
  })
})
