/** An ask as its owner thinks of it, "0.02 USD a GiB", and what it is in base units of BTT a MiB at a rate. */

import { type Btt, btt, bytesPerMiB, divideDown, maxBig, zeroBtt } from '@millrace/base'
import { type ExchangeRate, exchangeRateDecimals, oneToOne } from './exchange-rate.ts'

export interface UnitAsk {
  /** 10^-18 of the unit. */
  readonly amount: bigint
  /** As it was written: USD, EUR, kWh. `BTT` needs no feed. */
  readonly unit: string
  readonly per: UnitSize
}

/** For how many bytes the amount is asked. */
export type UnitSize = keyof typeof sizes

const sizes = { MiB: 2n ** 20n, GiB: 2n ** 30n, TiB: 2n ** 40n, MB: 10n ** 6n, GB: 10n ** 9n, TB: 10n ** 12n } as const
const amountDecimals = 18
const amountScale = 10n ** BigInt(amountDecimals)
const rateScale = 10n ** BigInt(exchangeRateDecimals)
const pattern = /^(\d{1,15})(?:\.(\d{1,18}))?(?: *([A-Za-z][A-Za-z0-9]{0,15}) *\/ *([A-Za-z]{2,3}))?$/

/**
 * Reads `AMOUNT UNIT/SIZE`; a number alone is BTT a MiB. Sizes: MiB, GiB, TiB, MB, GB, TB.
 *
 * @returns undefined when it is none of that
 * @example
 * parseUnitAsk('0.02 USD/GiB') // { amount: 20_000_000_000_000_000n, unit: 'USD', per: 'GiB' }
 */
export function parseUnitAsk(text: string): UnitAsk | undefined {
  const match = pattern.exec(text)
  if (match === null) return undefined
  const [, whole = '0', fraction = '', unit = 'BTT', size = 'MiB'] = match
  if (!isSize(size)) return undefined
  const amount = BigInt(whole) * amountScale + BigInt(fraction.padEnd(amountDecimals, '0'))
  return { amount, unit: unit.toUpperCase() === 'BTT' ? 'BTT' : unit, per: size }
}

/** The text that `parseUnitAsk` reads. */
export function formatUnitAsk({ amount, unit, per }: UnitAsk): string {
  const fraction = (amount % amountScale).toString().padStart(amountDecimals, '0').replace(/0+$/, '')
  return `${amount / amountScale}${fraction === '' ? '' : `.${fraction}`} ${unit}/${per}`
}

/** True when the ask is in BTT itself, so that no feed is needed. */
export function isInBtt(ask: UnitAsk): boolean {
  return ask.unit === 'BTT'
}

/**
 * The ask in base units a MiB, exact but for one division, which is rounded down: the seller chose the ask and the feed,
 * so the rest is the buyer's. An ask above 0 stays above 0.
 *
 * @param rate of one BTT in the ask's unit
 * @example
 * askAt(parseUnitAsk('1.024 USD/GiB'), parseExchangeRate('0.001').value) // 1 BTT a MiB: 10n ** 18n
 */
export function askAt({ amount, per }: UnitAsk, rate: ExchangeRate = oneToOne): Btt {
  if (amount === 0n) return zeroBtt
  // amount / 10^18 units for a size; a BTT is rate / 10^36 units and 10^18 base units.
  return btt(maxBig(divideDown(amount * BigInt(bytesPerMiB) * rateScale, sizes[per] * rate), 1n))
}

function isSize(text: string): text is UnitSize {
  return Object.hasOwn(sizes, text)
}
