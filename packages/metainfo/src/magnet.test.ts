import { btt, fromHex, toHex } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { formatMagnet, type Magnet, parseMagnet } from './magnet.ts'

const hex = 'd2474e86c95b19b8bcfdb92bc12c9d44667cfa36'
const base32 = '2JDU5BWJLMM3RPH5XEV4CLE5IRTHZ6RW'
const ledger = 'ab'.repeat(32)

function parse(text: string): Magnet {
  const parsed = parseMagnet(text)
  if (!parsed.ok) throw new Error(parsed.error.message)
  return parsed.value
}

function code(text: string): string {
  const parsed = parseMagnet(text)
  return parsed.ok ? 'accepted' : parsed.error.code
}

const link = (rest: string): Magnet => parse(`magnet:?xt=urn:btih:${hex}${rest}`)

describe('a magnet link', () => {
  it('names its torrent in hex or base 32, in either case', () => {
    for (const id of [hex, hex.toUpperCase(), base32, base32.toLowerCase()]) {
      expect(toHex(parse(`magnet:?xt=urn:btih:${id}`).infoHash)).toBe(hex)
    }
    expect(toHex(parse(`MAGNET:?dn=x&xt.1=URN:BTIH:${hex}`).infoHash)).toBe(hex)
  })

  it('is read with all its parameters', () => {
    const rest = [
      '&dn=Leaves+of%20Grass&tr=udp%3A%2F%2Fa%3A1&tr.1=http://b&tr=http://b&ws=http%3A%2F%2Fw%2Ff',
      `&x.pe=10.0.0.1:6881&x.pe=[2001:db8::1]:80&x.pe=host.example:1&so=0,2,4-6&x.ask=1500&x.ledger=${ledger}`,
    ].join('')
    expect(link(rest)).toEqual({
      infoHash: fromHex(hex),
      displayName: 'Leaves of Grass',
      trackers: ['udp://a:1', 'http://b'],
      webSeeds: ['http://w/f'],
      peers: [
        { host: '10.0.0.1', port: 6881 },
        { host: '2001:db8::1', port: 80 },
        { host: 'host.example', port: 1 },
      ],
      selectOnly: [
        [0, 0],
        [2, 2],
        [4, 6],
      ],
      ask: btt(1500n),
      ledgers: [fromHex(ledger)],
    })
  })

  it('is read without its broken parameters', () => {
    const rest = '&x.pe=nowhere&x.pe=a:0&x.pe=a:70000&so=3-1,x,&x.ask=-1&x.ledger=abcd&tr=&dn&=x&dn=%ff%41&zz=1#tr=x'
    expect(link(rest)).toEqual({
      infoHash: fromHex(hex),
      displayName: '\ufffdA',
      trackers: [],
      webSeeds: [],
      peers: [],
    })
  })

  it.each([
    ['http://example.com', 'not-a-magnet'],
    ['magnet:?dn=x', 'no-info-hash'],
    ['magnet:?xt=urn:sha1:abc', 'no-info-hash'],
    ['magnet:?xt=urn:btih:abc', 'bad-info-hash'],
    [`magnet:?xt=urn:btih:${'g'.repeat(40)}`, 'bad-info-hash'],
    [`magnet:?xt=urn:btih:${'1'.repeat(32)}`, 'bad-info-hash'],
    [`magnet:?xt=urn:btmh:1220${'a'.repeat(64)}`, 'v2-not-yet'],
    [`magnet:?xt=urn:btih:${hex}&dn=${'a'.repeat(70_000)}`, 'too-long'],
  ])('%s is refused: %s', (text, expected) => {
    expect(code(text)).toBe(expected)
  })

  it('of a hybrid is taken by its v1 name', () => {
    expect(toHex(parse(`magnet:?xt=urn:btmh:1220${'a'.repeat(64)}&xt=urn:btih:${hex}`).infoHash)).toBe(hex)
  })

  it('holds at most 200 of each', () => {
    expect(link(Array.from({ length: 300 }, (_, i) => `&tr=udp://t${i}`).join('')).trackers).toHaveLength(200)
  })

  it('is written so that it reads the same', () => {
    const magnet = link(`&dn=a%26b&tr=udp://a&ws=http://w&x.pe=[::1]:2&so=1-2,9&x.ask=5&x.ledger=${ledger}`)
    expect(parse(formatMagnet(magnet))).toEqual(magnet)
    expect(formatMagnet(link(''))).toBe(`magnet:?xt=urn:btih:${hex}`)
  })
})
