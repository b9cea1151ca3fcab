/** What this node says of its own trade in a beacon. */

import type { Btt } from '@millrace/base'
import { bytesPerMiB, systemClock } from '@millrace/base'
import { budgetBitsOf, priceMaxDefault } from '@millrace/market'
import type { BeaconSide } from '@millrace/wire'
import type { PaymentDesk } from './payments/payment-desk.ts'
import type { BuyingTerms } from './payments/terms.ts'

/**
 * Undefined while nothing is for sale.
 *
 * @param terms a market's, as they are now
 * @param peers the handles of the torrent's peers
 */
export function sellSide(
  payments: PaymentDesk,
  terms: { readonly askPerMiB: Btt | undefined; readonly freeSharePpm: number },
  peers: readonly number[],
): BeaconSide | undefined {
  const { askPerMiB } = terms
  if (askPerMiB === undefined) return undefined
  const { buyers, pricePerMiB } = payments.sales()
  const bidding = buyers.filter(({ peer, bid }) => bid !== undefined && peers.includes(peer))
  const awake = bidding.filter((view) => view.awake)
  return {
    kind: 'sell',
    pricePerMiB,
    askPerMiB,
    freeSharePpm: terms.freeSharePpm,
    soldBytesPerSecond: Math.floor(awake.reduce((sum, { sentRate }) => sum + sentRate, 0)),
    demandBytesPerSecond: Math.floor(bidding.reduce((sum, { demand }) => sum + demand, 0)),
  }
}

/** A budget without a rate or a time is taken to be spent over so long. */
const spendSeconds = 600

/**
 * What the bid pays for at its highest price: at least so much is wanted. Without a bid the budget's rest, spread until the
 * time to be done by. Undefined when nothing is left to spend or to get.
 *
 * @param leftBytes payload that is missing still
 */
export function buySide(payments: PaymentDesk, terms: BuyingTerms, leftBytes: number): BeaconSide | undefined {
  const { budgetLeft } = payments.purchase()
  const priceMaxPerMiB = terms.priceMaxPerMiB ?? priceMaxDefault(terms.budget, leftBytes)
  const seconds = terms.doneByMs === undefined ? spendSeconds : (terms.doneByMs - systemClock.now()) / 1_000
  const spendRatePerSecond = terms.spendRatePerSecond ?? budgetLeft / BigInt(Math.ceil(Math.max(1, seconds)))
  if (budgetLeft <= 0n || leftBytes === 0 || priceMaxPerMiB === 0n) return undefined
  const rate = (spendRatePerSecond * BigInt(bytesPerMiB)) / priceMaxPerMiB // down: no more than the bid pays for
  const wantedBytesPerSecond = rate > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(rate)
  return { kind: 'buy', wantedBytesPerSecond, priceMaxPerMiB, budgetBits: budgetBitsOf(budgetLeft) }
}
