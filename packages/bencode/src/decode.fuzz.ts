import { equalBytes } from '@millrace/base'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decode, decodePrefix } from './decode.ts'
import { encode } from './encode.ts'
import type { BencodeValue } from './value.ts'

const latin1Key = fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes).toString('latin1'))

const { value: anyValue } = fc.letrec<{ value: BencodeValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
    fc.uint8Array({ maxLength: 20 }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(fc.tuple(latin1Key, tie('value')), { maxLength: 5 }).map((entries) => {
      const sorted = [...new Map(entries)].sort(([a], [b]) => (a < b ? -1 : 1))
      return new Map(sorted)
    }),
  ),
}))

/** Bytes that look like bencoding more often than random ones do. */
const nearlyBencode = fc
  .array(
    fc.oneof(
      fc.constantFrom('d', 'l', 'e', 'i', 'i1e', 'i-0e', 'i01e', '1:a', '1:b', '2:ab', '0:', ':', '-', '9', '4:info'),
      fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    ),
    { maxLength: 40 },
  )
  .map((parts) => new Uint8Array(Buffer.from(parts.join(''), 'latin1')))

it('decoding an encoding gives the value back', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const decoded = decode(encode(value))
      expect(decoded.ok && decoded.value.value).toEqual(value)
    }),
    { numRuns: 2000 },
  )
})

it('bytes that strict mode accepts encode to the same bytes, and mutated ones never throw', () => {
  const mutated = fc.tuple(anyValue, fc.nat(), fc.nat(255)).map(([value, at, byte]) => {
    const bytes = encode(value)
    bytes[at % bytes.length] = byte
    return bytes
  })
  fc.assert(
    fc.property(fc.oneof(nearlyBencode, mutated), (bytes) => {
      const strict = decode(bytes)
      if (strict.ok) expect(equalBytes(encode(strict.value.value), bytes)).toBe(true)
      else expect(strict.error.offset).toBeLessThanOrEqual(bytes.length)
      const lenient = decode(bytes, { mode: 'lenient' })
      if (strict.ok) expect(lenient).toMatchObject({ ok: true, value: { warnings: [] } })
      const prefix = decodePrefix(bytes)
      if (prefix.ok) expect(decode(bytes.subarray(0, prefix.value.end)).ok).toBe(true)
    }),
    { numRuns: 10_000 },
  )
})
