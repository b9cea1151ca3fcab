import { fromLatin1, toLatin1, toUtf8 } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { asDict, asInt, asList, dictBytes, dictDict, dictInt, dictList, dictText } from './access.ts'
import { type DecodeOptions, decode, decodePrefix } from './decode.ts'
import { encode } from './encode.ts'
import type { BencodeDict, BencodeValue } from './value.ts'

function decoded(text: string, options?: DecodeOptions): BencodeValue {
  const result = decode(fromLatin1(text), options)
  if (!result.ok) throw new Error(result.error.message)
  return result.value.value
}

function dictOf(text: string, options?: DecodeOptions): BencodeDict {
  return asDict(decoded(text, options)) ?? new Map()
}

function refusal(text: string, options?: DecodeOptions): string {
  const decoded = decode(fromLatin1(text), options)
  return decoded.ok ? 'accepted' : `${decoded.error.code}@${decoded.error.offset}`
}

describe('strict decoding', () => {
  it.each([
    ['i0e', 0n],
    ['i-42e', -42n],
    ['i18446744073709551616e', 2n ** 64n],
    ['0:', new Uint8Array(0)],
    ['3:a\x00\xff', Uint8Array.of(0x61, 0, 0xff)],
    ['le', []],
    ['li1e1:ae', [1n, Uint8Array.of(0x61)]],
    [
      'd1:ai1e2:aad1:xleee',
      new Map<string, unknown>([
        ['a', 1n],
        ['aa', new Map([['x', []]])],
      ]),
    ],
  ])('reads %j', (text, value) => {
    expect(decoded(text)).toEqual(value)
  })

  it.each([
    ['', 'truncated@0'],
    ['i', 'truncated@0'],
    ['i1', 'truncated@0'],
    ['ie', 'bad-integer@0'],
    ['i-e', 'bad-integer@0'],
    ['i-0e', 'bad-integer@0'],
    ['i01e', 'bad-integer@0'],
    ['i+1e', 'bad-integer@0'],
    ['i1.5e', 'bad-integer@0'],
    [`i${'9'.repeat(81)}e`, 'bad-integer@0'],
    ['e', 'unexpected-byte@0'],
    ['x', 'unexpected-byte@0'],
    ['-1:a', 'unexpected-byte@0'],
    ['5:four', 'truncated@0'],
    ['99999999999999999999:a', 'truncated@0'],
    ['01:a', 'bad-length@0'],
    ['1a', 'bad-length@0'],
    ['l', 'truncated@1'],
    ['d1:ae', 'unexpected-byte@4'],
    ['di1ei2ee', 'unexpected-byte@1'],
    ['d1:bi1e1:ai2ee', 'unsorted-keys@7'],
    ['d1:ai1e1:ai2ee', 'duplicate-key@7'],
    ['i1ei2e', 'trailing-bytes@3'],
  ])('refuses %j', (text, expected) => {
    expect(refusal(text)).toBe(expected)
  })

  it('sorts keys as raw bytes, a prefix before the longer key', () => {
    expect([...dictOf('d0:i1e1:ai2e2:aai3e1:\xffi4ee').keys()]).toEqual(['', 'a', 'aa', '\xff'])
  })
})

describe('lenient decoding', () => {
  const lenient = { mode: 'lenient' } as const

  it('forgives order, duplicates, leading zeros and trailing bytes with a warning each, and the first duplicate counts', () => {
    const decoded = decode(fromLatin1('d1:bi01e1:ai2e1:bi3ee\n'), lenient)
    if (!decoded.ok) throw new Error(decoded.error.message)
    expect(decoded.value.value).toEqual(
      new Map([
        ['b', 1n],
        ['a', 2n],
      ]),
    )
    expect(decoded.value.warnings).toEqual([
      'an integer has a leading zero or is -0 (at byte 4)',
      'key "a" is out of order (at byte 8)',
      'key "b" occurs twice (at byte 14)',
      '1 bytes after the value',
    ])
    expect(decoded.value.end).toBe(21)
  })

  it('keeps the raw bytes of the first duplicate', () => {
    const decoded = decode(fromLatin1('d1:b2:xx1:a1:y1:b1:ze'), lenient)
    if (!decoded.ok) throw new Error(decoded.error.message)
    const dict = asDict(decoded.value.value) ?? new Map()
    expect(toLatin1(decoded.value.rawOf(dict, 'b') ?? new Uint8Array(0))).toBe('2:xx')
    expect(toLatin1(decoded.value.rawOf(dict, 'a') ?? new Uint8Array(0))).toBe('1:y')
  })

  it('still refuses what has no meaning', () => {
    expect(refusal('d1:a', lenient)).toBe('truncated@4')
    expect(refusal('i--1e', lenient)).toBe('bad-integer@0')
  })

  it('bounds the number of warnings', () => {
    const decoded = decode(fromLatin1(`l${'i00e'.repeat(1000)}e`), lenient)
    expect(decoded.ok && decoded.value.warnings.length).toBe(32)
  })
})

describe('limits', () => {
  it('refuses nesting deeper than the limit and accepts the limit itself', () => {
    expect(refusal(`${'l'.repeat(100)}${'e'.repeat(100)}`)).toBe('accepted')
    expect(refusal(`${'l'.repeat(101)}${'e'.repeat(101)}`)).toBe('too-deep@100')
    expect(refusal('llee', { depthMax: 1 })).toBe('too-deep@1')
  })

  it('refuses ten megabytes of open lists at once', () => {
    expect(refusal('l'.repeat(10_000_000))).toBe('too-deep@100')
  })

  it('counts values, containers and keys', () => {
    expect(refusal('d1:ai1ee', { itemsMax: 3 })).toBe('accepted')
    expect(refusal('d1:ai1ee', { itemsMax: 2 })).toBe('too-many-items@4')
  })

  it('refuses longer input than it was told to take', () => {
    expect(refusal('3:abc', { lengthMax: 4 })).toBe('too-long@0')
  })
})

describe('raw slices', () => {
  it('are the exact bytes of an entry, of nested dictionaries too', () => {
    const bytes = fromLatin1('d4:infod1:xi1e1:yl1:aee1:zi0ee')
    const decoded = decode(bytes)
    if (!decoded.ok) throw new Error(decoded.error.message)
    const dict = asDict(decoded.value.value) ?? new Map()
    const inner = dictDict(dict, 'info') ?? new Map()
    expect(toLatin1(decoded.value.rawOf(dict, 'info') ?? new Uint8Array(0))).toBe('d1:xi1e1:yl1:aee')
    expect(toLatin1(decoded.value.rawOf(inner, 'y') ?? new Uint8Array(0))).toBe('l1:ae')
    expect(decoded.value.rawOf(dict, 'absent')).toBeUndefined()
    expect(decoded.value.rawOf(new Map([['info', 1n]]), 'info')).toBeUndefined()
  })
})

it('tells where other bytes follow a value', () => {
  const decoded = decodePrefix(fromLatin1('d8:msg_typei1eePAYLOAD'))
  expect(decoded.ok && decoded.value.end).toBe(15)
})

describe('encoding', () => {
  it('is canonical', () => {
    const value = { zz: 1, a: 'é', b: undefined, list: [0, -1n, Uint8Array.of(1)], m: new Map([['\xff', 'x']]) }
    expect(toLatin1(encode(value))).toBe('d1:a2:Ã©4:listli0ei-1e1:\x01e1:md1:\xff1:xe2:zzi1ee')
  })

  it('asserts on numbers that are no safe integers', () => {
    expect(() => encode(1.5)).toThrow('a safe integer')
    expect(() => encode(2 ** 53)).toThrow('a safe integer')
  })

  it('writes minus zero as zero', () => {
    expect(toLatin1(encode(-0))).toBe('i0e')
  })
})

describe('accessors', () => {
  const dict = dictOf('d1:bi5e1:d2:\xff\xfe1:i3:abc1:ld0:i1ee1:nli7ee1:t3:\xe2\x82\xac1:yi9007199254740993ee')

  it('read a value of the asked type and range only', () => {
    expect(dictInt(dict, 'b')).toBe(5)
    expect(dictInt(dict, 'b', { min: 5, max: 5 })).toBe(5)
    expect(dictInt(dict, 'b', { min: 6 })).toBeUndefined()
    expect(dictInt(dict, 'b', { max: 4 })).toBeUndefined()
    expect(dictInt(dict, 'y')).toBeUndefined()
    expect(dictInt(dict, 'i')).toBeUndefined()
    expect(dictBytes(dict, 'i', { min: 3, max: 3 })).toEqual(toUtf8('abc'))
    expect(dictBytes(dict, 'i', { min: 4 })).toBeUndefined()
    expect(dictBytes(dict, 'i', { max: 2 })).toBeUndefined()
    expect(dictText(dict, 't')).toBe('€')
    expect(dictText(dict, 'd')).toBeUndefined()
    expect(asInt(dictDict(dict, 'l')?.get(''))).toBe(1n)
    expect(asList(dict.get('n'))).toEqual([7n])
    expect(dictList(dict, 'l')).toBeUndefined()
    expect(dictDict(dict, 'n')).toBeUndefined()
  })
})
