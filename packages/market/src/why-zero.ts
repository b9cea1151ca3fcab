/** Why nothing was earned, as data: every reason that holds, the one furthest from money first, each with its remedy. */

import type { Btt } from '@millrace/base'
import type { SalesTally } from './sales-tally.ts'

/** What is known of a seller's run. */
export interface SalesFacts {
  /** The owner named an ask. */
  readonly isAsked: boolean
  /** The ask that counts now, in base units; undefined while there is none. */
  readonly askPerMiB: Btt | undefined
  /** A chain and a key were named. */
  readonly hasLedger: boolean
  /** False once the books could not be written. */
  readonly areBooksOpen: boolean
  /** Connections that others opened to us. */
  readonly incoming: number
  /** Peers that spoke of payment, and those of them with which no ledger was shared. */
  readonly offered: number
  readonly withoutLedger: number
  /** Vouchers that the vault did not cover. */
  readonly uncovered: number
  readonly billed: Btt
  readonly tally: SalesTally
  /** Only private torrents, or with pieces too large to sell. */
  readonly isSellable: boolean
  /** Set while the feeds that convert the ask are too old to quote by: since when, if they ever said anything. */
  readonly staleFeed?: { readonly seconds: number | undefined } | undefined
}

/** `remedy` is for people, in one sentence. */
export type ZeroReason = { readonly remedy: string } & (
  | { readonly code: 'no-ask' }
  | { readonly code: 'no-ledger' }
  | { readonly code: 'not-sellable' }
  | { readonly code: 'books-closed' }
  | { readonly code: 'feed-stale'; readonly seconds: number | undefined }
  | { readonly code: 'nobody-connected' }
  | { readonly code: 'not-reachable'; readonly connectedMost: number }
  | { readonly code: 'nobody-interested'; readonly connectedMost: number }
  | { readonly code: 'nobody-pays'; readonly interestedMost: number }
  | { readonly code: 'no-common-ledger'; readonly offered: number; readonly withoutLedger: number }
  | { readonly code: 'nobody-bids'; readonly offered: number }
  | {
      readonly code: 'bids-below-ask'
      readonly bidsMost: number
      readonly askPerMiB: Btt
      readonly highestCapPerMiB: Btt
    }
  | { readonly code: 'bids-without-money'; readonly bidsMost: number; readonly seconds: number }
  | { readonly code: 'not-covered'; readonly vouchers: number }
  | {
      readonly code: 'bids-asleep'
      readonly bidsMost: number
      readonly seconds: number
      /** Millionths of the upload that were used, on average. */
      readonly usedPpm: number
    }
  | { readonly code: 'billed-not-paid'; readonly billed: Btt }
)

/**
 * The reasons that hold. Call it when nothing was earned.
 *
 * @example
 * whyZero(facts)[0] // { code: 'nobody-bids', offered: 2, remedy: '...' }
 */
export function whyZero(facts: SalesFacts): readonly ZeroReason[] {
  const reasons = [...setup(facts), ...(facts.tally.most.connected === 0 ? absence() : market(facts))]
  if (facts.incoming === 0 && facts.isAsked) {
    const remedy =
      'Nobody opened a connection here: if that stays so, forward the port in your router, or choose one with --port.'
    reasons.push({ code: 'not-reachable', connectedMost: facts.tally.most.connected, remedy })
  }
  return reasons
}

/** What stands in the way before any peer comes. */
function setup(facts: SalesFacts): ZeroReason[] {
  const reasons: ZeroReason[] = []
  if (!facts.isAsked) {
    reasons.push({ code: 'no-ask', remedy: 'Nothing was for sale: set a price with --ask.' })
  }
  if (!facts.hasLedger) {
    reasons.push({
      code: 'no-ledger',
      remedy: 'No chain settles payments: name one with --rpc and --vault, and a key.',
    })
  }
  if (!facts.isSellable) {
    reasons.push({ code: 'not-sellable', remedy: 'Private torrents and pieces above 16 MiB are never sold.' })
  }
  if (!facts.areBooksOpen) {
    reasons.push({ code: 'books-closed', remedy: 'The books could not be written: look at the disk of --data.' })
  }
  if (facts.staleFeed !== undefined) {
    const remedy = 'The price feed is too old to quote by: look at its source, or ask in BTT.'
    reasons.push({ code: 'feed-stale', seconds: facts.staleFeed.seconds, remedy })
  }
  return reasons
}

function absence(): readonly ZeroReason[] {
  return [{ code: 'nobody-connected', remedy: 'No peer came: look at the trackers, or seed what others want.' }]
}

/** Where the peers that came stopped on the way to paying. */
function market({ tally, askPerMiB, offered, withoutLedger, hasLedger, uncovered, billed }: SalesFacts): ZeroReason[] {
  const { most, epochsWith } = tally
  // Who came and went between two epochs shows by what it took.
  if (most.interested === 0 && tally.sentRateSum === 0) {
    const remedy = 'Peers came, but none wanted anything: all have the torrent. Seed one that is in demand.'
    return [{ code: 'nobody-interested', connectedMost: most.connected, remedy }]
  }
  if (askPerMiB === undefined || !hasLedger) return []
  if (offered === 0) {
    const remedy = 'Peers took the free share; none of their clients pays. A smaller --free-share does not change that.'
    return [{ code: 'nobody-pays', interestedMost: most.interested, remedy }]
  }
  const reasons: ZeroReason[] = []
  if (withoutLedger > 0) {
    const remedy = 'These peers settle on other ledgers: name one that they use with --rpc and --vault.'
    reasons.push({ code: 'no-common-ledger', offered, withoutLedger, remedy })
  }
  if (most.bidding === 0 && offered > withoutLedger) {
    const remedy =
      'Peers could pay and did not bid: the free share was enough for them, or your ask is above their cap.'
    reasons.push({ code: 'nobody-bids', offered: offered - withoutLedger, remedy })
  }
  if (most.belowAsk > 0) {
    const remedy = 'These bids never reach your ask: lower --ask, or wait for others.'
    const { highestCapPerMiB } = tally
    reasons.push({ code: 'bids-below-ask', bidsMost: most.belowAsk, askPerMiB, highestCapPerMiB, remedy })
  }
  if (most.unsecured > 0 && most.awake + most.asleep === 0) {
    const remedy = 'These bids had no money behind them yet: buyers pay a first voucher once the chain answers.'
    reasons.push({ code: 'bids-without-money', bidsMost: most.unsecured, seconds: epochsWith.unsecured, remedy })
  }
  if (uncovered > 0) {
    const remedy = 'Vouchers came that no deposit covers: their buyers must deposit, or another payee was first.'
    reasons.push({ code: 'not-covered', vouchers: uncovered, remedy })
  }
  if (most.asleep > 0 && most.awake === 0) {
    const usedPpm = tally.capacitySum > 0 ? Math.round((1e6 * tally.sentRateSum) / tally.capacitySum) : 0
    const remedy =
      'Buyers had as much for nothing, so they were not billed: speed sells where it is scarce; --bill always bills anyway.'
    reasons.push({ code: 'bids-asleep', bidsMost: most.asleep, seconds: epochsWith.asleep, usedPpm, remedy })
  }
  if (billed > 0n) {
    const remedy =
      'Blocks were billed and no voucher came for them: the loss is what credit risks, and repeats cost the buyer its credit.'
    reasons.push({ code: 'billed-not-paid', billed, remedy })
  }
  return reasons
}
