/** What the upload market tells: snapshots for the payments, the choker, the tables that people read. */

import { type Btt, btt } from '@millrace/base'
import { type Account, availableOf, billedOf } from './account.ts'
import type { Bid } from './bid.ts'
import type { PeerState } from './market-peer.ts'

/** Amounts in base units. */
export interface AccountView {
  readonly account: string
  /** L */
  readonly paid: Btt
  /** B, rounded down */
  readonly billed: Btt
  readonly billedBytes: number
  /** K */
  readonly credit: Btt
  /** A = K + L - B; negative when the credit was lost. */
  readonly available: bigint
  readonly unstated: Btt
  readonly late: boolean
  /** Ts: milliseconds. */
  readonly settleMs: number
}

/** Rates in bytes a second, of the last epoch. */
export interface PeerView {
  readonly peer: number
  readonly account: string | undefined
  readonly bid: Bid | undefined
  readonly quotePerMiB: Btt | undefined
  /** What a MiB is billed at now: min(price, last quote); 0 before a quote. */
  readonly billPricePerMiB: Btt
  /** x */
  readonly share: number
  /** f */
  readonly freeLevel: number
  readonly awake: boolean
  readonly interested: boolean
  /** w^: base units a second that the bid's money stands behind. */
  readonly securedPerSecond: Btt
  /** True while the peer must be unchoked whatever the choker thinks: it pays. */
  readonly entitled: boolean
  readonly demand: number
  /** In the last epoch it stood too long without a request or socket room: it took less by itself, not by our choice. */
  readonly limited: boolean
  readonly sentRate: number
  /** Bytes served since the peer was added, by class. */
  readonly paidBytes: number
  readonly freeBytes: number
  readonly billedBytes: number
}

export interface EpochReport {
  /** p: base units a MiB. */
  readonly pricePerMiB: Btt
  /** C: bytes a second. */
  readonly capacity: number
  /** Bytes a second served in the epoch. */
  readonly sentRate: number
  /** As they are when this is read: a report that nobody reads to the end costs nothing a peer. */
  readonly peers: readonly PeerView[]
}

export function accountView(account: Account): AccountView {
  const billed = billedOf(account)
  return {
    account: account.id,
    paid: btt(account.paid),
    billed,
    billedBytes: account.billedBytes,
    credit: account.credit,
    available: availableOf(account),
    unstated: btt(billed - account.stated),
    late: account.late,
    settleMs: account.settleMs,
  }
}

export function epochReport(
  pricePerMiB: Btt,
  capacity: number,
  sentRate: number,
  states: Iterable<PeerState>,
): EpochReport {
  return {
    pricePerMiB,
    capacity,
    sentRate,
    get peers() {
      return Array.from(states, peerView)
    },
  }
}

export function peerView(state: PeerState): PeerView {
  return {
    peer: state.peer,
    account: state.account?.id,
    bid: state.bid,
    quotePerMiB: state.quote === undefined ? undefined : btt(state.quote),
    billPricePerMiB: btt(state.billPrice),
    share: state.share,
    freeLevel: state.freeLevel,
    awake: state.awake,
    interested: state.interested,
    securedPerSecond: btt(state.secured),
    entitled: state.awake,
    demand: state.demand,
    limited: state.limited,
    sentRate: state.sentRate,
    paidBytes: state.paidBytes,
    freeBytes: state.freeBytes,
    billedBytes: state.billedBytes,
  }
}
