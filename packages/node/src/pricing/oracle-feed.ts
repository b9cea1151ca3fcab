/** A price that an oracle contract keeps on the chain that settles. */

import { messageOf } from '@millrace/base'
import { LedgerError, type OracleReading, priceOracleAt } from '@millrace/ledger'
import { type ExchangeRate, exchangeRateDecimals } from '@millrace/market'
import { FeedError, feedReadMsMax, type PriceFeed, type PriceReading } from './ports.ts'

const oracleDecimals = 18
const rateScale = 10n ** BigInt(exchangeRateDecimals - oracleDecimals)
/** The contract's own bound: above it stands an error of decimals. */
const oraclePriceMax = 10n ** 24n
/** A chain's clock may be ahead of ours by this much. */
const aheadSecondsMax = 60

/**
 * The age is by our clock and not by the last block's: a chain that stands still keeps no price fresh.
 *
 * @param address of a `PriceOracle`
 * @param wallMs milliseconds since 1970
 * @throws FeedError `bad-address`
 * @example
 * createOracleFeed('http://127.0.0.1:8545', '0x5fbd...', Date.now)
 */
export function createOracleFeed(rpcUrl: string, address: string, wallMs: () => number): PriceFeed {
  const oracle = addressed(() => priceOracleAt(rpcUrl, address, { timeoutMs: feedReadMsMax }))
  const name = `oracle:${address}`
  return {
    name,
    async read(signal) {
      const reading = await latest(name, oracle, signal)
      return readingOf(name, reading, wallMs())
    },
  }
}

/** Checks what a contract answered: it may be any contract. */
export function readingOf(
  name: string,
  { price, updatedAtSeconds, reports }: OracleReading,
  wallMs: number,
): PriceReading {
  if (price <= 0n || price > oraclePriceMax || reports === 0) {
    throw new FeedError('bad-reply', `${name}: a price of ${price} from ${reports} reports`)
  }
  // A time of more digits than a number has is far in the future.
  const ageSeconds = Math.floor(wallMs / 1000) - Number(updatedAtSeconds)
  if (ageSeconds < -aheadSecondsMax) {
    throw new FeedError('bad-reply', `${name}: a price of the future, by ${-ageSeconds} s: check this host's clock`)
  }
  const rate = (price * rateScale) as ExchangeRate // above 0, and below its bound by the one above
  return { rate, ageMs: Math.max(0, ageSeconds * 1000) }
}

async function latest(
  name: string,
  oracle: ReturnType<typeof priceOracleAt>,
  signal: AbortSignal,
): Promise<OracleReading> {
  try {
    return await Promise.race([oracle.latest(), aborted(signal)])
  } catch (cause) {
    if (cause instanceof FeedError) throw cause
    if (!(cause instanceof LedgerError)) throw cause
    const code = cause.code === 'reverted' ? 'no-price' : cause.code === 'bad-reply' ? 'bad-reply' : 'unreachable'
    throw new FeedError(code, `${name}: ${messageOf(cause)}`, { cause })
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(new FeedError('unreachable', 'asking the oracle was broken off'))
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
}

function addressed<T>(make: () => T): T {
  try {
    return make()
  } catch (cause) {
    throw new FeedError('bad-address', messageOf(cause), { cause })
  }
}
