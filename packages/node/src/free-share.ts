/** The free share of a seller, as the chain that settles rules it. */

import { silentLogger, systemClock } from '@millrace/base'
import { openContracts, readFreeShare } from '@millrace/ledger'
import { type FreeShareBounds, freeShareBoundsDefault, freeShareWithin } from '@millrace/market'

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

async function boundsOn(rpcUrl: string): Promise<FreeShareBounds | undefined> {
  const client = await openContracts({ rpcUrl }, { clock: systemClock, logger: silentLogger })
  const found = await readFreeShare(client)
  // Each has bounds of its own, which do not say that they fit each other.
  return found !== undefined && found.leastPpm <= found.mostPpm ? found : undefined
}
