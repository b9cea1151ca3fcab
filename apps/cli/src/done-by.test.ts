import { describe, expect, test } from 'vitest'
import { parseDoneBy } from './done-by.ts'

const now = new Date('2026-01-31T12:00:00Z')

describe('a time to be done by', () => {
  test.each([
    ['20m', 20 * 60],
    ['1h30m', 90 * 60],
    ['90s', 90],
    ['2d', 2 * 86_400],
    ['2026-01-31T12:00:07Z', 7],
  ])('%s', (text, seconds) => {
    expect(parseDoneBy(text, now).getTime() - now.getTime()).toBe(seconds * 1_000)
  })

  test('on the clock is the next one here', () => {
    const local = new Date(2026, 0, 31, 12, 0, 30)
    expect(parseDoneBy('18:30', local)).toEqual(new Date(2026, 0, 31, 18, 30))
    expect(parseDoneBy('12:00', local)).toEqual(new Date(2026, 1, 1, 12, 0))
  })

  test.each(['', 'soon', '0s', '25:00', '12:60', '-5m', '1.5h', '2026-13-01', '2020-01-01T00:00'])(
    'is not "%s"',
    (text) => {
      expect(() => parseDoneBy(text, now)).toThrow(/like 18:30/)
    },
  )
})
