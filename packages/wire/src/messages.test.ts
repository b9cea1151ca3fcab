import { fromHex, toHex } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { decodeMessage, encodeMessage, type PeerMessage } from './messages.ts'
import * as writers from './writers.ts'

const wire: readonly (readonly [string, PeerMessage])[] = [
  ['00000000', { type: 'keepAlive' }],
  ['0000000100', { type: 'choke' }],
  ['0000000101', { type: 'unchoke' }],
  ['0000000102', { type: 'interested' }],
  ['0000000103', { type: 'notInterested' }],
  ['000000050400000007', { type: 'have', piece: 7 }],
  ['0000000205a0', { type: 'bitfield', bits: Uint8Array.of(0xa0) }],
  ['0000000d06000000010000400000004000', { type: 'request', piece: 1, begin: 16384, length: 16384 }],
  ['0000000b070000000100004000abcd', { type: 'piece', piece: 1, begin: 16384, block: Uint8Array.of(0xab, 0xcd) }],
  ['0000000d08000000010000400000004000', { type: 'cancel', piece: 1, begin: 16384, length: 16384 }],
  ['00000003091ae1', { type: 'port', port: 6881 }],
  ['000000050d00000007', { type: 'suggest', piece: 7 }],
  ['000000010e', { type: 'haveAll' }],
  ['000000010f', { type: 'haveNone' }],
  ['0000000d10000000010000400000004000', { type: 'reject', piece: 1, begin: 16384, length: 16384 }],
  ['000000051100000007', { type: 'allowedFast', piece: 7 }],
  ['0000000414000102', { type: 'extended', id: 0, payload: Uint8Array.of(1, 2) }],
  ['000000031500ff', { type: 'unknown', id: 21, payload: Uint8Array.of(0, 255) }],
]

describe('peer messages', () => {
  it.each(wire)('%s is written and read', (hex, message) => {
    expect(toHex(encodeMessage(message))).toBe(hex)
    expect(decodeMessage(encodeMessage(message).subarray(4), 8)).toEqual({ ok: true, value: message })
  })

  it.each([
    ['a choke with a payload', '0000', 8, 'bad-length'],
    ['a have of three bytes', '04000000', 8, 'bad-length'],
    ['a have past the last piece', '0400000008', 8, 'bad-piece'],
    ['a have above any torrent', '04ffffffff', undefined, 'bad-piece'],
    ['a request of no bytes', '06000000000000000000000000', 8, 'bad-block'],
    ['a request above 128 KiB', '06000000000000000000020001', 8, 'bad-block'],
    ['a reject past the last piece', '10000000080000000000004000', 8, 'bad-piece'],
    ['a piece without a block', '070000000000000000', 8, 'bad-block'],
    ['a piece without an offset', '0700000000', 8, 'bad-length'],
    ['a short bitfield', '05', 8, 'bad-bitfield'],
    ['a long bitfield', '050000', 8, 'bad-bitfield'],
    ['a bitfield with spare bits', '05a1', 7, 'bad-bitfield'],
    ['an extension message without a sub-id', '14', 8, 'bad-length'],
  ])('%s is a fault', (_, hex, pieceCount, code) => {
    expect(decodeMessage(fromHex(hex) ?? new Uint8Array(0), pieceCount)).toMatchObject({
      ok: false,
      error: { kind: 'wire', code },
    })
  })

  it('of the frequent kinds are written in place, byte for byte the same', () => {
    const buffer = new Uint8Array(128)
    let end = writers.writeRequest(buffer, 0, 1, 16384, 16384)
    end = writers.writeCancel(buffer, end, 1, 16384, 16384)
    end = writers.writeReject(buffer, end, 1, 16384, 16384)
    end = writers.writeHave(buffer, end, 7)
    end = writers.writeState(buffer, end, 'haveAll')
    end = writers.writeKeepAlive(buffer, end)
    end = writers.writePieceHeader(buffer, end, 1, 16384, 2)
    expect(toHex(buffer.subarray(0, end))).toBe(
      '0000000d06000000010000400000004000' +
        '0000000d08000000010000400000004000' +
        '0000000d10000000010000400000004000' +
        '000000050400000007' +
        '000000010e' +
        '00000000' +
        '0000000b070000000100004000',
    )
  })
})
