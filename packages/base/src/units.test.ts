import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AmountError, btt, divideDown, divideUp, formatBtt, oneBtt, parseBtt } from './units.ts'

test('an amount survives its decimal text, to the base unit', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 40n }), (amount) => {
      expect(parseBtt(formatBtt(amount))).toBe(amount)
    }),
  )
})

test('amounts are written without rests of zeros', () => {
  expect(formatBtt(oneBtt)).toBe('1')
  expect(formatBtt(1n)).toBe('0.000000000000000001')
  expect(formatBtt(-3n * oneBtt - oneBtt / 2n)).toBe('-3.5')
})

test.each(['', '-1', '1e3', '1.', '.5', '1,5', '0x10', '1.0000000000000000001', ' 1', 'NaN'])(
  'what is no plain amount is refused: "%s"',
  (text) => {
    expect(() => parseBtt(text)).toThrow(AmountError)
  },
)

test('division rounds to the named side, for negative numbers too', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.bigInt({ min: 1n, max: 10n ** 20n }), (a, b) => {
      const down = divideDown(a, b)
      const up = divideUp(a, b)
      expect(down * b <= a && a < (down + 1n) * b).toBe(true)
      expect((up - 1n) * b < a && a <= up * b).toBe(true)
    }),
  )
  expect(btt(5n)).toBe(5n)
})
