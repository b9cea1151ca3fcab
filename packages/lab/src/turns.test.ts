import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Turns } from './turns.ts'

test('a turn is the first that is not before the time, and one of its own is now', () => {
  const everyMs = fc.integer({ min: 1, max: 250 })
  fc.assert(
    fc.property(
      everyMs,
      fc.nat(100_000),
      fc.nat(10_000_000).map((thousandths) => thousandths / 1000),
      (every, peer, time) => {
        const turns = new Turns(every, peer)
        const turn = turns.at(time)
        expect(turn).toBeGreaterThanOrEqual(time)
        expect(turn).toBeLessThanOrEqual(time + every)
        expect(turns.at(turn)).toBe(turn)
        expect(Math.abs(turns.near(time, 0) - time)).toBeLessThanOrEqual(turns.earlyMs + (time < every ? every : 1e-9))
        expect(turns.near(time, time)).toBe(turn)
        expect(turns.sendAt(time)).toBeLessThanOrEqual(turn)
        expect(turns.sendAt(turn)).toBe(turn)
        // The client's own clocks stay on it: a second is a whole number of these turns.
        if (1000 % every === 0) expect(turns.at(turn + 1000)).toBe(turn + 1000)
      },
    ),
  )
})

test('peers do not act at the same time', () => {
  const firsts = Array.from({ length: 10_000 }, (_, peer) => new Turns(50, peer).at(0))
  expect(new Set(firsts).size).toBe(firsts.length)
})

test('without turns everything happens at its own time', () => {
  expect(new Turns(0, 7).at(12.3)).toBe(12.3)
})
