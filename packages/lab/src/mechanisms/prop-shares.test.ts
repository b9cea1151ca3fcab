import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { explorePart, propShares } from './prop-shares.ts'

const gifts = fc.array(fc.integer({ min: 1, max: 10_000_000 }), { maxLength: 20 })

describe('proportional shares', () => {
  it('are as what was received, less a part for strangers', () => {
    const shares = propShares(
      [
        [1, 300],
        [2, 100],
      ],
      [3],
    )
    expect([...shares]).toEqual([
      [1, expect.closeTo(0.6, 12)],
      [2, expect.closeTo(0.2, 12)],
      [3, explorePart],
    ])
  })

  it('are all for strangers while nobody gave, and none without anybody', () => {
    expect([...propShares([], [7, 8])]).toEqual([
      [7, 0.5],
      [8, 0.5],
    ])
    expect(propShares([], []).size).toBe(0)
  })

  it('sum to one', () => {
    fc.assert(
      fc.property(gifts, fc.nat({ max: 5 }), (bytes, strangers) => {
        fc.pre(bytes.length + strangers > 0)
        const explored = Array.from({ length: strangers }, (_, i) => 1_000 + i)
        const shares = propShares(
          bytes.map((amount, peer) => [peer, amount]),
          explored,
        )
        expect([...shares.values()].reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9)
      }),
    )
  })

  it('of who gives as two identities are together what one would have', () => {
    fc.assert(
      fc.property(
        gifts,
        fc.integer({ min: 2, max: 1_000_000 }),
        fc.integer({ min: 1, max: 99 }),
        (bytes, whole, part) => {
          const others = bytes.map((amount, peer): [number, number] => [peer, amount])
          const first = Math.max(1, Math.floor((whole * part) / 100))
          const one = propShares([...others, [100, whole]], [])
          const two = propShares([...others, [100, first], [101, whole - first]], [])
          expect((two.get(100) ?? 0) + (two.get(101) ?? 0)).toBeCloseTo(one.get(100) ?? 0, 9)
        },
      ),
    )
  })
})
