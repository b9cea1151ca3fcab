import { expect, test } from 'vitest'
import { pooled, pooledBytes } from './pooled-bytes.ts'

test('a copy holds the same bytes, at any length, and is a plain array that slices to copies', () => {
  for (const length of [0, 1, 64, 65, 116, 4095, 4096, 131_072]) {
    const bytes = Uint8Array.from({ length }, (_item, at) => at & 0xff)
    const copy = pooled(bytes)
    expect(copy).toStrictEqual(bytes)
    expect(Object.getPrototypeOf(copy)).toBe(Uint8Array.prototype)
    if (length === 0) continue
    copy.slice(0, 1)[0] = 0xff
    expect(copy[0]).toBe(0)
  }
})

test('arrays that are made one after another share their memory, and no byte of it', () => {
  const arrays = Array.from({ length: 60 }, (_item, index) => pooledBytes(120).fill(index))
  expect(new Set(arrays.map(({ buffer }) => buffer)).size).toBeLessThan(4)
  for (const [index, array] of arrays.entries()) expect(array.every((byte) => byte === index)).toBe(true)
})
