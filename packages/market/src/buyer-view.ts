/** What the buyer's agent is told and what it answers. Rates and bytes are plain numbers, money is exact. */

import { type Btt, btt, bytesPerMiB } from '@millrace/base'

/** What a person decides. */
export interface BuyerTerms {
  /** Never more than this in total. */
  readonly budget: Btt
  /** Never more a MiB; absent: what `priceMaxDefault` says. */
  readonly priceMaxPerMiB?: Btt | undefined
  /** Base units a second, over all sellers: spent as it stands without a deadline, the most that is spent with one. */
  readonly spendRatePerSecond?: Btt | undefined
  /** "Done by", on the clock of `AgentView.nowMs`. */
  readonly doneByMs?: number | undefined
  /** What the own line carries, when a limit says so: bytes a second. */
  readonly lineBytesPerSecond?: number | undefined
  /** At most this part of the time goes unpaid to measure what paying is worth; 0 measures nothing. */
  readonly measurePercent: number
}

/** A seller that is connected and has a live quote. Sums count from the start of the run. */
export interface SellerView {
  readonly id: string
  readonly receivedBytes: number
  /** Of those, what its statements bill. */
  readonly billedBytes: number
  /** Its last quote: base units a MiB. */
  readonly pricePerMiB: Btt
}

export interface AgentView {
  readonly nowMs: number
  /** Payload that is missing; undefined before the size is known. */
  readonly leftBytes: number | undefined
  /** Payload that came from every peer, sellers or not, since the start of the run. */
  readonly receivedBytes: number
  /** Bytes that all statements of this run bill, and what they come to. */
  readonly billedBytes: number
  readonly billed: Btt
  /** What may still be billed: the budget's rest, and what connected sellers were paid ahead. */
  readonly moneyLeft: Btt
  readonly sellers: readonly SellerView[]
}

/** At a price this many times the budget's part of each missing MiB, money is lost on too few bytes to be worth a bid. */
const priceMaxFactor = 32n

/**
 * The price cap of who names none: 32 times what the budget allows for each missing MiB. At a quote above it the budget buys
 * less than a 32nd of the rest. Rounded down.
 *
 * @example
 * priceMaxDefault(btt(100n), 50 * 2 ** 20) // 64n
 */
export function priceMaxDefault(budget: Btt, leftBytes: number): Btt {
  return btt((budget * priceMaxFactor * BigInt(bytesPerMiB)) / BigInt(Math.max(1, leftBytes)))
}
