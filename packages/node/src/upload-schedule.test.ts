import { btt, virtualClock } from '@millrace/base'
import { type Schedule, UploadMarket } from '@millrace/market'
import type { Timers } from '@millrace/swarm'
import { expect, test } from 'vitest'
import { applySchedule, followSchedule, type ScheduleClock } from './upload-schedule.ts'

const most = 5_000_000
const minuteMilliseconds = 60_000
const dayMinutes = 24 * 60
/** Nights without a limit of their own, a lunch of 200,000, else a million bytes a second. */
const schedule: Schedule = {
  windows: [
    { fromMinute: 22 * 60, untilMinute: 7 * 60, bytesPerSecond: undefined },
    { fromMinute: 12 * 60, untilMinute: 13 * 60, bytesPerSecond: 200_000 },
  ],
  elseBytesPerSecond: 1_000_000,
}

function marketOf(bytesPerSecond: number): UploadMarket {
  return new UploadMarket({ capacity: { kind: 'limited', bytesPerSecond }, askPerMiB: btt(1n << 20n) })
}

/** An owner's clock and the timers that go by it: days pass in no time. */
function clockAt(hour: number, minute = 0) {
  const clock = virtualClock()
  const first = 60 * hour + minute
  const waiting = new Set<{ readonly atMs: number; readonly wake: () => void }>()
  const scheduleClock: ScheduleClock = {
    now: clock.now,
    localTime() {
      const now = (first + Math.floor(clock.now() / minuteMilliseconds)) % dayMinutes
      return { hour: Math.floor(now / 60), minute: now % 60 }
    },
  }
  const timers: Timers = {
    after(milliseconds, wake) {
      const timer = { atMs: clock.now() + milliseconds, wake }
      waiting.add(timer)
      return () => waiting.delete(timer)
    },
  }
  const pass = (minutes: number): void => {
    const endMs = clock.now() + minutes * minuteMilliseconds
    for (;;) {
      const [next] = [...waiting].sort((a, b) => a.atMs - b.atMs)
      if (next === undefined || next.atMs > endMs) break
      waiting.delete(next)
      clock.advance(next.atMs - clock.now())
      next.wake()
    }
    clock.advance(endMs - clock.now())
  }
  return { clock: scheduleClock, timers, pass, waiting }
}

test('the upload for sale follows the hour over two midnights', () => {
  const market = marketOf(most)
  const { clock, timers, pass } = clockAt(21, 58)
  const stop = followSchedule(market, schedule, most, { clock, timers })
  const seen = [market.capacity]
  // A minute after each border: 22:00, 00:00, 07:00, 12:00, 13:00, and those of the next day.
  for (const minutes of [3, 120, 420, 300, 60, 540, 120, 420, 300, 60]) {
    pass(minutes)
    seen.push(market.capacity)
  }
  const day = [most, most, 1_000_000, 200_000, 1_000_000]
  expect(seen).toEqual([1_000_000, ...day, ...day])
  stop()
})

test('a border is seen within a quarter of a minute, and not before it', () => {
  const market = marketOf(most)
  const { clock, timers, pass } = clockAt(6, 59)
  followSchedule(market, schedule, most, { clock, timers })
  pass(0.99)
  expect(market.capacity).toBe(most)
  pass(0.26)
  expect(market.capacity).toBe(1_000_000)
})

test('who stopped following keeps the last limit, and leaves no timer', () => {
  const market = marketOf(most)
  const { clock, timers, pass, waiting } = clockAt(12, 30)
  const stop = followSchedule(market, schedule, most, { clock, timers })
  pass(5)
  stop()
  expect(waiting.size).toBe(0)
  pass(dayMinutes / 2)
  expect(market.capacity).toBe(200_000)
})

test('no plan allows more than the most, and without one the most holds', () => {
  const market = marketOf(3)
  const { clock } = clockAt(9)
  expect(applySchedule(market, schedule, 400_000, clock)).toBe(400_000)
  expect(market.capacity).toBe(400_000)
  expect(applySchedule(market, undefined, most, clock)).toBe(most)
  expect(market.capacity).toBe(most)
  expect(applySchedule(market, schedule, most, clockAt(12, 59).clock)).toBe(200_000)
  expect(market.capacity).toBe(200_000)
})

test('without a clock of a test it goes by the owner’s', () => {
  const market = marketOf(most)
  const always: Schedule = { windows: [{ fromMinute: 0, untilMinute: 0, bytesPerSecond: 7 }], elseBytesPerSecond: 1 }
  const never: Schedule = { windows: [], elseBytesPerSecond: 8 }
  expect(applySchedule(market, always, most)).toBe(7)
  expect(applySchedule(market, never, most)).toBe(8)
})
