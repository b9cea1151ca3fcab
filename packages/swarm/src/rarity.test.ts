import { seededRandom } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RarityIndex } from './rarity.ts'

test('the rarest wanted piece comes first, whatever was added, lost, started and put back', () => {
  const operation = fc.tuple(fc.constantFrom('increment', 'decrement', 'remove', 'insert'), fc.nat(11))
  fc.assert(
    fc.property(
      fc.integer(),
      fc.array(operation, { maxLength: 300 }),
      fc.nat(0xfff),
      (seed, operations, wantedMask) => {
        const index = new RarityIndex(12, seededRandom(seed))
        const model = Array.from({ length: 12 }, () => ({ availability: 0, open: true }))
        for (const [name, piece] of operations) {
          const entry = model[piece]
          if (entry === undefined || (name === 'decrement' && entry.availability === 0)) continue
          index[name](piece)
          if (name === 'increment') entry.availability++
          if (name === 'decrement') entry.availability--
          if (name === 'remove') entry.open = false
          if (name === 'insert') entry.open = true
        }
        const wanted = (piece: number): boolean => ((wantedMask >> piece) & 1) === 1
        const candidates = model.flatMap((entry, piece) =>
          entry.open && entry.availability > 0 && wanted(piece) ? [entry.availability] : [],
        )
        const found = index.rarest(wanted)
        const any = index.anyPiece(wanted)
        expect(index.size).toBe(model.filter((entry) => entry.open).length)
        expect(found === -1 ? undefined : model[found]?.availability).toBe(
          candidates.length === 0 ? undefined : Math.min(...candidates),
        )
        expect(any === -1).toBe(candidates.length === 0)
        if (found !== -1) expect(model[found]?.open).toBe(true)
      },
    ),
    { numRuns: 300 },
  )
})

test('a piece that was put back is found at an availability that no other piece ever had', () => {
  const index = new RarityIndex(12, seededRandom(0))
  index.remove(2)
  index.increment(2)
  index.insert(2)
  expect(index.rarest(() => true)).toBe(2)
  expect(index.anyPiece(() => true)).toBe(2)
})

test('pieces of equal availability come in a random order', () => {
  const first = new Set<number>()
  for (let seed = 0; seed < 64; seed++) {
    const index = new RarityIndex(16, seededRandom(seed))
    for (let piece = 0; piece < 16; piece++) index.increment(piece)
    first.add(index.rarest(() => true))
  }
  expect(first.size).toBeGreaterThan(8)
})
