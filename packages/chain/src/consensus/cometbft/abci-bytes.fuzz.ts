/** Whatever comes over the ABCI socket, cut wherever it is cut, is read the same or refused; nothing throws. */

import { concatBytes } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFrameDecoder, encodeFrame } from './frames.ts'
import { request, response } from './messages.ts'
import { decode, encode } from './proto.ts'

const bytes = (maxLength: number) => fc.uint8Array({ maxLength })
const hex = (list: readonly Uint8Array[]) => list.map((item) => Buffer.from(item).toString('hex'))

/** `whole` cut at the fractions `cuts`. */
function pieces(whole: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const places = [0, ...cuts.map((cut) => Math.floor(cut * whole.length)).sort((a, b) => a - b), whole.length]
  return places.slice(1).map((end, index) => whole.subarray(places[index], end))
}
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 })

test('frames come out as they went in, wherever the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(bytes(300), { maxLength: 6 }), cuts, (messages, places) => {
      const decoder = createFrameDecoder()
      const found: Uint8Array[] = []
      for (const piece of pieces(concatBytes(messages.map(encodeFrame)), places)) {
        const pushed = decoder.push(piece)
        if (!pushed.ok) throw new Error(pushed.error)
        found.push(...pushed.value)
      }
      expect(hex(found)).toEqual(hex(messages))
    }),
    { numRuns: 300 },
  )
})

test('a frame above the limit and a length without an end are refused before they are buffered', () => {
  const decoder = createFrameDecoder(100)
  expect(decoder.push(encodeFrame(new Uint8Array(100))).ok).toBe(true)
  expect(decoder.push(Uint8Array.of(101))).toEqual({ ok: false, error: 'a message of 101 bytes: expected at most 100' })
  expect(createFrameDecoder().push(Uint8Array.of(0xff, 0xff, 0xff, 0xff)).ok).toBe(false)
})

test('any bytes are a stream or a refusal', () => {
  fc.assert(
    fc.property(bytes(200), cuts, (stream, places) => {
      const decoder = createFrameDecoder(64)
      let held = 0
      for (const piece of pieces(stream, places)) {
        const pushed = decoder.push(piece)
        if (!pushed.ok) return
        held += pushed.value.reduce((sum, { length }) => sum + length, 0)
      }
      expect(held).toBeLessThanOrEqual(stream.length)
    }),
    { numRuns: 500 },
  )
})

test.each([['request', request] as const, ['response', response] as const])(
  'any bytes are a %s or a refusal, and what was read is read again the same',
  (_name, description) => {
    fc.assert(
      fc.property(bytes(120), (raw) => {
        const first = decode(description, raw)
        if (!first.ok) return
        const again = decode(description, encode(description, first.value))
        expect(again).toEqual(first)
      }),
      { numRuns: 2000 },
    )
  },
)

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const time = fc.record({ seconds: int64, nanos: fc.integer({ min: 0, max: 999_999_999 }) })
const votes = fc.array(
  fc.record({
    validator: fc.record({ address: bytes(20), power: int64 }),
    blockIdFlag: fc.integer({ min: 0, max: 3 }),
  }),
  { maxLength: 4 },
)
const finalizeBlock = fc.record({
  txs: fc.array(bytes(40), { maxLength: 4 }),
  lastCommit: fc.record({ round: fc.integer({ min: 0, max: 9 }), votes }),
  misbehavior: fc.constant([]),
  hash: bytes(32),
  height: int64,
  time,
  proposerAddress: bytes(20),
})

test('a call of a block says the same after its bytes, unknown fields or not', () => {
  fc.assert(
    fc.property(finalizeBlock, fc.boolean(), (call, hasMore) => {
      const written = encode(request, { finalizeBlock: call })
      // Field 99 as a varint of 1: what a newer CometBFT may add.
      const raw = hasMore ? concatBytes([written, Uint8Array.of(0x98, 0x06, 0x01)]) : written
      const read = decode(request, raw)
      expect(read.ok && read.value.finalizeBlock).toEqual(call)
    }),
    { numRuns: 300 },
  )
})

test('bytes that CometBFT 0.40 wrote are read, and ours are those it reads', () => {
  // RequestInfo{Version: "0.39.0", BlockVersion: 11, P2PVersion: 8, AbciVersion: "2.0.0"}, as the socket carries it.
  const info = Uint8Array.from(Buffer.from('1a130a06302e33392e30100b18082205322e302e30', 'hex'))
  const read = decode(request, info)
  expect(read.ok && read.value.info).toEqual({ version: '0.39.0', abciVersion: '2.0.0' })
  // ResponseCommit{RetainHeight: 5}: field 12 of Response, field 3 within.
  expect(Buffer.from(encode(response, { commit: { retainHeight: 5n } })).toString('hex')).toBe('62021805')
})

test('the calls of state sync are written and read as CometBFT 0.40 writes and reads them', () => {
  const hexOf = (raw: Uint8Array) => Buffer.from(raw).toString('hex')
  const asked = (raw: string) => {
    const read = decode(request, Uint8Array.from(Buffer.from(raw, 'hex')))
    if (!read.ok) throw new Error(read.error)
    return read.value
  }
  const [hash, metadata] = [Uint8Array.of(1), Uint8Array.of(2, 3)]
  const snapshot = { height: 1000n, format: 1, chunks: 2, hash, metadata }
  expect(asked('6a130a0e08e807100118022201012a020203120104').offerSnapshot).toEqual({
    snapshot,
    appHash: Uint8Array.of(4),
  })
  expect(asked('720708e80710011807').loadSnapshotChunk).toEqual({ height: 1000n, format: 1, chunk: 7 })
  expect(asked('7a0908071201091a026162').applySnapshotChunk).toEqual({
    index: 7,
    chunk: Uint8Array.of(9),
    sender: 'ab',
  })
  expect(hexOf(encode(response, { listSnapshots: { snapshots: [snapshot] } }))).toBe(
    '6a100a0e08e807100118022201012a020203',
  )
  const applied = { result: 3, refetchChunks: [0, 300], rejectSenders: ['ab'] }
  expect(hexOf(encode(response, { applySnapshotChunk: applied }))).toBe('82010b0803120300ac021a026162')
  // Unpacked, as proto3 must be read too: 10 00, 10 05.
  const unpacked = decode(response, Uint8Array.from(Buffer.from('820106080310001005', 'hex')))
  expect(unpacked.ok && unpacked.value.applySnapshotChunk?.refetchChunks).toEqual([0, 5])
})
