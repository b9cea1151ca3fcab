/** The decoder of what files and web pages say of a price: JSON with a pointer to the number, or the number alone. */

import { ok, type Result, refuse } from '@millrace/base'
import { type ExchangeRate, parseExchangeRate } from '@millrace/market'
import { numberTextAt } from './json-pointer.ts'

/** A page of many prices fits; walking through it takes the loop a few milliseconds at most. */
export const priceDocumentBytesMax = 65_536

/**
 * @param bytes UTF-8
 * @param steps of the pointer to the number, which may be a JSON number or a string
 * @returns why there is no price, in words
 * @example
 * decodePrice(new TextEncoder().encode('{"usd":"0.0000012"}'), ['usd']) // ok: 1.2 x 10^30 of 10^-36 USD
 */
export function decodePrice(bytes: Uint8Array, steps: readonly string[]): Result<ExchangeRate, string> {
  if (bytes.length > priceDocumentBytesMax) return refuse(`more than ${priceDocumentBytesMax} bytes`)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return refuse('this is no UTF-8')
  }
  const number = numberTextAt(text, steps)
  if (!number.ok) return number
  const rate = parseExchangeRate(number.value)
  return rate.ok ? ok(rate.value) : refuse(rate.error)
}
