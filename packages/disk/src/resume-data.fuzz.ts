import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeResume, encodeResume, type ResumeData } from './resume-data.ts'

const subject = { infoHash: new Uint8Array(20).fill(7), pieceLength: 16_384, pieceCount: 11, fileCount: 2 }
const stamp = fc.record({
  size: fc.integer({ min: -1, max: 2 ** 50 }),
  mtimeNs: fc.bigInt({ min: 0n, max: 2n ** 62n }),
})
const resumeData: fc.Arbitrary<ResumeData> = fc.record({
  infoHash: fc.constant(subject.infoHash),
  pieceLength: fc.constant(subject.pieceLength),
  verified: fc
    .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 7 }))
    .map(([first, last]) => new Uint8Array([first, last << 5])),
  stamps: fc.array(stamp, { minLength: 2, maxLength: 2 }),
  isClean: fc.boolean(),
})

it('decodes what it encoded', () => {
  fc.assert(
    fc.property(resumeData, (data) => {
      expect(decodeResume(encodeResume(data), subject)).toEqual({ ok: true, value: data })
    }),
  )
})

it('answers with a value or a refusal, never an exception, to any bytes and any mutation', () => {
  const bytes = encodeResume({ ...subject, verified: new Uint8Array(2), stamps: [], isClean: true })
  const mutated = fc
    .array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 })
    .map((changes) => {
      const copy = bytes.slice()
      for (const [at, byte] of changes) copy[at] = byte
      return copy
    })
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 300 })), (input) => {
      const decoded = decodeResume(input, subject)
      if (!decoded.ok) expect(decoded.error.length).toBeGreaterThan(0)
      else expect([decoded.value.verified.length, decoded.value.stamps.length]).toEqual([2, 2])
    }),
    { numRuns: 1000 },
  )
})
