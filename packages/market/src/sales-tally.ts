/** What a seller's epochs came to: how many wanted, bid and could pay, counted each second. Kept small for any time. */

import { type Btt, btt, maxBig, zeroBtt } from '@millrace/base'
import type { EpochReport, PeerView } from './market-view.ts'

/** Counts of peers in one epoch, or the most of any epoch. */
export interface SalesCounts {
  readonly connected: number
  readonly interested: number
  /** With a bid that could be read, whatever it is worth. */
  readonly bidding: number
  /** Of those, with a cap below the ask. */
  readonly belowAsk: number
  /** Of the others, without money behind their bid. */
  readonly unsecured: number
  /** Of the others, asleep: they have as much for nothing. */
  readonly asleep: number
  readonly awake: number
}

export interface SalesTally {
  readonly epochs: number
  /** The most at a time. */
  readonly most: SalesCounts
  /** Epochs in which there was any. */
  readonly epochsWith: SalesCounts
  readonly highestCapPerMiB: Btt
  /** Sums over epochs, for means: bytes a second. */
  readonly sentRateSum: number
  readonly capacitySum: number
}

const none: SalesCounts = {
  connected: 0,
  interested: 0,
  bidding: 0,
  belowAsk: 0,
  unsecured: 0,
  asleep: 0,
  awake: 0,
}

export const emptySalesTally: SalesTally = {
  epochs: 0,
  most: none,
  epochsWith: none,
  highestCapPerMiB: zeroBtt,
  sentRateSum: 0,
  capacitySum: 0,
}

/** Adds one epoch. @param askPerMiB undefined: nothing is sold, so no cap is below it */
export function tallyEpoch(tally: SalesTally, report: EpochReport, askPerMiB: Btt | undefined): SalesTally {
  const counts = countPeers(report.peers, askPerMiB ?? zeroBtt)
  const caps = report.peers.map(({ bid }) => bid?.priceMaxPerMiB ?? zeroBtt)
  return {
    epochs: tally.epochs + 1,
    most: combine(tally.most, counts, Math.max),
    epochsWith: combine(tally.epochsWith, counts, (sum, count) => sum + (count > 0 ? 1 : 0)),
    highestCapPerMiB: btt(caps.reduce<bigint>((most, cap) => maxBig<bigint>(most, cap), tally.highestCapPerMiB)),
    sentRateSum: tally.sentRateSum + report.sentRate,
    capacitySum: tally.capacitySum + report.capacity,
  }
}

function countPeers(peers: readonly PeerView[], askPerMiB: Btt): SalesCounts {
  const bidding = peers.filter(({ bid }) => bid !== undefined)
  const willing = bidding.filter(({ bid }) => (bid?.priceMaxPerMiB ?? zeroBtt) >= askPerMiB)
  const secured = willing.filter((peer) => peer.securedPerSecond > 0n)
  const awake = secured.filter((peer) => peer.awake).length
  return {
    connected: peers.length,
    interested: peers.filter((peer) => peer.interested).length,
    bidding: bidding.length,
    belowAsk: bidding.length - willing.length,
    unsecured: willing.length - secured.length,
    asleep: secured.length - awake,
    awake,
  }
}

function combine(a: SalesCounts, b: SalesCounts, of: (a: number, b: number) => number): SalesCounts {
  return {
    connected: of(a.connected, b.connected),
    interested: of(a.interested, b.interested),
    bidding: of(a.bidding, b.bidding),
    belowAsk: of(a.belowAsk, b.belowAsk),
    unsecured: of(a.unsecured, b.unsecured),
    asleep: of(a.asleep, b.asleep),
    awake: of(a.awake, b.awake),
  }
}
