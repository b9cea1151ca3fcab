import { bytesPerMiB } from '@millrace/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ExchangeRate,
  exchangeRateDecimals,
  formatExchangeRate,
  isApart,
  parseExchangeRate,
} from './exchange-rate.ts'
import { askAt, formatUnitAsk, isInBtt, parseUnitAsk, type UnitAsk } from './unit-ask.ts'

function rate(text: string): ExchangeRate {
  const parsed = parseExchangeRate(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}
function ask(text: string): UnitAsk {
  const parsed = parseUnitAsk(text)
  if (parsed === undefined) throw new Error(`no ask: ${text}`)
  return parsed
}

describe('an exchange rate', () => {
  it.each([
    ['1', 10n ** 36n],
    ['0.0000012', 12n * 10n ** 29n],
    ['1.2e-6', 12n * 10n ** 29n],
    ['12E-07', 12n * 10n ** 29n],
    ['0.1e+1', 10n ** 36n],
    ['007.5', 75n * 10n ** 35n],
    ['1e-36', 1n],
    ['100e-38', 1n],
    ['999999999999.9', 9_999_999_999_999n * 10n ** 35n],
    // 0.1 + 0.2 as a double prints it: kept to the last digit.
    ['0.30000000000000004', 30_000_000_000_000_004n * 10n ** 19n],
  ])('reads %s exactly', (text, value) => {
    expect(parseExchangeRate(text)).toEqual({ ok: true, value })
  })

  it.each([
    '',
    '0',
    '0.000',
    '0e9',
    '-1',
    '+1',
    ' 1',
    '1 ',
    '1.',
    '.5',
    '1,5',
    '0x1',
    'NaN',
    'Infinity',
    '1e',
    '1e999',
    '1e-37',
    '1e12',
    '1000000000000',
    `0.${'1'.repeat(37)}`,
    `0.${'0'.repeat(200)}1`,
    '1_000',
    '١',
  ])('refuses %j', (text) => {
    expect(parseExchangeRate(text).ok).toBe(false)
  })

  it('is written as it is read', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 48n - 1n }), (units) => {
        const text = formatExchangeRate(units as ExchangeRate) // a number above 0
        expect(parseExchangeRate(text)).toEqual({ ok: true, value: units })
      }),
    )
  })

  it('is apart from another by the same measure up and down', () => {
    expect(isApart(rate('1'), rate('1.02'), 20_000)).toBe(false)
    expect(isApart(rate('1'), rate('1.020000000000000001'), 20_000)).toBe(true)
    expect(isApart(rate('2'), rate('1'), 1_000_000)).toBe(false)
    expect(isApart(rate('1'), rate('2.000001'), 1_000_000)).toBe(true)
  })
})

describe('an ask in a unit', () => {
  it.each([
    ['2.5', { amount: 25n * 10n ** 17n, unit: 'BTT', per: 'MiB' }],
    ['0.02 USD/GiB', { amount: 2n * 10n ** 16n, unit: 'USD', per: 'GiB' }],
    ['0.02USD/GiB', { amount: 2n * 10n ** 16n, unit: 'USD', per: 'GiB' }],
    ['3 btt / GB', { amount: 3n * 10n ** 18n, unit: 'BTT', per: 'GB' }],
    ['0.000000000000000001 kWh/TiB', { amount: 1n, unit: 'kWh', per: 'TiB' }],
  ])('reads %s', (text, expected) => {
    expect(parseUnitAsk(text)).toEqual(expected)
    expect(parseUnitAsk(formatUnitAsk(ask(text)))).toEqual(expected)
  })

  it.each([
    '',
    'USD/GiB',
    '1 USD',
    '1 USD/',
    '1/GiB',
    '1 USD/GiB/s',
    '-1 USD/GiB',
    '1e3 USD/GiB',
    '1 USD/Gib',
    '1 USD/constructor',
  ])('refuses %j', (text) => {
    expect(parseUnitAsk(text)).toBeUndefined()
  })

  it.each([
    // 0.02 USD / 1024 MiB / 0.0000012 USD = 16.2760416... BTT a MiB, rounded down.
    ['0.02 USD/GiB', '0.0000012', 16_276_041_666_666_666_666n],
    ['1.024 USD/GiB', '0.001', 10n ** 18n],
    ['1 BTT/MiB', '1', 10n ** 18n],
    ['1024 BTT/GiB', '1', 10n ** 18n],
    ['1 BTT/GB', '1', 1_048_576_000_000_000n],
    ['0 USD/GiB', '0.5', 0n],
    // Less than a base unit is one: an ask is never for nothing by rounding.
    ['0.000000000000000001 USD/TiB', '1', 1n],
  ])('is in base units a MiB: %s at %s', (text, at, perMiB) => {
    expect(askAt(ask(text), rate(at))).toBe(perMiB)
  })

  it('in BTT needs no rate', () => {
    expect([isInBtt(ask('2.5')), isInBtt(ask('2.5 USD/MiB'))]).toEqual([true, false])
    expect(askAt(ask('2.5'))).toBe(25n * 10n ** 17n)
  })

  it('is the greatest whole number of base units that is not above the exact ask, and falls as BTT rises', () => {
    const amount = fc.bigInt({ min: 1n, max: 10n ** 33n - 1n })
    const anyRate = fc.bigInt({ min: 1n, max: 10n ** 48n - 1n }) as fc.Arbitrary<ExchangeRate> // numbers above 0
    fc.assert(
      fc.property(amount, fc.constantFrom('MiB', 'GiB', 'TiB', 'GB'), anyRate, anyRate, (units, per, a, b) => {
        const unitAsk: UnitAsk = { amount: units, unit: 'USD', per }
        const bytes = { MiB: 2n ** 20n, GiB: 2n ** 30n, TiB: 2n ** 40n, GB: 10n ** 9n }[per]
        const result = askAt(unitAsk, a)
        const exact = units * BigInt(bytesPerMiB) * 10n ** BigInt(exchangeRateDecimals)
        if (exact >= bytes * a) expect(result * bytes * a <= exact && exact < (result + 1n) * bytes * a).toBe(true)
        else expect(result).toBe(1n)
        expect(a <= b ? result >= askAt(unitAsk, b) : result <= askAt(unitAsk, b)).toBe(true)
      }),
    )
  })
})
