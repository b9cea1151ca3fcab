/** The free share of a seller, as the chain that settles rules it: when it begins to sell, and while it does. */

import { type Logger, messageOf, silentLogger, systemClock } from '@millrace/base'
import { LedgerError, openContracts, readFreeShare } from '@millrace/ledger'
import { type FreeShareBounds, freeShareBoundsDefault, freeShareWithin, type UploadMarket } from '@millrace/market'
import { systemTimers } from './timers.ts'

/** From one look at the chain to the next. What was voted has waited in the time-lock before it counts, a day by default. */
const lookMillisecondsDefault = 60_000

export interface FreeShare {
  /** Millionths: what counts. */
  readonly ppm: number
  readonly bounds: FreeShareBounds
}

/**
 * What the seller chose, within the bounds of the chain behind `rpcUrl`; the chain's default when nothing was chosen.
 * Without a chain, or on one that rules nothing, the defaults of the market hold.
 *
 * @throws LedgerError `unreachable`, `bad-input`
 */
export async function freeShareOn(rpcUrl: string | undefined, chosenPpm: number | undefined): Promise<FreeShare> {
  const bounds = (rpcUrl === undefined ? undefined : await boundsOn(rpcUrl)) ?? freeShareBoundsDefault
  return { ppm: freeShareWithin(chosenPpm, bounds), bounds }
}

export interface FreeShareSource {
  readonly rpcUrl: string
  /** What the seller chose, in millionths; undefined: the chain's default. */
  readonly chosenPpm: number | undefined
  readonly logger: Logger
  readonly lookMilliseconds?: number
}

/**
 * Moves the free share of a market with what the chain rules; answers how to end that. While the chain does not answer, or
 * says nothing of it, the share stays as it is.
 *
 * @example
 * const stop = followFreeShare(market, { rpcUrl, chosenPpm: undefined, logger })
 */
export function followFreeShare(market: UploadMarket, source: FreeShareSource): () => void {
  const { rpcUrl, chosenPpm, logger, lookMilliseconds = lookMillisecondsDefault } = source
  let cancel = (): void => {}
  let isEnded = false
  const look = async (): Promise<void> => {
    try {
      const bounds = await boundsOn(rpcUrl)
      const [from, to] = [market.freeSharePpm, bounds && freeShareWithin(chosenPpm, bounds)]
      if (!isEnded && to !== undefined && to !== from) {
        market.setFreeShare(to)
        logger.log('info', 'the chain moves the free share', { fromPpm: from, toPpm: to })
      }
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error
      logger.log('debug', 'the chain does not say its free share', { reason: messageOf(error) })
    }
    next()
  }
  const next = (): void => {
    if (!isEnded) cancel = systemTimers.after(lookMilliseconds, () => void look())
  }
  next()
  return () => {
    isEnded = true
    cancel()
  }
}

async function boundsOn(rpcUrl: string): Promise<FreeShareBounds | undefined> {
  const client = await openContracts({ rpcUrl }, { clock: systemClock, logger: silentLogger })
  const found = await readFreeShare(client)
  // Each has bounds of its own, which do not say that they fit each other.
  return found !== undefined && found.leastPpm <= found.mostPpm ? found : undefined
}
