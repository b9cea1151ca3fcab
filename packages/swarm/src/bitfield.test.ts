import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countLacking, fullBitfield, hasPiece, setPiece } from './bitfield.ts'

test('what one bitfield has and the other lacks is counted piece by piece', () => {
  const pieces = fc.uniqueArray(fc.nat(40))
  fc.assert(
    fc.property(pieces, pieces, (ours, theirs) => {
      const [own, other] = [ours, theirs].map((some) => {
        const bitfield = new Uint8Array(6)
        for (const piece of some) setPiece(bitfield, piece)
        return bitfield
      })
      if (own === undefined || other === undefined) throw new Error('two bitfields')
      expect(countLacking(own, other)).toBe(ours.filter((piece) => !hasPiece(other, piece)).length)
    }),
  )
  expect(countLacking(fullBitfield(13), new Uint8Array(2))).toBe(13)
})
