/** RLP of ours beside that of @ethereumjs/rlp, for items of any depth and length. */

import { RLP } from '@ethereumjs/rlp'
import { concatBytes } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hexOf } from './hex.ts'
import { encodeRlp, joinRlp, type RlpItem } from './rlp.ts'

const edges = [0, 1, 2, 55, 56, 57, 255, 256, 257, 65_535, 65_536]
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 70 }),
  fc.constantFrom(...edges).map((length) => new Uint8Array(length).fill(0x7f)),
  fc.nat(255).map((byte) => Uint8Array.of(byte)),
)
const { item } = fc.letrec<{ item: RlpItem }>((tie) => ({
  item: fc.oneof({ maxDepth: 5 }, bytes, fc.array(tie('item'), { maxLength: 20 })),
}))

// RLP's own type wants arrays that may be written to.
const theirs = (value: RlpItem) => RLP.encode(value as Parameters<typeof RLP.encode>[0])

test('an item is encoded as @ethereumjs/rlp encodes it', () => {
  fc.assert(
    fc.property(item, (value) => {
      expect(hexOf(encodeRlp(value))).toBe(hexOf(theirs(value)))
    }),
  )
})

test('every byte of the array is written, whatever stood there before', () => {
  const used = (length: number) => new Uint8Array(length).fill(0xa5)
  fc.assert(
    fc.property(item, fc.option(fc.constantFrom(1, 2), { nil: undefined }), (value, type) => {
      expect(hexOf(encodeRlp(value, type, used))).toBe(hexOf(encodeRlp(value, type)))
    }),
  )
})

test('a list of encoded items is the encoded list', () => {
  fc.assert(
    fc.property(fc.array(item, { maxLength: 30 }), (items) => {
      expect(hexOf(joinRlp(items.map(theirs)))).toBe(hexOf(theirs(items)))
    }),
  )
})

test('a type stands before the rest', () => {
  fc.assert(
    fc.property(item, fc.nat(127), (value, type) => {
      expect(hexOf(encodeRlp(value, type))).toBe(hexOf(concatBytes([Uint8Array.of(type), theirs(value)])))
    }),
  )
})
