import { seededRandom } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventQueue } from './event-queue.ts'

test('events happen in order of time, and at one time in the order they were scheduled', () => {
  const events = new EventQueue()
  const seen: string[] = []
  const note = (name: string) => ({ wake: (what: number) => seen.push(`${name}${what}@${events.now()}`) })
  events.at(5, note('late'), 1)
  events.at(2, note('first'), 2)
  events.at(2, note('second'), 3)
  events.after(2, () => seen.push('third'))
  events.runUntil(10)
  expect(seen).toEqual(['first2@2', 'second3@2', 'third', 'late1@5'])
  expect(events.now()).toBe(10)
})

test('an event may schedule others at its own time; they come after those that stood there', () => {
  const events = new EventQueue()
  const seen: string[] = []
  events.after(1, () => {
    seen.push('a')
    events.after(0, () => seen.push('c'))
  })
  events.after(1, () => seen.push('b'))
  events.runUntil(1)
  expect(seen).toEqual(['a', 'b', 'c'])
})

test('nothing happens after the end or after a stop', () => {
  const events = new EventQueue()
  const seen: number[] = []
  for (const time of [1, 2, 3, 4]) events.after(time, () => seen.push(time) && time === 2 && events.stop())
  events.runUntil(3)
  expect(seen).toEqual([1, 2])
  expect(events.now()).toBe(2)
  events.runUntil(3)
  expect(seen).toEqual([1, 2, 3])
})

test('the past is refused', () => {
  const events = new EventQueue()
  events.runUntil(10)
  expect(() => events.at(9, { wake() {} }, 0)).toThrow('not past')
})

test('whatever is scheduled, before and while others happen, comes in the order of a stable sort', () => {
  const near = fc.nat(40).map((quarter) => quarter / 4)
  const delays = fc.oneof(near, fc.nat(3_000), fc.nat(100_000))
  fc.assert(
    fc.property(fc.array(fc.tuple(delays, fc.array(delays, { maxLength: 3 })), { maxLength: 200 }), (plan) => {
      const events = new EventQueue()
      const planned: { time: number; order: number }[] = []
      const seen: number[] = []
      const schedule = (time: number, then: readonly number[]): void => {
        const order = planned.length
        planned.push({ time, order })
        const wake = (): void => {
          expect(events.now()).toBe(time)
          seen.push(order)
          for (const delay of then) schedule(time + delay, [])
        }
        events.at(time, { wake }, 0)
      }
      for (const [time, then] of plan) schedule(time, then)
      events.runUntil(1_000_000)
      planned.sort((a, b) => a.time - b.time || a.order - b.order)
      expect(seen).toEqual(planned.map(({ order }) => order))
      expect(events.count).toBe(planned.length)
    }),
    { numRuns: 300 },
  )
})

test.each([1, 2, 3])('ten thousand events with many ties come in the order of a stable sort, seed %i', (seed) => {
  const random = seededRandom(seed)
  const events = new EventQueue()
  const planned: { time: number; order: number }[] = []
  const seen: number[] = []
  const actor = { wake: (what: number) => seen.push(what) }
  for (let order = 0; order < 10_000; order++) {
    const time = random.below(500)
    planned.push({ time, order })
    events.at(time, actor, order)
  }
  events.runUntil(500)
  planned.sort((a, b) => a.time - b.time || a.order - b.order)
  expect(seen).toEqual(planned.map(({ order }) => order))
})
