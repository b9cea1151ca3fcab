import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  concatBytes,
  equalBytes,
  fromBigEndian,
  fromHex,
  fromLatin1,
  readUint32,
  toBigEndian,
  toHex,
  toLatin1,
  writeUint32,
} from './bytes.ts'

test('bytes survive hex and latin1', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(fromHex(toHex(bytes))).toEqual(bytes)
      expect(fromHex(`0x${toHex(bytes).toUpperCase()}`)).toEqual(bytes)
      expect(fromLatin1(toLatin1(bytes))).toEqual(bytes)
    }),
  )
})

test('what is no hex is undefined', () => {
  for (const text of ['abc', 'zz', '0x1', '0x0g']) expect(fromHex(text)).toBeUndefined()
})

test('integers survive big-endian bytes, which have no leading zeros', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), (value) => {
      const bytes = toBigEndian(value)
      expect(bytes[0]).not.toBe(0)
      expect(fromBigEndian(bytes)).toBe(value)
    }),
  )
  expect(toBigEndian(0n)).toHaveLength(0)
})

test('32-bit integers survive, the highest bit included', () => {
  const bytes = new Uint8Array(6)
  for (const value of [0, 1, 0x7fffffff, 0x80000000, 0xffffffff]) {
    writeUint32(bytes, 1, value)
    expect(readUint32(bytes, 1)).toBe(value)
  }
  expect([bytes[0], bytes[5]]).toEqual([0, 0])
})

test('equality looks at every byte, and concatenation keeps the order', () => {
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true)
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false)
  expect(equalBytes(Uint8Array.of(1), Uint8Array.of(1, 2))).toBe(false)
  expect(concatBytes([Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3)])).toEqual(Uint8Array.of(1, 2, 3))
})
