/** What selling came to. */

import type { Btt } from '@millrace/base'
import type { PeerView } from '@millrace/market'

/** What was sold in this run. */
export interface Sales {
  readonly billed: Btt
  /** Accepted by vouchers. */
  readonly earned: Btt
  /** Set off with buyers that sold to us: earned without a voucher. */
  readonly setOff: Btt
  readonly cashed: Btt
  /** What the network's incentive pool added to that. */
  readonly incentives: Btt
  /** Absent while nothing is sold. */
  readonly askPerMiB: Btt | undefined
  readonly pricePerMiB: Btt
  readonly capacityBytesPerSecond: number
  /** Millionths of it for those who do not pay; a vote may move it while the seller runs. */
  readonly freeSharePpm: number
  /** Epochs of the market so far: `buyers` tells the demand and the rates of the last one. */
  readonly epochs: number
  readonly buyers: readonly PeerView[]
  readonly credits: Readonly<Record<string, { readonly billed: Btt; readonly paid: Btt; readonly credit: Btt }>>
}
