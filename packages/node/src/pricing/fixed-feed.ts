/** A price that its owner sets by hand. */

import { type ExchangeRate, formatExchangeRate } from '@millrace/market'
import type { PriceFeed } from './ports.ts'

/**
 * @example
 * await createFixedFeed(rate).read(signal) // { rate, ageMs: 0 }
 */
export function createFixedFeed(rate: ExchangeRate): PriceFeed {
  return { name: `fixed:${formatExchangeRate(rate)}`, read: async () => ({ rate, ageMs: 0 }) }
}
