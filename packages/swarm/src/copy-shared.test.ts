import { seededRandom } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { copyShared } from './copy-shared.ts'

test('copies exactly the range, wherever it lies, and nothing beside it', () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(300), fc.nat(300), fc.nat(300), (seed, at, start, length) => {
      const source = seededRandom(seed).bytes(600)
      const target = new Uint8Array(new SharedArrayBuffer(600)).fill(7)
      copyShared(target, at, source, start, start + length)
      const expected = new Uint8Array(600).fill(7)
      expected.set(source.subarray(start, start + length), at)
      expect([...target]).toEqual([...expected])
    }),
  )
})
