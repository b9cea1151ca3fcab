import { concatBytes, equalBytes, fromHex } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { FrameReader, type FrameSink } from './frame-reader.ts'
import { encodeMessage, type PeerMessage } from './messages.ts'
import { eventsOf, recorder } from './testing.suite.ts'

const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array(0)

describe('FrameReader', () => {
  it('tells each message once, blocks as their bytes', () => {
    const stream = concatBytes([
      encodeMessage({ type: 'bitfield', bits: Uint8Array.of(0xf0) }),
      encodeMessage({ type: 'unchoke' }),
      encodeMessage({ type: 'have', piece: 3 }),
      encodeMessage({ type: 'request', piece: 2, begin: 0, length: 16384 }),
      encodeMessage({ type: 'cancel', piece: 2, begin: 0, length: 16384 }),
      encodeMessage({ type: 'reject', piece: 1, begin: 16384, length: 9 }),
      encodeMessage({ type: 'piece', piece: 1, begin: 5, block: hex('0a0b0c') }),
      encodeMessage({ type: 'extended', id: 3, payload: hex('6465') }),
      encodeMessage({ type: 'keepAlive' }),
    ])
    expect(eventsOf(stream, { pieceCount: 4 })).toEqual([
      { type: 'bitfield', bits: Uint8Array.of(0xf0) },
      { type: 'unchoke' },
      'have 3',
      'request 2 0 16384',
      'cancel 2 0 16384',
      'reject 1 16384 9',
      'start 1 5 3',
      'data 0a0b0c',
      'end',
      { type: 'extended', id: 3, payload: hex('6465') },
      { type: 'keepAlive' },
    ])
  })

  it("hands a block on as ranges of the caller's own chunk", () => {
    const message = encodeMessage({ type: 'piece', piece: 0, begin: 0, block: new Uint8Array(16384).fill(7) })
    const ranges: (readonly [Uint8Array, number, number])[] = []
    const sink: FrameSink = { ...recorder([]), onPieceData: (chunk, start, end) => ranges.push([chunk, start, end]) }
    const reader = new FrameReader(sink, { pieceCount: 1 })
    const first = message.subarray(0, 10_000)
    const second = message.subarray(10_000)
    reader.push(first, first.length)
    reader.push(second, second.length)
    expect(ranges.map(([, start, end]) => [start, end])).toEqual([
      [13, 10_000],
      [0, 6_397],
    ])
    expect(ranges[0]?.[0]).toBe(first)
    expect(ranges[1]?.[0]).toBe(second)
  })

  it('reads a buffer only up to the given length, from the given start', () => {
    const stream = concatBytes([hex('ffff'), encodeMessage({ type: 'have', piece: 1 }), hex('000000010e')])
    const events: unknown[] = []
    expect(new FrameReader(recorder(events), { pieceCount: 4 }).push(stream, 11, 2)).toBeUndefined()
    expect(events).toEqual(['have 1'])
  })

  it.each([
    ['00100003', 'message-too-long'],
    ['ffffffff', 'message-too-long'],
    ['000000020100', 'bad-length'],
    ['000000050400000004', 'bad-piece'],
    ['0000000907', 'bad-block'],
    ['0002000a0700000000', 'bad-block'],
    ['000000080700000000', 'bad-length'],
    ['0000000305ff', 'bad-bitfield'],
    ['0000000114', 'bad-length'],
  ])('answers %s with the fault %s, at every later call too', (start, code) => {
    const events: unknown[] = []
    const reader = new FrameReader(recorder(events), { pieceCount: 4 })
    const bytes = concatBytes([hex(start), new Uint8Array(32)])
    expect(reader.push(bytes, bytes.length)).toMatchObject({ kind: 'wire', code })
    expect(events).toEqual([])
    expect(reader.push(hex('0000000101'), 5)).toMatchObject({ kind: 'wire', code })
    expect(events).toEqual([])
  })

  it('learns the piece count with the metadata', () => {
    const events: unknown[] = []
    const reader = new FrameReader(recorder(events))
    const have = encodeMessage({ type: 'have', piece: 1000 })
    expect(reader.push(have, have.length)).toBeUndefined()
    reader.setPieceCount(1000)
    expect(reader.push(have, have.length)).toMatchObject({ code: 'bad-piece' })
    expect(events).toEqual(['have 1000'])
  })

  it('accepts a bitfield longer than an extension message where the torrent needs it', () => {
    const pieceCount = 16 * 1_048_576
    const bits = new Uint8Array(pieceCount / 8).fill(255)
    const message = encodeMessage({ type: 'bitfield', bits })
    const received: PeerMessage[] = []
    const reader = new FrameReader({ ...recorder([]), onMessage: (it) => received.push(it) }, { pieceCount })
    expect(reader.push(message, message.length)).toBeUndefined()
    const [first] = received
    expect(first?.type === 'bitfield' && equalBytes(first.bits, bits)).toBe(true)
  })

  it('falls silent when stopped within a call', () => {
    const events: unknown[] = []
    const reader: FrameReader = new FrameReader({
      ...recorder(events),
      onHave: () => reader.stop(),
    })
    const stream = concatBytes([encodeMessage({ type: 'have', piece: 1 }), encodeMessage({ type: 'choke' })])
    expect(reader.push(stream, stream.length)).toBeUndefined()
    expect(reader.push(stream, stream.length)).toBeUndefined()
    expect(events).toEqual([])
  })

  it('keeps memory for what arrived of a message, not for what its prefix claims', () => {
    const claim = hex('00100001140061')
    const before = process.memoryUsage().arrayBuffers
    const readers = Array.from({ length: 500 }, () => {
      const reader = new FrameReader(recorder([]))
      expect(reader.push(claim, claim.length)).toBeUndefined()
      return reader
    })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(500 * 65_536)
    expect(readers).toHaveLength(500)
  })
})
