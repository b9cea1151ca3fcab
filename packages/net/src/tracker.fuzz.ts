import { seededRandom, virtualClock } from '@millrace/base'
import { encode } from '@millrace/bencode'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeAnnounceReply, trackerPeersMax } from './announce-reply.ts'
import { escapeBytes } from './announce-url.ts'
import { decodeScrapeReply, scrapedBeaconsMax } from './scrape.ts'
import { parseQuery, readAnnounce, readScrape } from './tracker-query.ts'
import { TrackerSwarms } from './tracker-swarms.ts'

const value = fc.oneof(
  fc.integer(),
  fc.uint8Array({ maxLength: 40 }),
  fc.array(fc.record({ ip: fc.constantFrom('1.2.3.4', '::2', 'x.example', ''), port: fc.integer() }), { maxLength: 4 }),
)
const key = fc.constantFrom('peers', 'peers6', 'interval', 'min interval', 'failure reason', 'tracker id', 'complete')
const reply = fc.oneof(
  fc.dictionary(key, value).map((dict) => encode(dict)),
  fc.uint8Array({ maxLength: 100 }),
)

describe('a tracker reply', () => {
  it('of any bytes is read as bounded values or refused', () => {
    fc.assert(
      fc.property(reply, (body) => {
        const decoded = decodeAnnounceReply(body)
        if (!decoded.ok) {
          expect(['refused', 'malformed']).toContain(decoded.error.code)
          return
        }
        const { intervalSeconds, peers } = decoded.value
        expect(intervalSeconds >= 1 && intervalSeconds <= 86_400).toBe(true)
        for (const peer of peers) {
          expect(peer.port >= 1 && peer.port <= 65_535).toBe(true)
          expect(peer.host).toMatch(/^[0-9a-f:.]+$/)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('with too many peers is cut', () => {
    const decoded = decodeAnnounceReply(encode({ interval: 9, peers: new Uint8Array(6 * 5000).fill(1) }))
    expect(decoded.ok && decoded.value.peers.length).toBe(trackerPeersMax)
  })
})

describe('a reply to a scrape', () => {
  it('of any bytes is read as bounded values or refused', () => {
    const entry = fc.dictionary(
      fc.constantFrom('complete', 'incomplete', 'downloaded', 'btt_beacons'),
      fc.oneof(fc.integer(), fc.array(fc.uint8Array({ maxLength: 1200 }), { maxLength: 4 })),
    )
    const hash = fc.string({ minLength: 19, maxLength: 20, unit: fc.constantFrom('a', 'b') })
    const files = fc.dictionary(hash, entry).map((dict) => encode({ files: dict }))
    fc.assert(
      fc.property(fc.oneof(files, fc.uint8Array({ maxLength: 100 })), (body) => {
        const decoded = decodeScrapeReply(body)
        if (!decoded.ok) return
        for (const [key, { seeders, beacons }] of decoded.value) {
          expect(key).toMatch(/^[0-9a-f]{40}$/)
          expect(seeders).toBeGreaterThanOrEqual(0)
          for (const beacon of beacons) expect(beacon.length).toBeLessThanOrEqual(1_000)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('with too many beacons is cut', () => {
    const btt_beacons = Array.from({ length: 500 }, () => new Uint8Array(3))
    const decoded = decodeScrapeReply(encode({ files: { ['a'.repeat(20)]: { btt_beacons } } }))
    expect(decoded.ok && decoded.value.get('61'.repeat(20))?.beacons.length).toBe(scrapedBeaconsMax)
  })
})

describe('a query', () => {
  it('gives back any bytes that were escaped', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (infoHash) => {
        const fields = parseQuery(`info_hash=${escapeBytes(infoHash)}`)
        expect(fields.ok && readScrape(fields.value)).toEqual({ ok: true, value: { infoHashes: [infoHash] } })
      }),
    )
  })

  it('of any text is read or refused', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'%=&0aF;info_hash') }))
    fc.assert(
      fc.property(text, (query) => {
        const fields = parseQuery(query)
        const read = fields.ok ? readAnnounce(fields.value) : fields
        expect(read.ok ? read.value.infoHash.length : typeof read.error).toBe(read.ok ? 20 : 'string')
      }),
      { numRuns: 1000 },
    )
  })
})

describe('swarms', () => {
  it('agree with a plain list of who announced, whatever happens', () => {
    const step = fc.record({
      hash: fc.nat({ max: 2 }),
      port: fc.integer({ min: 1, max: 6 }),
      left: fc.nat({ max: 1 }),
      event: fc.constantFrom('started', 'completed', 'stopped', undefined),
      wait: fc.constantFrom(0, 0, 400, 1001),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const clock = virtualClock()
        const limits = { swarmsMax: 3, peersPerSwarmMax: 6, peerLifeMs: 1000 }
        const swarms = new TrackerSwarms({ clock, random: seededRandom(1) }, limits)
        let model: { hash: number; port: number; left: number; seenMs: number }[] = []
        for (const { hash, port, left, event, wait } of steps) {
          clock.advance(wait)
          const infoHash = new Uint8Array(20).fill(hash)
          const query = { infoHash, peerId: infoHash, port, left, event, numwant: 50 }
          const given = swarms.announce('10.0.0.1', { ...query, isCompact: true, withPeerIds: true, ip: undefined })
          model = model.filter((it) => it.seenMs >= clock.now() - 1000 && (it.hash !== hash || it.port !== port))
          const others = model.filter((it) => it.hash === hash && !(left === 0 && it.left === 0))
          const expected = event === 'stopped' ? [] : others.map((it) => it.port)
          expect(given?.map((peer) => peer.port).sort()).toEqual(expected.sort())
          if (event !== 'stopped') model.push({ hash, port, left, seenMs: clock.now() })
          const { peers, seeders } = swarms.totals()
          expect([peers, seeders]).toEqual([model.length, model.filter((it) => it.left === 0).length])
        }
      }),
      { numRuns: 300 },
    )
  })
})
