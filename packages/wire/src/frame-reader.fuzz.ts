import { concatBytes } from '@millrace/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMessage, encodeMessage, type PeerMessage } from './messages.ts'
import { eventsOf } from './testing.suite.ts'

const pieceCount = 37
const piece = fc.nat({ max: pieceCount - 1 })
const begin = fc.nat({ max: 2 ** 32 - 1 })
const bytes = (maxLength: number, minLength = 0) => fc.uint8Array({ minLength, maxLength })

const message: fc.Arbitrary<PeerMessage> = fc.oneof(
  fc.record({
    type: fc.constantFrom('choke', 'unchoke', 'interested', 'notInterested', 'haveAll', 'haveNone', 'keepAlive'),
  }),
  fc.record({ type: fc.constantFrom('have', 'suggest', 'allowedFast'), piece }),
  fc.record({
    type: fc.constantFrom('request', 'cancel', 'reject'),
    piece,
    begin,
    length: fc.integer({ min: 1, max: 131_072 }),
  }),
  fc.record({ type: fc.constant('piece'), piece, begin, block: bytes(300, 1) }),
  fc.record({ type: fc.constant('port'), port: fc.nat({ max: 65_535 }) }),
  fc.record({ type: fc.constant('extended'), id: fc.nat({ max: 255 }), payload: bytes(300) }),
  fc.record({ type: fc.constant('unknown'), id: fc.integer({ min: 21, max: 255 }), payload: bytes(40) }),
  bytes(5, 5).map((bits) => {
    bits[4] = (bits[4] ?? 0) & 0xf8
    return { type: 'bitfield', bits } as const
  }),
) as fc.Arbitrary<PeerMessage> // fc.record widens the union of types of one shape

describe('peer messages', () => {
  it('decode(encode(m)) is m', () => {
    fc.assert(
      fc.property(message, (m) => {
        expect(decodeMessage(encodeMessage(m).subarray(4), pieceCount)).toEqual({ ok: true, value: m })
      }),
      { numRuns: 1000 },
    )
  })

  it('whatever body is accepted is encoded to the same bytes', () => {
    const body = fc.oneof(
      bytes(20),
      message.map((m) => encodeMessage(m).subarray(4)),
    )
    fc.assert(
      fc.property(body, (bytesIn) => {
        const decoded = decodeMessage(bytesIn, pieceCount)
        if (decoded.ok) expect(encodeMessage(decoded.value).subarray(4)).toEqual(bytesIn)
        else expect(decoded.error.kind).toBe('wire')
      }),
      { numRuns: 1000 },
    )
  })
})

describe('FrameReader', () => {
  it('gives the same events however the stream is cut, true to the messages', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 12 }),
        fc.array(fc.nat({ max: 2000 }), { maxLength: 30 }),
        (ms, at) => {
          const stream = concatBytes(ms.map(encodeMessage))
          const whole = eventsOf(stream, { pieceCount })
          const cuts = at.map((cut) => Math.min(cut, stream.length))
          expect(eventsOf(stream, { pieceCount }, cuts)).toEqual(whole)
          expect(whole.filter((event) => typeof event === 'object')).toEqual(
            ms.filter((m) => !['have', 'request', 'cancel', 'reject', 'piece'].includes(m.type)),
          )
        },
      ),
      { numRuns: 500 },
    )
  })

  it('gives the same events byte by byte', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), (ms) => {
        const stream = concatBytes(ms.map(encodeMessage))
        const cuts = Array.from(stream, (_, index) => index)
        expect(eventsOf(stream, { pieceCount }, cuts)).toEqual(eventsOf(stream, { pieceCount }))
      }),
      { numRuns: 100 },
    )
  })

  it('answers garbage with a fault or silence, the same however it is cut', () => {
    const prefix = fc.constantFrom(
      [],
      [0, 0, 0, 3],
      [0, 0, 0, 13, 6],
      [0, 0, 0, 5, 4],
      [0, 0, 0, 60, 7],
      [0, 0, 1, 0, 20],
    )
    const garbage = fc.tuple(prefix, bytes(300)).map(([head, tail]) => Uint8Array.of(...head, ...tail))
    fc.assert(
      fc.property(garbage, fc.array(fc.nat({ max: 300 }), { maxLength: 20 }), (stream, at) => {
        const cuts = at.map((cut) => Math.min(cut, stream.length))
        expect(eventsOf(stream, { pieceCount }, cuts)).toEqual(eventsOf(stream, { pieceCount }))
      }),
      { numRuns: 1000 },
    )
  })
})
