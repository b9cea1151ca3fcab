import { blockBytes } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AskedBlocks } from './asked-blocks.ts'
import type { Debtor } from './debtors.ts'
import { endGameBlocksMin, helpOut, helpRoom } from './end-game.ts'

function owing(keys: readonly number[]): AskedBlocks {
  const asked = new AskedBlocks()
  for (const key of keys) asked.add(key)
  return asked
}

function debtor(id: number, keys: readonly number[], blocksPerSecond: number): Debtor {
  return { id, outstanding: owing(keys), bytesPerSecond: blocksPerSecond * blockBytes }
}

const helperId = 99

function slowestFirst(debtors: readonly Debtor[]): Map<number, Debtor> {
  const seconds = ({ outstanding, bytesPerSecond }: Debtor): number => outstanding.size / bytesPerSecond
  return new Map(debtors.toSorted((a, b) => seconds(b) - seconds(a)).map((debtor) => [debtor.id, debtor]))
}

/** The blocks that a helper is asked for, as `[debtor, key]`. */
function helped(
  { owed = 0, blocksPerSecond, room = 100 }: { owed?: number; blocksPerSecond: number | undefined; room?: number },
  debtors: readonly Debtor[],
): [number, number][] {
  const outstanding = owing(Array.from({ length: owed }, (_, i) => 1_000 + i))
  const bytesPerSecond = blocksPerSecond === undefined ? undefined : blocksPerSecond * blockBytes
  const asked: [number, number][] = []
  const helper = { id: helperId, outstanding, bytesPerSecond }
  const count = helpOut(helper, slowestFirst(debtors), helpRoom(helper, room), ({ debtor: { id }, key }) => {
    asked.push([id, key])
    outstanding.add(key)
    return true
  })
  expect(count).toBe(asked.length)
  return asked
}

test('the slowest debtor is helped first, with what it would send last', () => {
  const debtors = [debtor(1, [10, 11], 1), debtor(2, [20, 21, 22], 0.5)]
  expect(helped({ blocksPerSecond: 10, room: 4 }, debtors)).toEqual([
    [2, 22],
    [2, 21],
    [2, 20],
    [1, 11],
  ])
})

test('what a debtor sends nearly as soon stays with it', () => {
  // 10 blocks at 10 a second; the helper's own would come after 0.6 s, and twice that and half a second is more than one.
  expect(helped({ owed: 5, blocksPerSecond: 10 }, [debtor(1, [...Array(10).keys()], 10)])).toEqual([])
  // One that owes nothing is sooner by enough for what comes after 0.7 s, 0.9 s with a second block.
  expect(helped({ blocksPerSecond: 10 }, [debtor(1, [...Array(10).keys()], 10)])).toEqual([
    [1, 9],
    [1, 8],
  ])
})

test('a debtor that sends nothing loses all of it, to helpers that owe a second of blocks or 16, and two to one whose speed nobody knows', () => {
  const keys = [...Array(40).keys()]
  expect(helped({ blocksPerSecond: 100 }, [debtor(1, keys, 0)])).toHaveLength(40)
  expect(helped({ blocksPerSecond: 30 }, [debtor(1, keys, 0)])).toHaveLength(30)
  expect(helped({ blocksPerSecond: 1 }, [debtor(1, keys, 0)])).toHaveLength(endGameBlocksMin)
  expect(helped({ owed: 30, blocksPerSecond: 30 }, [debtor(1, keys, 0)])).toEqual([])
  expect(helped({ blocksPerSecond: undefined }, [debtor(1, keys, 0)])).toEqual([
    [1, 39],
    [1, 38],
  ])
  expect(helped({ owed: 2, blocksPerSecond: undefined }, [debtor(1, keys, 0)])).toEqual([])
})

test('of two that owe a block the helper learns whether it is sooner than the other, and which of the two is later', () => {
  const others = [debtor(2, [6, 5], 4), debtor(3, [6, 5], 0.15)]
  const debtors = slowestFirst([debtor(1, [5], 0.1), ...others])
  const verdicts: (readonly [boolean, boolean])[] = []
  const helper = { id: helperId, outstanding: owing([]), bytesPerSecond: 8 * blockBytes }
  helpOut(helper, debtors, 9, ({ debtor: { id }, isSoonerThan, isLater }) => {
    if (id === 1) verdicts.push(...others.map((other) => [isSoonerThan(other), isLater(other)] as const))
    return false
  })
  // Half a second at the first of them, 13 s at the other; ten at the debtor, an eighth of one here.
  expect(verdicts).toEqual([
    [false, false],
    [true, true],
  ])
})

test('who has just sent all that it owed, or most of it, ends no search', () => {
  const debtors = [debtor(1, [], 1), debtor(3, [90], 10), debtor(2, [...Array(50).keys()], 1)]
  const helper = { id: helperId, outstanding: owing([]), bytesPerSecond: 100 * blockBytes }
  expect(helpOut(helper, new Map(debtors.map((it) => [it.id, it])), 10, () => true)).toBe(10)
})

test('no helper takes what would come later than where it is, nor more than its room', () => {
  const speeds = fc.constantFrom(0, 0.2, 1, 5, 50)
  const queue = fc.record({ owed: fc.nat(30), speed: speeds })
  fc.assert(
    fc.property(fc.array(queue, { maxLength: 6 }), queue, fc.nat(40), (queues, own, room) => {
      const debtors = queues.map(
        ({ owed, speed }, i) =>
          debtor(
            i,
            [...Array(owed).keys()].map((at) => 100 * i + at),
            speed,
          ), // no key twice
      )
      const helper = { owed: own.owed, blocksPerSecond: own.speed === 0 ? undefined : own.speed, room }
      const asked = helped(helper, debtors)
      expect(asked.length).toBeLessThanOrEqual(Math.min(room, Math.max(endGameBlocksMin, own.speed)))
      for (const [at, [id, key]] of asked.entries()) {
        const there = ((key % 100) + 1) / (queues[id]?.speed ?? 0)
        const here = own.speed === 0 ? 1 : (own.owed + at + 1) / own.speed
        expect(here).toBeLessThan(there)
      }
    }),
  )
})
