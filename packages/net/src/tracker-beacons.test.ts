import { seededRandom, silentLogger, systemRandom, toHex, type VirtualClock, virtualClock } from '@millrace/base'
import { encodeBeacon } from '@millrace/wire'
import { afterEach, describe, expect, it } from 'vitest'
import { decodeAnnounceReply } from './announce-reply.ts'
import { type AnnounceRequest, announceUrl } from './announce-url.ts'
import { type Announcer, startAnnouncing } from './announcer.ts'
import { httpGet } from './http-get.ts'
import { scrapeTracker } from './scrape.ts'
import { TrackerBeacons } from './tracker-beacons.ts'
import { startTracker, type Tracker } from './tracker-server.ts'

const infoHash = new Uint8Array(20).fill(1)
const other = new Uint8Array(20).fill(2)
const ledger = new Uint8Array(32).fill(3)
const trackers: Tracker[] = []
const announcers: Announcer[] = []

afterEach(async () => {
  await Promise.all(announcers.splice(0).map((announcer) => announcer.stop()))
  await Promise.all(trackers.splice(0).map((tracker) => tracker.close()))
})

function beaconOf(seq: number, more: { readonly infoHash?: Uint8Array; readonly ledger?: Uint8Array } = {}) {
  return encodeBeacon({
    infoHash,
    ledger,
    account: new Uint8Array(20).fill(4),
    seq,
    issuedAtSeconds: 1_790_000_000,
    lifeSeconds: 600,
    side: { kind: 'buy', wantedBytesPerSecond: 9, priceMaxPerMiB: 8n, budgetBits: 7 },
    signature: new Uint8Array(65),
    ...more,
  })
}

async function open(clock: VirtualClock = virtualClock()): Promise<Tracker> {
  const components = { clock, random: seededRandom(1), logger: silentLogger }
  const tracker = await startTracker({ host: '127.0.0.1', port: 0, intervalSeconds: 60 }, components)
  trackers.push(tracker)
  return tracker
}

async function announce(tracker: Tracker, port: number, beacon: Uint8Array, over: Partial<AnnounceRequest> = {}) {
  const totals = { uploaded: 0, downloaded: 0, left: 1 }
  const request = { infoHash, peerId: systemRandom.bytes(20), port, totals, numwant: 50, key: '01', beacon, ...over }
  const reply = decodeAnnounceReply((await httpGet(announceUrl(tracker.url, request))).body)
  return reply.ok ? reply.value.warning : reply.error.message
}

async function seen(tracker: Tracker, hash = infoHash, of = ledger): Promise<readonly string[] | undefined> {
  return (await scrapeTracker(tracker.url, [hash], of)).get(toHex(hash))?.beacons.map(toHex)
}

describe('a tracker', () => {
  it('passes beacons on, byte for byte, beside the counts, the newest first', async () => {
    const clock = virtualClock()
    const tracker = await open(clock)
    expect(await announce(tracker, 1001, beaconOf(1))).toBeUndefined()
    clock.advance(5)
    expect(await announce(tracker, 1002, beaconOf(2))).toBeUndefined()
    const reply = await scrapeTracker(tracker.url, [infoHash, other], ledger)
    expect(reply.get(toHex(infoHash))).toEqual({
      seeders: 0,
      leechers: 2,
      completed: 0,
      beacons: [beaconOf(2), beaconOf(1)],
    })
    expect(reply.get(toHex(other))?.beacons).toEqual([])
    expect(await seen(tracker, infoHash, new Uint8Array(32))).toEqual([])
    expect((await scrapeTracker(tracker.url, [infoHash])).get(toHex(infoHash))?.beacons).toEqual([])
  })

  it('shows the newest of an endpoint, until its time is over or it leaves', async () => {
    const clock = virtualClock()
    const tracker = await open(clock)
    await announce(tracker, 1001, beaconOf(1))
    expect(await announce(tracker, 1001, beaconOf(2))).toMatch(/too often/)
    clock.advance(1_000)
    await announce(tracker, 1001, beaconOf(2))
    await announce(tracker, 1002, beaconOf(3))
    expect(await seen(tracker)).toEqual([toHex(beaconOf(2)), toHex(beaconOf(3))])
    await announce(tracker, 1002, beaconOf(3), { event: 'stopped' })
    expect(await seen(tracker)).toEqual([toHex(beaconOf(2))])
    clock.advance(600_000)
    expect(await seen(tracker)).toEqual([])
    expect(tracker.stats().beacons).toBe(0)
  })

  it('does not let one endpoint push out what another says in the name of the same account', async () => {
    const tracker = await open()
    await announce(tracker, 1001, beaconOf(1))
    await announce(tracker, 1002, beaconOf(999))
    expect(await seen(tracker)).toContain(toHex(beaconOf(1)))
  })

  it('keeps nothing that is no beacon of that torrent, and serves its sender nevertheless', async () => {
    const tracker = await open()
    expect(await announce(tracker, 1001, new Uint8Array(30))).toMatch(/beacon/)
    expect(await announce(tracker, 1001, beaconOf(1, { infoHash: other }))).toMatch(/another torrent/)
    expect(await seen(tracker)).toEqual([])
    expect(tracker.stats()).toMatchObject({ peers: 1, refused: 0 })
  })

  it('carries a hundred hashes in as many requests as their beacons need', async () => {
    const tracker = await open()
    const hashes = Array.from({ length: 100 }, (_, i) => new Uint8Array(20).fill(i))
    await announce(tracker, 1001, beaconOf(1))
    const reply = await scrapeTracker(tracker.url, hashes, ledger)
    expect(reply.size).toBe(100)
    expect(reply.get(toHex(infoHash))?.beacons).toHaveLength(1)
  })
})

describe('an announcer', () => {
  it('takes a fresh beacon along each time, and none when it says goodbye', async () => {
    const tracker = await open()
    let seq = 0
    const announcer = startAnnouncing(
      {
        infoHash,
        peerId: new Uint8Array(20).fill(5),
        port: 7001,
        tiers: [[tracker.url]],
        totals: () => ({ uploaded: 0, downloaded: 0, left: 1 }),
        beacon: async () => beaconOf(++seq),
        onPeers: () => {},
        onStatus: (status) => status.state === 'working' && answered(),
      },
      { clock: virtualClock(), random: seededRandom(2), logger: silentLogger },
    )
    let answered = (): void => {}
    await new Promise<void>((resolve) => {
      answered = resolve
    })
    announcers.push(announcer)
    expect(await seen(tracker)).toEqual([toHex(beaconOf(1))])
    await announcer.stop()
    expect(seq).toBe(1)
    expect(await seen(tracker)).toEqual([])
  })
})

describe('the store of beacons', () => {
  it('holds so many a torrent, a host and in all, and makes room as they end', () => {
    const clock = virtualClock()
    const store = new TrackerBeacons(clock, { perTorrentMax: 3, perHostMax: 2, totalMax: 4 })
    const put = (host: string, port: number, hash = infoHash) =>
      store.put(hash, host, port, beaconOf(1, { infoHash: hash }))
    expect([put('192.0.2.1', 1), put('192.0.2.1', 2)]).toEqual([undefined, undefined])
    expect(put('192.0.2.1', 3)).toMatch(/your address/)
    expect(put('192.0.2.2', 1)).toBeUndefined()
    expect(put('192.0.2.3', 1)).toMatch(/no room/)
    expect(put('192.0.2.3', 1, other)).toBeUndefined()
    expect(put('192.0.2.4', 1, other)).toMatch(/no room/)
    clock.advance(600_000)
    const third = new Uint8Array(20).fill(9)
    expect(put('192.0.2.3', 1, third)).toBeUndefined()
    expect(store.of([third], ledger)).toEqual([[beaconOf(1, { infoHash: third })]])
    expect(store.total).toBe(1)
  })
})
