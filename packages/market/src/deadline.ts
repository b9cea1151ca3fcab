/**
 * The least spend rate by which a download is expected to be done in time: raised when late, lowered when early but in
 * the last seconds, nothing while the sellers give enough for nothing.
 *
 * A seller gives max(w/p, its free level), so each seller that is paid gives up its free level: as few as possible are paid,
 * the cheapest first, and one more when these do not bring what is missing, or only at a price that our own bids drove up.
 * The spend rate starts at price x missing rate and then follows what really comes, not the quotes: where a buyer alone
 * fills the paid class, every spend rate above the reserve price buys the same, and price x rate would confirm any of them.
 */

import { type Btt, btt, bytesPerMiB, divideUp, maxBig, minBig, zeroBtt } from '@millrace/base'

export interface DeadlineSeller {
  readonly id: string
  readonly pricePerMiB: Btt
  /** Bytes a second it gave when it was not paid; 0 while nobody knows. */
  readonly freeRate: number
  /** What came in the last seconds: bytes a second. */
  readonly rate: number
  /** Bytes of its paid class in the last epoch. */
  readonly paidBytes: number
}

export interface DeadlineView {
  readonly nowMs: number
  readonly doneByMs: number
  readonly leftBytes: number
  /** What came in the last seconds from everybody: bytes a second; undefined before anything is known. */
  readonly rate: number | undefined
  /** Of that, from who is not among the sellers. */
  readonly otherRate: number
  readonly moneyLeft: Btt
  readonly spendRateMaxPerSecond: Btt | undefined
  /** Those within the price cap that are worth a bid. */
  readonly sellers: readonly DeadlineSeller[]
  /** False while an unpaid interval disturbs the rates. */
  readonly isSteady: boolean
}

export type DeadlineState =
  | { readonly kind: 'unpaid'; readonly steps: number }
  | {
      readonly kind: 'paying'
      readonly chosen: readonly string[]
      readonly spendRatePerSecond: Btt
      /** Of that, what the choice began with. */
      readonly startedAt: Btt
      /** Steps since the choice changed, and how many of the newest were too slow. */
      readonly steps: number
      readonly slowSteps: number
    }

export interface DeadlineStep {
  readonly state: DeadlineState
  readonly spendRatePerSecond: Btt
  /** The sellers among whom it is split, in proportion to these bytes of the paid class. */
  readonly shares: ReadonlyMap<string, number>
  /** Bytes a second from now on, to be done in time. */
  readonly neededRate: number
  /** The needed rate costs more than the budget, `spendRateMaxPerSecond` or the price cap allows. */
  readonly isShort: boolean
}

/** So much of the time that is left is planned with, less `reserveMs` for the last pieces. */
const plannedPercent = 95
const reserveMs = 3_000
/** Nearer than this, and after the deadline, the rest is planned as if it were so far away: and nothing is saved on it. */
const planMsMin = 4_000
/** Steps of a second: what comes for nothing is looked at before anything is paid. */
const unpaidStepsMin = 4
/** Free levels must exceed the need by this much before paying ends: they were measured a while ago. */
const enoughPercent = 115
/** After that paying is taken up again within this many steps, and not ended at all so near the end. */
const resumeSteps = 2
const stopMsMin = 8_000
/** A bid is heard within two steps; rates are means of some seconds. */
const heardSteps = 2
const settledSteps = 4
/** The spend rate follows missing / coming bytes, damped by this exponent and within these factors a step, in millionths. */
const damping = 0.35
const factorPpmMin = 800_000
const factorPpmMax = 1_150_000
/** Below this part of what is missing, with the spend rate up by so much, a step is slow; after so many one more is paid. */
const slowPercent = 95
const slowRisePercent = 125n
const slowStepsMax = 5
/** Another seller is tried at a price this much better. */
const dearPercent = 125
/** For so many steps a new seller has its even part whatever it delivered. */
const newSteps = 6

export const openDeadline: DeadlineState = { kind: 'unpaid', steps: 0 }

/** To be asked each second. */
export function stepDeadline(state: DeadlineState, view: DeadlineView): DeadlineStep {
  const neededRate = (view.leftBytes * 1_000) / planMs(view)
  const next = view.isSteady ? kept(state, decide(state, view, neededRate), view) : state
  if (next.kind === 'unpaid') {
    // Late, and nobody sells within the cap.
    const isShort = view.sellers.length === 0 && view.rate !== undefined && view.rate < neededRate
    return { state: next, spendRatePerSecond: zeroBtt, shares: new Map(), neededRate, isShort }
  }
  const affordable = affordableOf(view)
  const { spendRatePerSecond } = next
  return {
    // What cannot be afforded is not wound up either.
    state: { ...next, spendRatePerSecond: minBig(spendRatePerSecond, affordable) },
    spendRatePerSecond: minBig(spendRatePerSecond, affordable),
    shares: sharesOf(next, view),
    neededRate,
    isShort: spendRatePerSecond >= affordable && isSlow(view, next.chosen, neededRate),
  }
}

function planMs({ nowMs, doneByMs }: DeadlineView): number {
  return Math.max(planMsMin, ((doneByMs - nowMs) * plannedPercent) / 100 - reserveMs)
}

/** The budget's rest spread evenly until the deadline, or what the user allows: base units a second, rounded down. */
function affordableOf(view: DeadlineView): Btt {
  const even = btt((view.moneyLeft * 1_000n) / BigInt(Math.ceil(planMs(view))))
  return minBig(even, view.spendRateMaxPerSecond ?? even)
}

function decide(state: DeadlineState, view: DeadlineView, neededRate: number): DeadlineState {
  const { rate, otherRate, sellers } = view
  if (state.kind === 'unpaid') {
    const steps = state.steps + 1
    const isEnough = rate === undefined || rate >= neededRate
    if (steps < unpaidStepsMin || isEnough || sellers.length === 0) return { kind: 'unpaid', steps }
    return choose(view, [], neededRate)
  }
  const free = sellers.reduce((sum, { freeRate }) => sum + freeRate, otherRate)
  const chosen = state.chosen.filter((id) => sellers.some((seller) => seller.id === id))
  const isEnough = free * 100 >= neededRate * enoughPercent && planMs(view) >= stopMsMin
  if (state.steps >= settledSteps && isEnough) return { kind: 'unpaid', steps: unpaidStepsMin - resumeSteps }
  if (chosen.length === 0) return choose(view, [], neededRate)
  const steps = state.steps + 1
  if (steps >= heardSteps && chosen.length < sellers.length && isDear(view, chosen, neededRate)) {
    return choose(view, chosen, neededRate)
  }
  if (steps < settledSteps) return { ...state, chosen, steps }
  const isRaised = state.spendRatePerSecond * 100n >= state.startedAt * slowRisePercent
  const slowSteps = isRaised && isSlow(view, chosen, neededRate) ? state.slowSteps + 1 : 0
  if (slowSteps >= slowStepsMax && chosen.length < sellers.length) return choose(view, chosen, neededRate)
  const spendRatePerSecond = followed(state.spendRatePerSecond, view, chosen, neededRate)
  return { ...state, chosen, spendRatePerSecond, steps, slowSteps }
}

/** In the last seconds what is needed falls with what is left, and the rest would never come: what was planned until then is kept. */
function kept(before: DeadlineState, next: DeadlineState, view: DeadlineView): DeadlineState {
  if (before.kind !== 'paying' || next.kind !== 'paying' || planMs(view) > planMsMin) return next
  return { ...next, spendRatePerSecond: maxBig(next.spendRatePerSecond, before.spendRatePerSecond) }
}

/** One more seller than `chosen`, at its price for all: that of the others falls as their part does. */
function choose(view: DeadlineView, chosen: readonly string[], neededRate: number): DeadlineState {
  const more = cheapest(view, chosen)
  const price = view.sellers.find(({ id }) => id === more.at(-1))?.pricePerMiB ?? zeroBtt
  const missing = BigInt(Math.ceil(missingRate(view, more, neededRate)))
  const spendRatePerSecond = btt(divideUp(missing * price, BigInt(bytesPerMiB)))
  return { kind: 'paying', chosen: more, spendRatePerSecond, startedAt: spendRatePerSecond, steps: 0, slowSteps: 0 }
}

/** Raised while the chosen give less than what is missing, lowered while they give more; rounded up. */
function followed(spend: Btt, view: DeadlineView, chosen: readonly string[], neededRate: number): Btt {
  const ratio = missingRate(view, chosen, neededRate) / Math.max(1, rateOfChosen(view, chosen))
  const factorPpm = Math.round(Math.min(factorPpmMax, Math.max(factorPpmMin, ratio ** damping * 1e6)))
  return btt(divideUp(spend * BigInt(factorPpm), 1_000_000n))
}

function isSlow(view: DeadlineView, chosen: readonly string[], neededRate: number): boolean {
  return rateOfChosen(view, chosen) * 100 < missingRate(view, chosen, neededRate) * slowPercent
}

function rateOfChosen({ sellers }: DeadlineView, chosen: readonly string[]): number {
  return sellers.reduce((sum, { id, rate }) => sum + (chosen.includes(id) ? rate : 0), 0)
}

/** One more seller than `chosen`: the cheapest of the others, of equals the one that gives least for nothing. */
function cheapest({ sellers }: DeadlineView, chosen: readonly string[]): readonly string[] {
  const others = sellers.filter(({ id }) => !chosen.includes(id))
  const [best] = others.toSorted(
    (a, b) => Number(a.pricePerMiB - b.pricePerMiB) || a.freeRate - b.freeRate || (a.id < b.id ? -1 : 1),
  )
  return best === undefined ? chosen : [...chosen, best.id]
}

/**
 * Whether another seller gives the same bytes for clearly less: its price for its part of them, what it now gives for
 * nothing taken off. The chosen are dear when our own bids have driven their price up.
 */
function isDear(view: DeadlineView, chosen: readonly string[], neededRate: number): boolean {
  const next = view.sellers.find(({ id }) => id === cheapest(view, chosen).at(-1))
  if (next === undefined) return false
  const part = (missingRate(view, chosen, neededRate) + next.freeRate) / (chosen.length + 1)
  if (part <= next.freeRate) return false
  const paid = view.sellers.filter(({ id }) => chosen.includes(id))
  const price = paid.reduce((sum, { pricePerMiB }) => sum + Number(pricePerMiB), 0) / paid.length
  return price * 100 > (Number(next.pricePerMiB) * part * dearPercent) / (part - next.freeRate)
}

/** A seller that was chosen a moment ago has its even part, so that its bid can be louder than its free level. */
function sharesOf(state: DeadlineState & { readonly kind: 'paying' }, { sellers }: DeadlineView): Map<string, number> {
  const paid = sellers.filter(({ id }) => state.chosen.includes(id))
  const even = Math.ceil(paid.reduce((sum, { paidBytes }) => sum + paidBytes, 0) / Math.max(1, paid.length))
  const isNew = (id: string): boolean => state.steps < newSteps && id === state.chosen.at(-1)
  return new Map(paid.map(({ id, paidBytes }) => [id, isNew(id) ? Math.max(even, paidBytes) : paidBytes]))
}

/** What must be paid for: bytes a second. */
function missingRate({ sellers, otherRate }: DeadlineView, chosen: readonly string[], neededRate: number): number {
  const free = sellers.reduce((sum, { id, freeRate }) => sum + (chosen.includes(id) ? 0 : freeRate), otherRate)
  return Math.max(0, neededRate - free)
}
