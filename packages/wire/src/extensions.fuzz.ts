import { concatBytes } from '@millrace/base'
import { encode } from '@millrace/bencode'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BttSpeedMessage, decodeBttSpeed, encodeBttSpeed } from './btt-speed.ts'
import { decodeExtendedHandshake, encodeExtendedHandshake } from './extended-handshake.ts'
import { decodeMetadataMessage } from './ut-metadata.ts'
import { decodePex } from './ut-pex.ts'

const amount = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })
const safe = fc.maxSafeNat()
const positive = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })

const speedMessage: fc.Arbitrary<BttSpeedMessage> = fc.oneof(
  fc.record({ t: fc.constant('hello' as const), account: exactly(20), signature: exactly(65) }),
  fc.record({
    t: fc.constant('quote' as const),
    askPerMiB: amount,
    pricePerMiB: amount,
    credit: amount,
    expiresInSeconds: fc.nat({ max: 600 }),
  }),
  fc.record({ t: fc.constant('setOff' as const), bootId: safe, sum: amount }),
  fc.record({ t: fc.constant('bid' as const), number: positive, spendRatePerSecond: amount, priceMaxPerMiB: amount }),
  fc.record({
    t: fc.constant('account' as const),
    bootId: safe,
    counter: safe,
    bidNumber: safe,
    billedBytes: safe,
    billed: amount,
    accepted: amount,
    credit: amount,
  }),
  fc.record({
    t: fc.constant('voucher' as const),
    payer: exactly(20),
    cumulative: amount,
    seq: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    totalIssued: amount,
    signature: exactly(65),
  }),
  fc.record({
    t: fc.constant('reject' as const),
    refused: safe,
    code: safe,
    words: fc.string({ unit: 'grapheme', maxLength: 30 }),
  }),
)

/** Dictionaries of the right shape with values of any type. */
const value = fc.oneof(fc.integer(), fc.uint8Array({ maxLength: 70 }), fc.constant([1, 2]), fc.constant({ a: 1 }))
const key = fc.constantFrom(
  ...'tanzrpkxwmiboguflvdse',
  'msg_type',
  'piece',
  'total_size',
  'added',
  'added.f',
  'm',
  'btt_speed',
)
const nearMiss = fc
  .tuple(fc.nat({ max: 7 }), fc.dictionary(key, value, { maxKeys: 12 }))
  .map(([t, rest]) => encode({ ...rest, t }))
const payload = fc.oneof(nearMiss, fc.uint8Array({ maxLength: 200 }))

describe('btt_speed', () => {
  it('decode(encode(m)) is m', () => {
    fc.assert(
      fc.property(speedMessage, (message) => {
        expect(decodeBttSpeed(encodeBttSpeed(message))).toEqual({ ok: true, value: message })
      }),
      { numRuns: 500 },
    )
  })

  it('answers any payload with a message that survives encoding, or a typed refusal', () => {
    fc.assert(
      fc.property(payload, (bytes) => {
        const decoded = decodeBttSpeed(bytes)
        if (decoded.ok) expect(decodeBttSpeed(encodeBttSpeed(decoded.value))).toEqual(decoded)
        else expect(['malformed', 'unknown-type', 'too-long']).toContain(decoded.error.code)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('the other extension messages', () => {
  it('answer any payload with a value or a fault', () => {
    fc.assert(
      fc.property(payload, fc.uint8Array({ maxLength: 40 }), (head, tail) => {
        const bytes = concatBytes([head, tail])
        const handshake = decodeExtendedHandshake(bytes)
        if (handshake.ok) {
          expect(decodeExtendedHandshake(encodeExtendedHandshake(handshake.value))).toEqual(handshake)
        } else expect(handshake.error.code).toBe('bad-extension')
        for (const decoded of [decodeMetadataMessage(bytes), decodePex(bytes)]) {
          if (!decoded.ok) expect(decoded.error.code).toBe('bad-extension')
        }
      }),
      { numRuns: 1000 },
    )
  })
})
