/**
 * The buyer's agent: what to bid to each seller, second by second, for a budget, a price cap and perhaps a deadline; where
 * money buys no speed, nothing. It measures what paying is worth and says when the download will be done at what cost.
 *
 *     const agent = openAgent(terms, nowMs, random)
 *     const { state, wants } = stepAgent(agent, view, random)    each second
 *     state.report                                               for people
 */

import { type Btt, btt, bytesPerMiB, divideUp, maxBig, minBig, type Random, zeroBtt } from '@millrace/base'
import type { Benefit } from './benefit.ts'
import { lineSpendMax, openBid, type SellerOffer, silentEpochs, splitSpend } from './buyer.ts'
import { type AgentView, type BuyerTerms, priceMaxDefault, type SellerView } from './buyer-view.ts'
import { type DeadlineState, type DeadlineStep, openDeadline, stepDeadline } from './deadline.ts'
import { type DeadlineReport, deadlineReport } from './deadline-report.ts'
import { type Estimate, estimate } from './estimate.ts'
import { evenSpend } from './even-spend.ts'
import { type FreeRates, noteFreeRates } from './free-rates.ts'
import { isLeft, isMeasuring, isUnpaid, type Measurement, openMeasurement, stepMeasurement } from './measurement.ts'
import { noteView, type RateHistory, rateIn, recentRate } from './rate-history.ts'

export interface AgentState {
  readonly terms: BuyerTerms
  readonly history: RateHistory
  readonly freeRates: FreeRates
  readonly measurement: Measurement
  readonly deadline: DeadlineState
  /** Set once the size is known. */
  readonly priceMaxPerMiB: Btt | undefined
  /** What was planned last, over all sellers; bids are withheld during an unpaid interval. */
  readonly spendRatePerSecond: Btt
  /** Steps since a seller was known. */
  readonly steps: number
  readonly bidding: readonly string[]
  readonly biddingSinceMs: number
  /** The bids that were planned last, by seller. */
  readonly bids: ReadonlyMap<string, SellerWant>
  readonly report: AgentReport
}

/** For people: nothing here is acted upon. */
export interface AgentReport {
  /** What all bids together offer now: base units a second. */
  readonly spendRatePerSecond: Btt
  /** Undefined before the size is known. */
  readonly estimate: Estimate | undefined
  /** Bytes a second that paying adds. */
  readonly benefit: Benefit
  /** Undefined without one. */
  readonly deadline: DeadlineReport | undefined
}

/** What to bid to one seller; nothing when absent from `wants`. */
export interface SellerWant {
  readonly spendRatePerSecond: Btt
  readonly priceMaxPerMiB: Btt
}

export interface AgentStep {
  readonly state: AgentState
  readonly wants: ReadonlyMap<string, SellerWant>
}

/** Rates that are acted upon are means of so long. */
const rateMs = 5_000
const spentMs = 10_000
/** Of the sellers that are paid: shorter, so that the spend rate follows closely. */
const sellerRateMs = 3_000
/** Slower than this part of what is needed, a deadline is in danger: no time for measuring. */
const endangeredPercent = 85

export function openAgent(terms: BuyerTerms, nowMs: number, random: Random): AgentState {
  return {
    terms,
    history: [],
    freeRates: new Map(),
    measurement: openMeasurement(nowMs, random),
    deadline: openDeadline,
    priceMaxPerMiB: terms.priceMaxPerMiB,
    spendRatePerSecond: zeroBtt,
    steps: 0,
    bidding: [],
    biddingSinceMs: nowMs,
    bids: new Map(),
    report: {
      spendRatePerSecond: zeroBtt,
      estimate: undefined,
      benefit: { known: false, intervals: 0 },
      deadline: undefined,
    },
  }
}

/**
 * One second: the sums so far in, the bids out. What all bids ask for never exceeds the money that is left, nor a bid the
 * price cap; the last base unit is guarded by who signs.
 */
export function stepAgent(before: AgentState, view: AgentView, random: Random): AgentStep {
  const { nowMs } = view
  const history = noteView(before.history, view)
  const priceMaxPerMiB = before.priceMaxPerMiB ?? defaultCap(before.terms, view.leftBytes)
  const seen = {
    ...before,
    history,
    priceMaxPerMiB,
    freeRates: noteFreeRates(before.freeRates, history, view, before.measurement.unpaid),
    steps: view.sellers.length > 0 ? before.steps + 1 : before.steps,
  }
  const worth = view.sellers.filter(
    ({ id, pricePerMiB }) => pricePerMiB <= (priceMaxPerMiB ?? -1n) && !isLeft(seen.measurement, id, nowMs),
  )
  const plan = planOf(seen, view, worth)
  const parts = partsOf(seen, view, worth, plan)
  const bidding = [...parts.keys()]
  const isSame = bidding.length === before.bidding.length && bidding.every((id) => before.bidding.includes(id))
  const biddingSinceMs = isSame ? before.biddingSinceMs : nowMs
  const rest = estimateOf(history, view)
  const measurement = stepMeasurement(
    seen.measurement,
    {
      nowMs,
      history,
      bidding,
      biddingSinceMs,
      partPercent: seen.terms.measurePercent,
      secondsLeft: rest?.secondsLeft,
      isBusy: plan.deadline !== undefined && isEndangered(plan.deadline, history),
    },
    random,
  )
  const wants = isUnpaid(measurement) ? new Map<string, SellerWant>() : parts
  const report: AgentReport = {
    spendRatePerSecond: btt([...wants.values()].reduce((sum, want) => sum + want.spendRatePerSecond, 0n)),
    estimate: rest,
    benefit: measurement.total.benefit,
    deadline: deadlineReport({
      before: before.report.deadline,
      view,
      terms: seen.terms,
      rest,
      step: plan.deadline,
      worth,
      freeRates: seen.freeRates,
    }),
  }
  const state: AgentState = {
    ...seen,
    measurement,
    deadline: plan.deadline?.state ?? seen.deadline,
    spendRatePerSecond: plan.spendRatePerSecond,
    bidding,
    biddingSinceMs,
    bids: parts,
    report,
  }
  return { state, wants }
}

interface Plan {
  readonly spendRatePerSecond: Btt
  /** Among whom it is split, by their bytes of the paid class in the last epoch. */
  readonly shares: ReadonlyMap<string, number>
  readonly deadline: DeadlineStep | undefined
}

function planOf(state: AgentState, view: AgentView, worth: readonly SellerView[]): Plan {
  const { terms, history } = state
  const { leftBytes, moneyLeft, nowMs } = view
  const shares = new Map(worth.map(({ id }) => [id, epochBytes(history, id)]))
  if (leftBytes === undefined || leftBytes === 0)
    return { spendRatePerSecond: zeroBtt, shares: new Map(), deadline: undefined }
  const rate = recentRate(history, rateMs, 'received')
  if (terms.doneByMs !== undefined) {
    const deadline = stepDeadline(state.deadline, {
      nowMs,
      doneByMs: terms.doneByMs,
      leftBytes,
      rate,
      otherRate: otherRate(history, view, rate ?? 0),
      moneyLeft,
      spendRateMaxPerSecond: terms.spendRatePerSecond,
      sellers: worth.map(({ id, pricePerMiB }) => ({
        id,
        pricePerMiB,
        freeRate: state.freeRates.get(id) ?? 0,
        rate: recentRate(history, sellerRateMs, 'received', id) ?? 0,
        paidBytes: epochBytes(history, id),
      })),
      isSteady: !isMeasuring(state.measurement),
    })
    return { spendRatePerSecond: deadline.spendRatePerSecond, shares: deadline.shares, deadline }
  }
  if (terms.spendRatePerSecond !== undefined) {
    return { spendRatePerSecond: terms.spendRatePerSecond, shares, deadline: undefined }
  }
  const { spendRatePerSecond, steps } = state
  // Withheld bids are no reason to plan anew.
  if (isMeasuring(state.measurement)) return { spendRatePerSecond, shares, deadline: undefined }
  const secondsLeft = rate === undefined || rate === 0 ? undefined : leftBytes / rate
  const spend = evenSpend({ spendRatePerSecond, moneyLeft, secondsLeft, steps })
  return { spendRatePerSecond: spend, shares, deadline: undefined }
}

/** What of the plan each seller is bid: never more together than the money that is left, for a second. */
function partsOf(
  { history, terms, priceMaxPerMiB, bids }: AgentState,
  { moneyLeft }: AgentView,
  worth: readonly SellerView[],
  plan: Plan,
): Map<string, SellerWant> {
  const parts = new Map<string, SellerWant>()
  if (priceMaxPerMiB === undefined) return parts
  const chosen = worth.filter(({ id }) => plan.shares.has(id))
  const offers = chosen.map(({ id, pricePerMiB }) => {
    const received = (at: number): number | undefined => history.at(at)?.sellers.get(id)?.received
    return {
      pricePerMiB,
      paidBytes: plan.shares.get(id) ?? 0,
      receivedBytes: epochBytes(history, id, 'received'),
      // A plan for a deadline says what is to come of each.
      openBid:
        plan.deadline === undefined
          ? openBid(received(-1) ?? 0, received(-1 - silentEpochs), bids.get(id)?.spendRatePerSecond)
          : zeroBtt,
    }
  })
  const spendRatePerSecond = minBig(plan.spendRatePerSecond, moneyLeft)
  const split = splitSpend(
    { budget: terms.budget, spendRatePerSecond, priceMaxPerMiB },
    offers,
    lineMax(history, terms.lineBytesPerSecond, offers),
  )
  for (const [i, { id }] of chosen.entries()) {
    const part = split[i] ?? zeroBtt
    if (part > 0n) parts.set(id, { spendRatePerSecond: part, priceMaxPerMiB })
  }
  return parts
}

/** Bytes that the seller's statements billed since the last step, or that came of it. */
function epochBytes(history: RateHistory, id: string, kind: 'billed' | 'received' = 'billed'): number {
  const [before, now] = history.slice(-2)
  return Math.max(0, (now?.sellers.get(id)?.[kind] ?? 0) - (before?.sellers.get(id)?.[kind] ?? 0))
}

/** p x (line - free share) at the dearest price; what comes unbilled is the free share. */
function lineMax(history: RateHistory, line: number | undefined, offers: readonly SellerOffer[]): Btt | undefined {
  if (line === undefined || offers.length === 0) return undefined
  const price = offers.reduce((most, { pricePerMiB }) => maxBig(most, pricePerMiB), zeroBtt)
  const received = recentRate(history, spentMs, 'received') ?? 0
  const billed = recentRate(history, spentMs, 'billed') ?? 0
  // While little is billed, what comes for nothing is what the bids would take the place of.
  const free = billed * 2 > received ? received - billed : 0
  return lineSpendMax(price, line, Math.min(1, Math.max(0, free / line)))
}

function defaultCap({ budget }: BuyerTerms, leftBytes: number | undefined): Btt | undefined {
  return leftBytes === undefined || leftBytes === 0 ? undefined : priceMaxDefault(budget, leftBytes)
}

function otherRate(history: RateHistory, { sellers }: AgentView, rate: number): number {
  const sold = sellers.reduce((sum, { id }) => sum + (recentRate(history, rateMs, 'received', id) ?? 0), 0)
  return Math.max(0, rate - sold)
}

function isEndangered({ neededRate, state }: DeadlineStep, history: RateHistory): boolean {
  const rate = recentRate(history, rateMs, 'received') ?? 0
  return state.kind === 'paying' && rate * 100 < neededRate * endangeredPercent
}

function estimateOf(
  history: RateHistory,
  { leftBytes, billed, moneyLeft, nowMs, sellers }: AgentView,
): Estimate | undefined {
  if (leftBytes === undefined) return undefined
  // Money follows billed bytes at each seller's newest price; rounded up for an estimate.
  const spentPerSecond = sellers.reduce((sum, { id, pricePerMiB }) => {
    const rate =
      rateIn(history, { fromMs: nowMs - spentMs, toMs: nowMs }, 'billed', id) ??
      recentRate(history, spentMs, 'billed', id)
    return sum + divideUp(BigInt(Math.ceil(rate ?? 0)) * pricePerMiB, BigInt(bytesPerMiB))
  }, 0n)
  return estimate({ history, leftBytes, billed, moneyLeft, spentPerSecond: btt(spentPerSecond) })
}
