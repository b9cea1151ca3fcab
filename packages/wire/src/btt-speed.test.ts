import { fromLatin1, toLatin1 } from '@millrace/base'
import { encode } from '@millrace/bencode'
import { describe, expect, it } from 'vitest'
import { type BttSpeedMessage, decodeBttSpeed, encodeBttSpeed, rejectCodes } from './btt-speed.ts'

const account = new Uint8Array(20).fill(0x41)
const signature = new Uint8Array(65).fill(0x5a)
const a20 = `20:${'A'.repeat(20)}`
const z65 = `65:${'Z'.repeat(65)}`

const wire: readonly (readonly [BttSpeedMessage, string])[] = [
  [{ t: 'hello', account, signature }, `d1:a${a20}1:ti0e1:z${z65}e`],
  [
    { t: 'quote', askPerMiB: 0n, pricePerMiB: 256n, credit: 0x4142n, expiresInSeconds: 600 },
    'd1:k2:AB1:p2:\x01\x001:r0:1:ti1e1:xi600ee',
  ],
  [{ t: 'bid', number: 7, spendRatePerSecond: 0n, priceMaxPerMiB: 1n }, 'd1:m1:\x011:ni7e1:ti2e1:w0:e'],
  [
    {
      t: 'account',
      bootId: 5,
      counter: 6,
      bidNumber: 7,
      billedBytes: 16_384,
      billed: 2n,
      accepted: 1n,
      credit: 0x4142n,
    },
    'd1:bi16384e1:g1:\x011:ii7e1:k2:AB1:nli5ei6ee1:o1:\x021:ti3ee',
  ],
  [
    { t: 'voucher', payer: account, cumulative: 9n, seq: 2n ** 64n - 1n, totalIssued: 10n, signature },
    `d1:f${a20}1:i1:\n1:ni18446744073709551615e1:ti4e1:u1:\t1:z${z65}e`,
  ],
  [
    { t: 'reject', refused: 4, code: rejectCodes.notCovered, words: 'not covered' },
    'd1:d11:not covered1:ki4e1:oi4e1:ti5ee',
  ],
  [{ t: 'setOff', bootId: 3, sum: 0x4142n }, 'd1:c2:AB1:ni3e1:ti6ee'],
  [{ t: 'setOff', bootId: 0, sum: 0n }, 'd1:c0:1:ni0e1:ti6ee'],
]

describe('btt_speed messages (draft 2)', () => {
  it.each(wire)('%o has one form on the wire', (message, text) => {
    expect(toLatin1(encodeBttSpeed(message))).toBe(text)
    expect(decodeBttSpeed(fromLatin1(text))).toEqual({ ok: true, value: message })
  })

  it('ignore unknown keys', () => {
    const payload = encode({ t: 2, n: 1, w: '\x05', m: '\x06', later: { a: [1] } })
    expect(decodeBttSpeed(payload)).toEqual({
      ok: true,
      value: { t: 'bid', number: 1, spendRatePerSecond: 5n, priceMaxPerMiB: 6n },
    })
  })

  it('of an unknown type name it, so that a reject can', () => {
    for (const t of [7, -1, 999]) {
      expect(decodeBttSpeed(encode({ t }))).toMatchObject({ ok: false, error: { code: 'unknown-type', refused: t } })
    }
  })

  it.each([
    ['an amount with a leading zero', { t: 2, n: 1, w: '\x00\x05', m: '\x06' }, 2],
    ['a zero that is not empty', { t: 2, n: 1, w: '\x00', m: '\x06' }, 2],
    ['an amount of 33 bytes', { t: 2, n: 1, w: '\x01'.repeat(33), m: '\x06' }, 2],
    ['an amount as an integer', { t: 2, n: 1, w: 5, m: '\x06' }, 2],
    ['a negative bid number', { t: 2, n: -1, w: '\x05', m: '\x06' }, 2],
    ['a bid number of 0', { t: 2, n: 0, w: '\x05', m: '\x06' }, 2],
    ['a missing key', { t: 2, n: 1, w: '\x05' }, 2],
    ['a quote that lives too long', { t: 1, r: '', p: '', k: '', x: 601 }, 1],
    ['an account of 19 bytes', { t: 0, a: account.subarray(1), z: signature }, 0],
    ['a signature of 64 bytes', { t: 0, a: account, z: signature.subarray(1) }, 0],
    ['a version of one number', { t: 3, n: [1], i: 0, b: 0, o: '', g: '', k: '' }, 3],
    ['a seq of 65 bits', { t: 4, f: account, u: '', n: 2n ** 64n, i: '', z: signature }, 4],
    ['a reject without a code', { t: 5, o: 1 }, 5],
    ['a set-off of 33 bytes', { t: 6, c: '\x01'.repeat(33), n: 1 }, 6],
    ['a set-off of a negative boot', { t: 6, c: '\x01', n: -1 }, 6],
    ['a set-off without a sum', { t: 6, n: 1 }, 6],
  ])('with %s are malformed', (_, fields, refused) => {
    expect(decodeBttSpeed(encode(fields))).toMatchObject({ ok: false, error: { code: 'malformed', refused } })
  })

  it('that are no canonical dictionary with a t are malformed without one', () => {
    for (const text of ['', 'i1e', 'de', 'd1:t1:1e', 'd1:ti2e1:ni1ee', 'd1:ti9eex']) {
      const decoded = decodeBttSpeed(fromLatin1(text))
      expect(decoded).toMatchObject({ ok: false, error: { code: 'malformed' } })
      expect(decoded.ok ? undefined : decoded.error.refused).toBeUndefined()
    }
  })

  it('above 1 KiB are too long, whatever they hold', () => {
    expect(decodeBttSpeed(encode({ t: 6, pad: new Uint8Array(1100) }))).toMatchObject({
      ok: false,
      error: { kind: 'btt_speed', code: 'too-long' },
    })
    const most = encode({ t: 2, n: 1, w: '\x05', m: '\x06', y: new Uint8Array(1024 - 33) })
    expect(most.length).toBe(1024)
    expect(decodeBttSpeed(most).ok).toBe(true)
  })
})
