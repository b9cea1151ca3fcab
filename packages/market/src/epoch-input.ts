/** What an epoch is decided from: the bids with their peers, the free peers, the uplink and the owner's terms. */

import type { Claim } from './book.ts'
import type { FreePeer } from './free-level.ts'
import type { WakeTerms } from './wake.ts'

/** A bid and its peer. */
export interface Bidder extends Claim {
  /** w: what the bid says, secured or not; base units a second. */
  readonly spendRateBid: bigint
  /** The number of its address group: see `FreePeer`. */
  readonly group: number
  readonly awake: boolean
  /** Of the demand, what it really takes: the estimate of a limited peer has a tenth of slack that others are served. */
  readonly taken: number
  /** The free class's choker serves this peer: without its bid it would have its free level, otherwise nothing. */
  readonly unchoked: boolean
}

export interface EpochInput {
  readonly bidders: readonly Bidder[]
  /** The unchoked peers without a bid. */
  readonly free: readonly FreePeer[]
  readonly capacity: number
  /** phi: the free share, 0 to 1. */
  readonly freeShare: number
  readonly askPerMiB: bigint
  readonly wake: WakeTerms
}
