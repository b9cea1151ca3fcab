/** Amounts of BTT: branded integers in base units (10^-18 BTT). No floating point touches one. */

import { MillraceError } from './errors.ts'

/** Base units of BTT (10^-18 BTT), never negative where a balance is meant. */
export type Btt = bigint & { readonly __unit: 'btt' }

export const bttDecimals = 18
export const oneBtt: Btt = btt(10n ** 18n)
export const zeroBtt: Btt = btt(0n)
export const bytesPerMiB = 1_048_576
export const blockBytes = 16_384

/** Brands an integer number of base units. */
export function btt(baseUnits: bigint): Btt {
  return baseUnits as Btt // the brand has no runtime shape
}

export class AmountError extends MillraceError<'bad-amount'> {
  override readonly name = 'AmountError'
}

/**
 * Parses a decimal number of BTT, at most 18 fraction digits; no sign, exponent or separators.
 *
 * @throws AmountError
 * @example
 * parseBtt('1.5') // 1500000000000000000n
 */
export function parseBtt(text: string): Btt {
  const match = /^(\d{1,60})(?:\.(\d{1,18}))?$/.exec(text)
  if (match === null) {
    throw new AmountError(
      'bad-amount',
      `"${text}" is no amount of BTT: expected digits with at most 18 decimals, like 2.5`,
    )
  }
  const [, whole = '0', fraction = ''] = match
  return btt(BigInt(whole) * oneBtt + BigInt(fraction.padEnd(bttDecimals, '0')))
}

/**
 * The exact decimal text of an amount in BTT.
 *
 * @example
 * formatBtt(btt(1_500_000_000_000_000_000n)) // '1.5'
 */
export function formatBtt(amount: bigint): string {
  const sign = amount < 0n ? '-' : ''
  const size = amount < 0n ? -amount : amount
  const fraction = (size % oneBtt).toString().padStart(bttDecimals, '0').replace(/0+$/, '')
  return `${sign}${size / oneBtt}${fraction === '' ? '' : `.${fraction}`}`
}

/** Quotient rounded down. Denominator above 0. */
export function divideDown(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator
  return numerator % denominator < 0n ? quotient - 1n : quotient
}

/** Quotient rounded up. Denominator above 0. */
export function divideUp(numerator: bigint, denominator: bigint): bigint {
  return -divideDown(-numerator, denominator)
}

export function minBig<T extends bigint>(a: T, b: T): T {
  return a < b ? a : b
}

export function maxBig<T extends bigint>(a: T, b: T): T {
  return a > b ? a : b
}
