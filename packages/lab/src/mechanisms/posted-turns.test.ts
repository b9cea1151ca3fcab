import { btt } from '@millrace/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CreditBank } from './credit-bank.ts'
import { PostedTurns } from './posted-turns.ts'

const block = 16_384
const pricePerMiB = btt(64_000n)
const costOfBlock = 1_000n
const seller = 99

function shop(balances: readonly bigint[], freeSharePpm?: number): { bank: CreditBank; turns: PostedTurns } {
  const bank = new CreditBank()
  const turns = new PostedTurns({ bank, seller, pricePerMiB, freeSharePpm, ownerOf: (peer) => peer })
  for (const [peer, balance] of balances.entries()) {
    bank.deposit(peer, btt(balance))
    turns.add(peer)
  }
  return { bank, turns }
}

function serve(turns: PostedTurns, wanting: readonly number[], blocks: number): number[] {
  const had = wanting.map(() => 0)
  for (let i = 0; i < blocks; i++) {
    const peer = turns.next(wanting)
    if (peer === -1) break
    turns.served(peer, block)
    had[peer] = (had[peer] ?? 0) + 1
  }
  return had
}

describe('turns at a posted price', () => {
  it('all who pay have the same, whatever they could pay', () => {
    const { bank, turns } = shop([1_000_000n, 50_000n, 0n])
    expect(serve(turns, [0, 1, 2], 40)).toEqual([20, 20, 0])
    expect(bank.spentBy(0)).toBe(20n * costOfBlock)
    expect(bank.earnedBy(seller)).toBe(40n * costOfBlock)
  })

  it('who has less than a block costs has nothing, and the line waits rather than serve it', () => {
    const { turns } = shop([costOfBlock - 1n, 2n * costOfBlock])
    expect(serve(turns, [0, 1], 40)).toEqual([0, 2])
    expect(turns.next([0])).toBe(-1)
  })

  it('a free share goes to who cannot pay while both want blocks, and all of it when nobody pays', () => {
    const { turns } = shop([1_000_000n, 0n], 250_000)
    const [paid = 0, free = 0] = serve(turns, [0, 1], 400)
    expect(free / (paid + free)).toBeCloseTo(0.25, 1)
    const alone = shop([0n, 0n], 250_000)
    expect(serve(alone.turns, [0, 1], 10)).toEqual([5, 5])
  })

  it('a class that was alone for long has no claim and no debt afterwards', () => {
    const { turns } = shop([1_000_000n, 0n], 500_000)
    for (let i = 0; i < 300; i++) turns.served(0, block)
    const [paid = 0, free = 0] = serve(turns, [0, 1], 100)
    expect(Math.abs(paid - free)).toBeLessThanOrEqual(4)
  })

  it('money is neither made nor lost, and nobody owes any', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 0n, max: 30_000n }), { minLength: 1, maxLength: 8 }),
        fc.nat({ max: 200 }),
        fc.option(fc.integer({ min: 1, max: 999_999 }), { nil: undefined }),
        (balances, blocks, freeSharePpm) => {
          const { bank, turns } = shop(balances, freeSharePpm)
          serve(turns, [...balances.keys()], blocks)
          const left = [...balances.keys(), seller].map((owner) => bank.balanceOf(owner))
          expect(left.reduce((sum, amount) => sum + amount, 0n)).toBe(balances.reduce((sum, it) => sum + it, 0n))
          for (const amount of left) expect(amount).toBeGreaterThanOrEqual(0n)
        },
      ),
    )
  })
})
