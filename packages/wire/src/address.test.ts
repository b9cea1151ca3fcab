import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeCompactPeers, encodeCompactPeers, formatIp, parseIp } from './address.ts'

describe('literal addresses', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:1:1:1:1:0:1', '2001:db8:1:1:1:1:0:1'],
    ['fe80::', 'fe80::'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
  ])('%s is written %s', (text, canonical) => {
    const ip = parseIp(text)
    expect(ip === undefined ? undefined : formatIp(ip)).toBe(canonical)
  })

  it.each([
    '',
    'localhost',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4.5',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '12345::',
    '::1%lo',
  ])('%s is none', (text) => {
    expect(parseIp(text)).toBeUndefined()
  })

  it('survive the way through text and through a compact list', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat({ max: 65_535 }), (ip, port) => {
        ip[0] = 0x20
        expect(parseIp(formatIp(ip))).toEqual(ip)
        const peers = [{ host: formatIp(ip), port }]
        expect(decodeCompactPeers(encodeCompactPeers(peers, 16), 16, 9)).toEqual({ ok: true, value: peers })
        expect(encodeCompactPeers(peers, 4)).toEqual(new Uint8Array(0))
      }),
    )
  })
})
