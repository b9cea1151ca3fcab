/** The buyer's agent of a node: shows it the sellers each second, places the bids it wants, and says how it goes. */

import { type Btt, btt, systemClock, systemRandom, toHex } from '@millrace/base'
import { type AgentState, type Benefit, type Estimate, openAgent, stepAgent } from '@millrace/market'
import type { PaidTorrent } from '@millrace/swarm'
import type { BuyerPair } from './buyer-pair.ts'
import type { Payer } from './payer.ts'
import type { BuyingTerms } from './terms.ts'

const measurePercentDefault = 5
/** After the first quote of all, so that the first bids are split among those who quote with it. */
const gatherMilliseconds = 100

/** How buying goes: for `--json`, `--jsonl` and the progress line. */
export interface BuyingReport {
  /** What all bids together offer now: base units a second. */
  readonly spendRatePerSecond: Btt
  /** Undefined before the size is known. */
  readonly estimate: Estimate | undefined
  /** What paying adds: bytes a second. */
  readonly benefit: Benefit
  /** Undefined without a deadline. Times in ISO 8601. */
  readonly deadline: DeadlineTimes | undefined
}

export interface DeadlineTimes {
  readonly by: string
  /** When the download will be, or was, complete; undefined while nothing comes. */
  readonly expected: string | undefined
  /** Undefined until it is known. */
  readonly met: boolean | undefined
  /** After `by`: the budget does not allow it before. */
  readonly notBefore: string | undefined
}

export class BuyingDesk {
  readonly #payer: Payer
  readonly #pairs: () => Iterable<BuyerPair>
  readonly #torrents = new Map<string, PaidTorrent>()
  #state: AgentState
  #quotedAtMs: number | undefined

  /** @param pairs every seller of this run */
  constructor(terms: BuyingTerms, payer: Payer, pairs: () => Iterable<BuyerPair>) {
    this.#payer = payer
    this.#pairs = pairs
    const { measurePercent = measurePercentDefault } = terms
    this.#state = openAgent({ ...terms, measurePercent }, systemClock.now(), systemRandom)
  }

  /** A torrent that is downloaded with this budget. */
  note(torrent: PaidTorrent): void {
    this.#torrents.set(toHex(torrent.infoHash), torrent)
  }

  /** A seller told its price for the first time: while nobody is bid, the next second is not waited for. */
  onFirstQuote(): void {
    if (this.#state.bidding.length === 0) this.#quotedAtMs ??= systemClock.now()
  }

  /** Every settlement tick. */
  tick(): void {
    if (this.#quotedAtMs !== undefined && systemClock.now() >= this.#quotedAtMs + gatherMilliseconds) this.step()
  }

  /** To be called each second, and when a download is complete. */
  step(): void {
    this.#quotedAtMs = undefined
    const pairs = [...this.#pairs()]
    const sellers = new Map<string, BuyerPair>()
    for (const pair of pairs) if (!pair.isIdle && pair.pricePerMiB !== undefined) sellers.set(pair.seller, pair)
    const bills = pairs.map((pair) => pair.billed)
    const torrents = [...this.#torrents.values()]
    const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)
    const { state, wants } = stepAgent(
      this.#state,
      {
        nowMs: systemClock.now(),
        leftBytes: torrents.length === 0 ? undefined : sum(torrents.map((torrent) => torrent.leftBytes())),
        receivedBytes: sum(torrents.map((torrent) => torrent.receivedBytes())),
        billed: btt(bills.reduce((all, { amount }) => all + amount, 0n)),
        billedBytes: sum(bills.map(({ bytes }) => bytes)),
        moneyLeft: btt(pairs.reduce<bigint>((all, pair) => all + pair.paidAhead, this.#payer.budgetLeft)),
        sellers: [...sellers.values()].map((pair) => ({
          id: pair.seller,
          receivedBytes: pair.receivedBytes,
          billedBytes: pair.billed.bytes,
          pricePerMiB: pair.pricePerMiB ?? btt(0n),
        })),
      },
      systemRandom,
    )
    this.#state = state
    for (const [id, pair] of sellers) pair.want(wants.get(id))
  }

  get report(): BuyingReport {
    const { spendRatePerSecond, estimate, benefit, deadline } = this.#state.report
    return {
      spendRatePerSecond,
      estimate,
      benefit,
      deadline: deadline && {
        by: timeOf(deadline.byMs),
        expected: deadline.expectedMs === undefined ? undefined : timeOf(deadline.expectedMs),
        met: deadline.met,
        notBefore: deadline.notBeforeMs === undefined ? undefined : timeOf(deadline.notBeforeMs),
      },
    }
  }
}

/** The latest time that a Date can hold. */
const dateMsMax = 8.64e15

function timeOf(milliseconds: number): string {
  return new Date(Math.min(dateMsMax, performance.timeOrigin + milliseconds)).toISOString()
}
