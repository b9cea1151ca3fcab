import { silentLogger, virtualClock } from '@millrace/base'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type BlockTime, checkBlockTime, startSolo } from './solo.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A driver over a chain whose only matter is its head's time; clocks and timers move together. */
function world(blockTime: BlockTime, wallStart = 1000) {
  const clock = virtualClock()
  const made: number[] = []
  let waiting = 0
  let failures = 0
  let head = wallStart
  const solo = startSolo(blockTime, {
    clock,
    wallSeconds: () => wallStart + clock.now() / 1000,
    logger: silentLogger,
    headTimestamp: () => head,
    wantsBlock: () => waiting > 0,
    makeBlock: async (timestamp) => {
      if (failures-- > 0) throw new Error('disk full')
      made.push(timestamp)
      head = timestamp
      waiting--
    },
  })
  return {
    made,
    solo,
    submit(count = 1) {
      waiting += count
      solo.wake()
    },
    failNext(count: number) {
      failures = count
    },
    async pass(milliseconds: number) {
      for (let i = 0; i < milliseconds; i += 10) {
        clock.advance(10)
        await vi.advanceTimersByTimeAsync(10)
      }
    },
  }
}

describe('on demand', () => {
  test('makes no block while nothing waits', async () => {
    const { made, pass } = world({ kind: 'on-demand', leastSeconds: 1 })
    await pass(10_000)
    expect(made).toEqual([])
  })

  test('makes one a second at most, and its time never runs ahead of the clock', async () => {
    const { made, submit, pass } = world({ kind: 'on-demand', leastSeconds: 1 })
    submit(5)
    await pass(500)
    expect(made, 'the head’s second is not over').toEqual([])
    await pass(520)
    expect(made).toEqual([1001])
    await pass(2000)
    expect(made).toEqual([1001, 1002, 1003])
    await pass(60_000)
    expect(made).toHaveLength(5)
    submit()
    await pass(20)
    expect(made.at(-1)).toBe(1063)
  })

  test('below a second timestamps still rise by one', async () => {
    const { made, submit, pass } = world({ kind: 'on-demand', leastSeconds: 0.05 })
    submit(4)
    await pass(300)
    expect(made).toEqual([1001, 1002, 1003, 1004])
  })

  test('a failed block is tried again', async () => {
    const { made, submit, pass, failNext } = world({ kind: 'on-demand', leastSeconds: 0 })
    failNext(2)
    submit()
    await pass(900)
    expect(made).toEqual([])
    await pass(2000)
    expect(made).toHaveLength(1)
  })

  test('makes none after it was stopped', async () => {
    const { made, submit, pass, solo } = world({ kind: 'on-demand', leastSeconds: 1 })
    submit()
    await solo.stop()
    await pass(5000)
    expect(made).toEqual([])
  })
})

test('at an interval a block comes each time, empty or not', async () => {
  const { made, pass } = world({ kind: 'interval', seconds: 2 })
  await pass(9000)
  expect(made.map((timestamp, i) => timestamp - (made[i - 1] ?? 999))).toEqual([2, 2, 2, 2, 2])
})

test('an impossible block time is refused', () => {
  expect(() => checkBlockTime({ kind: 'interval', seconds: 0.5 })).toThrow(/at least 1 s/)
  expect(() => checkBlockTime({ kind: 'on-demand', leastSeconds: -1 })).toThrow(/at least 0 s/)
  expect(() => checkBlockTime({ kind: 'on-demand', leastSeconds: Number.NaN })).toThrow()
})
