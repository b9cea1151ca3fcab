import { encode } from '@millrace/bencode'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Beacon, decodeBeacon, encodeBeacon } from './beacon.ts'
import { beaconBytesMax, beaconSecondsMax } from './limits.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const amount = fc.bigInt(0n, 2n ** 256n - 1n)
const rate = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const sell = fc.record({
  kind: fc.constant('sell' as const),
  pricePerMiB: amount,
  askPerMiB: amount,
  freeSharePpm: fc.nat({ max: 1_000_000 }),
  soldBytesPerSecond: rate,
  demandBytesPerSecond: rate,
})
const buy = fc.record({
  kind: fc.constant('buy' as const),
  wantedBytesPerSecond: rate,
  priceMaxPerMiB: amount,
  budgetBits: fc.nat({ max: 255 }),
})
const beacon: fc.Arbitrary<Beacon> = fc.record({
  infoHash: bytes(20),
  ledger: bytes(32),
  account: bytes(20),
  seq: rate,
  issuedAtSeconds: rate,
  lifeSeconds: fc.integer({ min: 1, max: beaconSecondsMax }),
  side: fc.oneof(sell, buy),
  signature: bytes(65),
})

describe('a beacon', () => {
  it('comes back as it was, from at most the bytes of a BEP 44 value', () => {
    fc.assert(
      fc.property(beacon, (sent) => {
        const packed = encodeBeacon(sent)
        expect(packed.length).toBeLessThanOrEqual(beaconBytesMax)
        expect(decodeBeacon(packed)).toEqual({ ok: true, value: sent })
      }),
      { numRuns: 300 },
    )
  })

  it('of any bytes is read within its limits or refused', () => {
    const key = fc.constantFrom(...'ahlntvwxozq')
    const inner = fc.dictionary(fc.constantFrom(...'bmuprfd'), fc.oneof(fc.integer(), fc.uint8Array()))
    const value = fc.oneof(fc.integer(), fc.uint8Array({ maxLength: 70 }), inner, bytes(20), bytes(32), bytes(65))
    const dict = fc.dictionary(key, value).map((fields) => encode({ v: 1, ...fields }))
    const cut = fc.tuple(beacon, fc.nat(), fc.nat({ max: 255 })).map(([sent, at, byte]) => {
      const packed = encodeBeacon(sent)
      packed[at % packed.length] = byte
      return packed
    })
    fc.assert(
      fc.property(fc.oneof(dict, cut, fc.uint8Array({ maxLength: 1200 })), (packed) => {
        const read = decodeBeacon(packed)
        if (!read.ok) {
          expect(['too-long', 'malformed', 'unknown-version']).toContain(read.error.code)
          return
        }
        const { account, ledger, infoHash, signature, lifeSeconds } = read.value
        expect([account, ledger, infoHash, signature].map((part) => part.length)).toEqual([20, 32, 20, 65])
        expect(lifeSeconds >= 1 && lifeSeconds <= beaconSecondsMax).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('that speaks for both sides is refused', () => {
    const [first] = fc.sample(beacon, 1)
    const [asked, wanted] = [fc.sample(sell, 1)[0], fc.sample(buy, 1)[0]]
    if (first === undefined || asked === undefined || wanted === undefined) throw new Error('a sample of each')
    const o = { d: 1, f: 1, p: new Uint8Array(0), r: new Uint8Array(0), u: 1 }
    const w = { b: 1, m: new Uint8Array(0), u: 1 }
    const { account: a, infoHash: h, ledger: l, signature: z } = first
    const read = decodeBeacon(encode({ a, h, l, n: 1, o, t: 1, v: 1, w, x: 1, z }))
    expect(read.ok ? undefined : read.error.code).toBe('malformed')
  })

  it('of more than 1,000 bytes is refused unread', () => {
    const read = decodeBeacon(new Uint8Array(beaconBytesMax + 1))
    expect(read.ok ? undefined : read.error.code).toBe('too-long')
  })
})
