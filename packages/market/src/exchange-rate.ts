/** What one BTT is worth in another unit (USD, EUR, a kWh): an exact decimal, read from text without a float. */

import { ok, type Result, refuse } from '@millrace/base'

/** 10^-36 of the unit for one BTT; always above 0. */
export type ExchangeRate = bigint & { readonly __unit: 'exchange-rate' }

/** A double that a feed prints has at most 17 digits, so a price of 10^-19 still fits exactly. */
export const exchangeRateDecimals = 36
/** No BTT is worth a million million of anything. */
export const exchangeRateWholeDigitsMax = 12
export const exchangeRateCharactersMax = 80
const millionths = 1_000_000n
const scale = 10n ** BigInt(exchangeRateDecimals)

/** The rate of BTT in BTT. */
export const oneToOne: ExchangeRate = scale as ExchangeRate // above 0; the brand has no runtime shape

/**
 * Reads a decimal, with an exponent where there is one (RFC 8259's numbers, and leading zeros). Nothing is rounded: what
 * does not fit is refused, and so is 0.
 *
 * @returns why it is refused, in words
 * @example
 * parseExchangeRate('1.2e-6') // { ok: true, value: 1200000000000000000000000000000n }
 */
export function parseExchangeRate(text: string): Result<ExchangeRate, string> {
  if (text.length > exchangeRateCharactersMax)
    return refuse(`a number of more than ${exchangeRateCharactersMax} digits`)
  const match = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,2}))?$/.exec(text)
  if (match === null) return refuse(`${JSON.stringify(text)} is no number above 0, like 0.0000012`)
  const [, whole = '', fraction = '', exponent = '0'] = match
  const digits = BigInt(whole + fraction)
  if (digits === 0n) return refuse('a price of 0')
  const shift = exchangeRateDecimals + Number(exponent) - fraction.length
  const divisor = 10n ** BigInt(Math.max(0, -shift))
  if (digits % divisor !== 0n) return refuse(`${text} has more than ${exchangeRateDecimals} decimals`)
  const rate = (digits * 10n ** BigInt(Math.max(0, shift))) / divisor
  if (rate >= scale * 10n ** BigInt(exchangeRateWholeDigitsMax)) {
    return refuse(`${text} has more than ${exchangeRateWholeDigitsMax} digits before the point`)
  }
  return ok(rate as ExchangeRate) // above 0 and within bounds by the tests above
}

/** The exact decimal text, without an exponent. */
export function formatExchangeRate(rate: ExchangeRate): string {
  const fraction = (rate % scale).toString().padStart(exchangeRateDecimals, '0').replace(/0+$/, '')
  return `${rate / scale}${fraction === '' ? '' : `.${fraction}`}`
}

/**
 * True when the larger is more than `ppm` millionths above the smaller. Exact, and the same for a price that doubles and
 * one that halves.
 */
export function isApart(a: ExchangeRate, b: ExchangeRate, ppm: number): boolean {
  const [small, large] = a < b ? [a, b] : [b, a]
  return large * millionths > small * (millionths + BigInt(ppm))
}
