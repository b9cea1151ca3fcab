import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DeficitTurns } from './deficit-turns.ts'

const block = 16_384

describe('turns by deficit', () => {
  it('who gave most and had least is next', () => {
    const received = new Map([
      [1, 0],
      [2, 3 * block],
      [3, block],
    ])
    const turns = new DeficitTurns((peer) => received.get(peer) ?? 0)
    for (const peer of received.keys()) turns.add(peer)
    const order = Array.from({ length: 6 }, () => {
      const peer = turns.next([1, 2, 3])
      turns.served(peer, block)
      return peer
    })
    // 2 is owed three, 3 one: then all stand alike and wait in turn.
    expect(order).toEqual([2, 2, 3, 2, 1, 3])
  })

  it('a seed gives all the same', () => {
    const turns = new DeficitTurns(() => 0)
    for (const peer of [1, 2, 3, 4]) turns.add(peer)
    const had = [0, 0, 0, 0, 0]
    for (let i = 0; i < 40; i++) {
      const peer = turns.next([1, 2, 3, 4])
      turns.served(peer, block)
      had[peer] = (had[peer] ?? 0) + 1
    }
    expect(had).toEqual([0, 10, 10, 10, 10])
  })

  it('while those who give want blocks, a rider has at most a block more than the most owed of them', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 200 }), (gifts) => {
        const received = [0, 0, 0]
        const sent = [0, 0, 0]
        const turns = new DeficitTurns((peer) => received[peer] ?? 0)
        for (const peer of [0, 1, 2]) turns.add(peer)
        for (const [i, blocks] of gifts.entries()) {
          const giver = 1 + (i % 2)
          received[giver] = (received[giver] ?? 0) + blocks * block
          const peer = turns.next([0, 1, 2])
          turns.served(peer, block)
          sent[peer] = (sent[peer] ?? 0) + block
          const balances = sent.map((bytes, other) => bytes - (received[other] ?? 0))
          expect(sent[0]).toBeLessThanOrEqual(Math.max(0, Math.min(balances[1] ?? 0, balances[2] ?? 0)) + block)
        }
      }),
    )
  })
})
