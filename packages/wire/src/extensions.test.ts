import { fromLatin1, toLatin1 } from '@millrace/base'
import { encode } from '@millrace/bencode'
import { describe, expect, it } from 'vitest'
import { decodeExtendedHandshake, encodeExtendedHandshake, ownExtensionIds } from './extended-handshake.ts'
import { decodeMetadataMessage, encodeMetadataMessage, metadataPieceSize } from './ut-metadata.ts'
import { decodePex, encodePex, pexFlags } from './ut-pex.ts'

const nonce = new Uint8Array(16).fill(0x4e)
const ledger = new Uint8Array(32).fill(0x4c)

describe('the extended handshake (BEP 10)', () => {
  it('is written as bencoding and read back', () => {
    const handshake = {
      m: ownExtensionIds,
      v: 'millrace 0.1',
      p: 6881,
      reqq: 500,
      metadataSize: 31_235,
      yourIp: Uint8Array.of(10, 0, 0, 1),
      uploadOnly: true,
      bttSpeed: { v: 2, nonce, sells: true, ledgers: [ledger] },
    }
    const payload = encodeExtendedHandshake(handshake)
    expect(toLatin1(payload)).toBe(
      `d9:btt_speedd1:ll32:${'L'.repeat(32)}e1:n16:${'N'.repeat(16)}1:si1e1:vi2ee` +
        '1:md9:btt_speedi3e11:ut_metadatai1e6:ut_pexi2ee13:metadata_sizei31235e1:pi6881e4:reqqi500e' +
        '11:upload_onlyi1e1:v12:millrace 0.16:yourip4:\n\x00\x00\x01e',
    )
    expect(decodeExtendedHandshake(payload)).toEqual({ ok: true, value: handshake })
  })

  it('takes entries of a wrong type or range as missing, and ignores unknown ones', () => {
    const payload = encode({
      m: { ut_pex: 'x', ut_metadata: 7, too_big: 256, off: 0 },
      p: 0,
      reqq: -1,
      metadata_size: 1e9,
      v: new Uint8Array([0xff]),
      yourip: 'abcde',
      upload_only: [],
      later: 1,
    })
    expect(decodeExtendedHandshake(payload)).toEqual({ ok: true, value: { m: { ut_metadata: 7, off: 0 } } })
  })

  it('forgives unordered keys and trailing bytes, as the clients in use do', () => {
    expect(decodeExtendedHandshake(fromLatin1('d4:reqqi5e1:mdeexx'))).toEqual({ ok: true, value: { m: {}, reqq: 5 } })
  })

  it.each([
    ['no nonce', { v: 1, s: 1, l: [ledger] }],
    ['a short nonce', { v: 1, n: nonce.subarray(1), s: 1, l: [ledger] }],
    ['a seller flag of 2', { v: 1, n: nonce, s: 2, l: [ledger] }],
    ['a version of 0', { v: 0, n: nonce, s: 1, l: [ledger] }],
    ['a ledger of 31 bytes', { v: 1, n: nonce, s: 1, l: [ledger, ledger.subarray(1)] }],
    ['no list of ledgers', { v: 1, n: nonce, s: 1 }],
  ])('with %s in btt_speed is that of an ordinary peer', (_, offer) => {
    expect(decodeExtendedHandshake(encode({ m: { btt_speed: 3 }, btt_speed: offer }))).toEqual({
      ok: true,
      value: { m: { btt_speed: 3 } },
    })
  })

  it('is refused when it is no dictionary', () => {
    for (const text of ['', 'le', 'd', '5:hello', 'garbage']) {
      expect(decodeExtendedHandshake(fromLatin1(text))).toMatchObject({ ok: false, error: { code: 'bad-extension' } })
    }
  })
})

describe('metadata messages (BEP 9)', () => {
  it.each([
    [{ type: 'request', piece: 0 } as const, 'd8:msg_typei0e5:piecei0ee'],
    [{ type: 'reject', piece: 3 } as const, 'd8:msg_typei2e5:piecei3ee'],
    [
      { type: 'data', piece: 1, totalSize: 16_387, bytes: fromLatin1('abc') } as const,
      'd8:msg_typei1e5:piecei1e10:total_sizei16387eeabc',
    ],
    [{ type: 'unknown', msgType: 9, piece: 0 } as const, 'd8:msg_typei9e5:piecei0ee'],
  ])('%o is %s', (message, text) => {
    expect(toLatin1(encodeMetadataMessage(message))).toBe(text)
    expect(decodeMetadataMessage(fromLatin1(text))).toEqual({ ok: true, value: message })
  })

  it.each([
    'd8:msg_typei1e5:piecei1e10:total_sizei16387eeabcd',
    'd8:msg_typei1e5:piecei2e10:total_sizei16387ee',
    'd8:msg_typei1e5:piecei0eeabc',
    'd8:msg_typei1e5:piecei0e10:total_sizei999999999eeabc',
    'd8:msg_typei0e5:piecei-1ee',
    'd5:piecei0ee',
    'i0e',
  ])('%s is refused', (text) => {
    expect(decodeMetadataMessage(fromLatin1(text))).toMatchObject({ ok: false, error: { code: 'bad-extension' } })
  })

  it('come in pieces of 16 KiB, the last one shorter', () => {
    expect([0, 1, 2].map((piece) => metadataPieceSize(16_387, piece))).toEqual([16_384, 3, 0])
  })
})

describe('peer exchange (BEP 11)', () => {
  it('carries IPv4 and IPv6 in their own lists', () => {
    const message = {
      added: [
        { host: '10.0.0.1', port: 6881, flags: pexFlags.seed | pexFlags.reachable },
        { host: '2001:db8::1', port: 51413, flags: pexFlags.supportsUtp },
      ],
      dropped: [
        { host: '10.0.0.2', port: 1 },
        { host: '::1', port: 2 },
      ],
    }
    const payload = encodePex(message)
    expect(toLatin1(payload)).toContain('5:added6:\n\x00\x00\x01\x1a\xe17:added.f1:\x12')
    expect(decodePex(payload)).toEqual({ ok: true, value: message })
  })

  it('does without flags, leaves out port 0 and bounds its lists', () => {
    const entries = new Uint8Array(6 * 1000)
    for (let at = 0; at < entries.length; at += 6) entries.set([10, 0, 0, 1, 0x1a, 0xe1], at)
    entries[4] = 0
    entries[5] = 0
    const decoded = decodePex(encode({ added: entries }))
    expect(decoded.ok && decoded.value.added.length).toBe(199)
    expect(decoded.ok && decoded.value.added[0]).toEqual({ host: '10.0.0.1', port: 6881, flags: 0 })
  })

  it('refuses a list that is cut within an entry', () => {
    expect(decodePex(encode({ added: '12345' }))).toMatchObject({ ok: false, error: { code: 'bad-extension' } })
  })
})
