import { limitAt } from '@millrace/market'
import { describe, expect, it } from 'vitest'
import { parseSchedule } from './parse-schedule.ts'

describe('a schedule in words', () => {
  it('is windows of the day, and what holds else', () => {
    const schedule = parseSchedule('22:00-07:00 unlimited, 12:00-13:30 512K, else 1M')
    expect(schedule).toEqual({
      windows: [
        { fromMinute: 1_320, untilMinute: 420, bytesPerSecond: undefined },
        { fromMinute: 720, untilMinute: 810, bytesPerSecond: 524_288 },
      ],
      elseBytesPerSecond: 1_048_576,
    })
    expect(limitAt(schedule, { hour: 13, minute: 29 })).toBe(524_288)
  })

  it('ends a day at 24:00, and needs no window', () => {
    expect(parseSchedule('18:00-24:00 2M, else unlimited').windows[0]).toMatchObject({ untilMinute: 0 })
    expect(parseSchedule('else 1M')).toEqual({ windows: [], elseBytesPerSecond: 1_048_576 })
  })

  it.each([
    '',
    '1M',
    '22:00-07:00 1M',
    '25:00-07:00 1M, else 1M',
    '22:60-07:00 1M, else 1M',
    '22-7 1M, else 1M',
    'else 0',
  ])('of "%s" is refused', (text) => expect(() => parseSchedule(text)).toThrow(/Expected|no time/))
})
