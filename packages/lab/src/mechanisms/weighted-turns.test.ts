import fc from 'fast-check'
import { expect, it } from 'vitest'
import { WeightedTurns } from './weighted-turns.ts'

const block = 16_384

function serve(turns: WeightedTurns, wanting: readonly number[], blocks: number): ReadonlyMap<number, number> {
  const had = new Map<number, number>()
  for (let i = 0; i < blocks; i++) {
    const peer = turns.next(wanting)
    turns.served(peer, block)
    had.set(peer, (had.get(peer) ?? 0) + 1)
  }
  return had
}

it('blocks are in proportion to weights, to within a block a peer', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 2, maxLength: 12 }), (weights) => {
      const turns = new WeightedTurns()
      for (const [peer, weight] of weights.entries()) {
        turns.add(peer)
        turns.setWeight(peer, weight)
      }
      const sum = weights.reduce((total, weight) => total + weight, 0)
      const had = serve(turns, [...weights.keys()], 20 * sum)
      for (const [peer, weight] of weights.entries()) {
        expect(Math.abs((had.get(peer) ?? 0) - 20 * weight)).toBeLessThanOrEqual(1 + weight)
      }
    }),
  )
})

it('who was away has no claim on what was served meanwhile', () => {
  const turns = new WeightedTurns()
  turns.add(1)
  turns.add(2)
  serve(turns, [1], 100)
  turns.returns(2)
  expect(serve(turns, [1, 2], 100).get(2)).toBe(50)
})

it('nobody is named when nobody wants a block', () => {
  expect(new WeightedTurns().next([])).toBe(-1)
})
