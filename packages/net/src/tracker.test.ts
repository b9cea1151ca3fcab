import { connect } from 'node:net'
import { seededRandom, silentLogger, systemRandom, type VirtualClock, virtualClock } from '@millrace/base'
import { asDict, type BencodeDict, decode, dictBytes, dictInt, dictList, dictText } from '@millrace/bencode'
import type { PeerAddress } from '@millrace/wire'
import { afterEach, describe, expect, it } from 'vitest'
import { decodeAnnounceReply } from './announce-reply.ts'
import { type AnnounceRequest, announceUrl } from './announce-url.ts'
import { httpGet } from './http-get.ts'
import { startTracker, type Tracker, type TrackerOptions } from './tracker-server.ts'

const infoHash = Uint8Array.from({ length: 20 }, (_, i) => (i * 37 + 250) & 255)
const trackers: Tracker[] = []

afterEach(async () => {
  await Promise.all(trackers.splice(0).map((tracker) => tracker.close()))
})

async function open(options: Partial<TrackerOptions> = {}, clock: VirtualClock = virtualClock()): Promise<Tracker> {
  const components = { clock, random: seededRandom(1), logger: silentLogger }
  const tracker = await startTracker({ host: '127.0.0.1', port: 0, intervalSeconds: 60, ...options }, components)
  trackers.push(tracker)
  return tracker
}

function requestOf(port: number, over: Partial<AnnounceRequest> = {}): AnnounceRequest {
  const totals = { uploaded: 0, downloaded: 0, left: 1 }
  return { infoHash, peerId: systemRandom.bytes(20), port, totals, numwant: 50, key: '01', ...over }
}

async function announce(tracker: Tracker, port: number, over: Partial<AnnounceRequest> = {}, tail = '') {
  const { body } = await httpGet(announceUrl(tracker.url, requestOf(port, over)) + tail)
  return decodeAnnounceReply(body)
}

async function peersFor(tracker: Tracker, port: number, over: Partial<AnnounceRequest> = {}, tail = '') {
  const reply = await announce(tracker, port, over, tail)
  return reply.ok ? reply.value.peers : reply.error.message
}

async function ask(url: string): Promise<BencodeDict> {
  const decoded = decode((await httpGet(url)).body)
  const dict = decoded.ok ? asDict(decoded.value.value) : undefined
  if (dict === undefined) throw new Error(`no dictionary from ${url}`)
  return dict
}

const at = (port: number, host = '127.0.0.1'): PeerAddress => ({ host, port })
const seeding = { uploaded: 9, downloaded: 9, left: 0 }

describe('the tracker', () => {
  it('introduces peers to each other over IPv4', async () => {
    const tracker = await open()
    expect(await peersFor(tracker, 1001, { event: 'started' })).toEqual([])
    expect(await peersFor(tracker, 1002, { event: 'started' })).toEqual([at(1001)])
    const reply = await announce(tracker, 1001)
    expect(reply).toEqual({ ok: true, value: { intervalSeconds: 60, peers: [at(1002)], seeders: 0, leechers: 2 } })
    expect(tracker.stats()).toEqual({
      swarms: 1,
      peers: 2,
      seeders: 0,
      announces: 3,
      scrapes: 0,
      beacons: 0,
      refused: 0,
    })
  })

  it('introduces peers to each other over IPv6, and both kinds to one another', async () => {
    const tracker = await open({ host: '::' })
    const port = new URL(tracker.url).port
    const over4: Tracker = { ...tracker, url: `http://127.0.0.1:${port}/announce` }
    expect(await peersFor(tracker, 1001)).toEqual([])
    expect(await peersFor(over4, 1002)).toEqual([at(1001, '::1')])
    expect(await peersFor(tracker, 1003)).toEqual(expect.arrayContaining([at(1001, '::1'), at(1002)]))
  })

  it('answers with dictionaries where compact is 0', async () => {
    const tracker = await open()
    const peerId = systemRandom.bytes(20)
    await announce(tracker, 1001, { peerId })
    const url = announceUrl(tracker.url, requestOf(1002)).replace('compact=1', 'compact=0')
    const [entry] = dictList(await ask(url), 'peers') ?? []
    const peer = asDict(entry)
    expect(peer && [dictText(peer, 'ip'), dictInt(peer, 'port'), dictBytes(peer, 'peer id')]).toEqual([
      '127.0.0.1',
      1001,
      peerId,
    ])
    expect(decodeAnnounceReply((await httpGet(url)).body)).toMatchObject({ ok: true, value: { peers: [at(1001)] } })
  })

  it('counts seeds and completed downloads, and gives a seed no seeds', async () => {
    const tracker = await open()
    await announce(tracker, 1001, { event: 'started' })
    await announce(tracker, 1002, { totals: seeding, event: 'started' })
    expect(await peersFor(tracker, 1003, { totals: seeding })).toEqual([at(1001)])
    await announce(tracker, 1001, { totals: seeding, event: 'completed' })
    await announce(tracker, 1001, { totals: seeding, event: 'completed' })
    expect(await peersFor(tracker, 1003, { totals: seeding })).toEqual([])
    const query = announceUrl('', { ...requestOf(1) }).replace(/^\?|&.*/g, '')
    const files = asDict((await ask(`${tracker.url.replace('announce', 'scrape')}?${query}`)).get('files'))
    const counts = asDict(files && [...files.values()][0])
    expect(counts && ['complete', 'incomplete', 'downloaded'].map((key) => dictInt(counts, key))).toEqual([3, 0, 1])
  })

  it('forgets who stopped, and who fell silent', async () => {
    const clock = virtualClock()
    const tracker = await open({}, clock)
    await announce(tracker, 1001)
    await announce(tracker, 1002)
    await announce(tracker, 1001, { event: 'stopped' })
    expect(await peersFor(tracker, 1003)).toEqual([at(1002)])
    clock.advance(100_000)
    await announce(tracker, 1003)
    clock.advance(100_000)
    expect(await peersFor(tracker, 1004)).toEqual([at(1003)])
    clock.advance(1_000_000)
    expect(tracker.stats()).toMatchObject({ swarms: 0, peers: 0 })
  })

  it('gives as many peers as wanted, chosen at random', async () => {
    const tracker = await open()
    for (let port = 2001; port <= 2030; port++) await announce(tracker, port)
    const choices = [await peersFor(tracker, 1001, { numwant: 5 }), await peersFor(tracker, 1001, { numwant: 5 })]
    const portsOf = (peers: string | readonly PeerAddress[]) =>
      typeof peers === 'string' ? [] : peers.map((it) => it.port)
    expect(choices.map((peers) => new Set(portsOf(peers)).size)).toEqual([5, 5])
    expect(choices[0]).not.toEqual(choices[1])
    expect(await peersFor(tracker, 1001, { numwant: 0 })).toEqual([])
  })

  it('believes an address that a local client names, and no host name', async () => {
    const tracker = await open()
    await announce(tracker, 1001, {}, '&ip=192.0.2.7')
    await announce(tracker, 1002, {}, '&ip=evil.example')
    expect(await peersFor(tracker, 1003)).toEqual(expect.arrayContaining([at(1001, '192.0.2.7'), at(1002)]))
  })

  it('is full at its bounds, and says so', async () => {
    const tracker = await open({ swarmsMax: 1, peersPerSwarmMax: 2 })
    await announce(tracker, 1001)
    await announce(tracker, 1002)
    const full = { ok: false, error: { kind: 'tracker', code: 'refused', message: 'this tracker is full' } }
    expect(await announce(tracker, 1003)).toEqual(full)
    expect(await announce(tracker, 1004, { infoHash: new Uint8Array(20) })).toEqual(full)
    expect(await peersFor(tracker, 1001)).toEqual([at(1002)])
  })

  it.each([
    ['/announce', 'info_hash must be 20 bytes, escaped'],
    ['/announce?info_hash=%zz', 'the query has a broken %XX escape'],
    [`/announce?info_hash=${'a'.repeat(20)}&port=1`, 'peer_id must be 20 bytes, escaped'],
    [`/announce?info_hash=${'a'.repeat(20)}&peer_id=${'b'.repeat(20)}&port=0`, 'port must be 1 to 65535'],
    ['/scrape', 'name 1 to 100 info_hash'],
    ['/scrape?info_hash=short', 'info_hash must be 20 bytes, escaped'],
    ['/favicon.ico', 'only /announce and /scrape are answered'],
    [`/announce?${'a&'.repeat(300)}`, 'the query has too many fields'],
    [`/announce?${'a'.repeat(9000)}`, 'the query is too long'],
  ])('answers %s with a failure reason', async (path, reason) => {
    const tracker = await open()
    const url = new URL(tracker.url)
    expect(dictText(await ask(`http://${url.host}${path}`), 'failure reason')).toBe(reason)
    expect(tracker.stats().refused).toBe(1)
  })

  it('answers what is no HTTP with a failure reason, and lives on', async () => {
    const tracker = await open()
    const port = Number(new URL(tracker.url).port)
    for (const garbage of [systemRandom.bytes(300), new Uint8Array(70_000).fill(0x41), Uint8Array.of(0x13)]) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => {})
      const parts: Buffer[] = []
      socket.on('data', (part) => parts.push(part))
      socket.end(garbage)
      await new Promise((resolve) => socket.once('close', resolve))
      const text = Buffer.concat(parts).toString('latin1')
      if (text !== '') expect(text).toContain('d14:failure reason23:this is no HTTP requeste')
    }
    expect(tracker.stats().refused).toBeGreaterThan(0)
    expect(await peersFor(tracker, 1001)).toEqual([])
  })

  it('cannot start where somebody listens', async () => {
    const tracker = await open()
    const port = Number(new URL(tracker.url).port)
    await expect(startTracker({ host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'listen-failed' })
  })
})
