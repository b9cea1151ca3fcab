import { describe, expect, it } from 'vitest'
import { freeShareBoundsDefault, freeShareWithin } from './free-share.ts'
import { limitAt, type Schedule } from './schedule.ts'

const nights: Schedule = {
  windows: [
    { fromMinute: 22 * 60, untilMinute: 7 * 60, bytesPerSecond: undefined },
    { fromMinute: 12 * 60, untilMinute: 13 * 60, bytesPerSecond: 5 },
    { fromMinute: 12 * 60 + 30, untilMinute: 14 * 60, bytesPerSecond: 6 },
  ],
  elseBytesPerSecond: 1,
}
const at = (hour: number, minute = 0) => limitAt(nights, { hour, minute })

describe('a schedule', () => {
  it('goes over midnight, from its first minute to before its last', () => {
    expect([at(21, 59), at(22), at(0), at(6, 59), at(7)]).toEqual([1, undefined, undefined, undefined, 1])
  })

  it('counts the first window that holds', () => {
    expect([at(12), at(12, 59), at(13), at(13, 59), at(14)]).toEqual([5, 5, 6, 6, 1])
  })

  it('with equal ends is the whole day', () => {
    const always = { windows: [{ fromMinute: 60, untilMinute: 60, bytesPerSecond: 9 }], elseBytesPerSecond: 1 }
    expect([0, 1, 23].map((hour) => limitAt(always, { hour, minute: 0 }))).toEqual([9, 9, 9])
  })
})

describe('the free share', () => {
  it('is the default, or what was chosen within the bounds', () => {
    expect(freeShareWithin(undefined, freeShareBoundsDefault)).toBe(150_000)
    const bounds = { defaultPpm: 200_000, leastPpm: 100_000, mostPpm: 300_000 }
    expect([undefined, 0, 250_000, 1_000_000].map((chosen) => freeShareWithin(chosen, bounds))).toEqual([
      200_000, 100_000, 250_000, 300_000,
    ])
  })
})
