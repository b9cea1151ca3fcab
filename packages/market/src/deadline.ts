/**
 * The least spend rate by which a download is expected to be done in time: raised when late, lowered when early, nothing
 * while the sellers give enough for nothing.
 *
 * A seller gives max(w/p, its free level), so each seller that is paid gives up its free level: as few as possible are paid,
 * the cheapest first, and one more when these do not bring what the money should buy. A proportional gain trims what the
 * price in the last quote does not show (bids of others, blocks that fail).
 */

import { type Btt, btt, bytesPerMiB, divideUp, minBig, zeroBtt } from '@millrace/base'

export interface DeadlineSeller {
  readonly id: string
  readonly pricePerMiB: Btt
  /** Bytes a second it gave when it was not paid; 0 while nobody knows. */
  readonly freeRate: number
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
      /** What the money is multiplied by, from `gainMin` to `gainMax`. */
      readonly gain: number
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
  /** The needed rate costs more a second than the budget, or `spendRateMaxPerSecond`, allows until then. */
  readonly isShort: boolean
}

/** So much of the time that is left is planned with, less `reserveMs` for the last pieces. */
const plannedPercent = 95
const reserveMs = 1_500
/** Nearer than this, and after the deadline, the rest is planned as if it were so far away. */
const planMsMin = 4_000
/** Steps of a second: what comes for nothing is looked at before anything is paid. */
const unpaidStepsMin = 4
/** Free levels must exceed the need by this much before paying ends: they were measured a while ago. */
const enoughPercent = 115
const settledSteps = 5
const gainMin = 0.5
const gainMax = 4
const gainExponent = 0.12
/** Below this part of the need, with the gain up, a step is slow; after so many another seller is paid. */
const slowPercent = 95
const slowGain = 1.25
const slowStepsMax = 6
/** Another seller is tried at a price this much better. */
const dearPercent = 125
/** For so many steps a new seller has its even part whatever it delivered. */
const newSteps = 6

export const openDeadline: DeadlineState = { kind: 'unpaid', steps: 0 }

/** To be asked each second. */
export function stepDeadline(state: DeadlineState, view: DeadlineView): DeadlineStep {
  const neededRate = (view.leftBytes * 1_000) / planMs(view)
  const next = view.isSteady ? decide(state, view, neededRate) : state
  if (next.kind === 'unpaid') {
    return { state: next, spendRatePerSecond: zeroBtt, shares: new Map(), neededRate, isShort: false }
  }
  const shares = sharesOf(next, view)
  const wanted = costOf(view, shares, neededRate, next.gain)
  const affordable = minBig(evenSpend(view), view.spendRateMaxPerSecond ?? wanted)
  const spendRatePerSecond = minBig(wanted, affordable)
  return { state: next, spendRatePerSecond, shares, neededRate, isShort: wanted > affordable }
}

function planMs({ nowMs, doneByMs }: DeadlineView): number {
  return Math.max(planMsMin, ((doneByMs - nowMs) * plannedPercent) / 100 - reserveMs)
}

/** The budget's rest spread evenly until the deadline: base units a second, rounded down. */
function evenSpend(view: DeadlineView): Btt {
  return btt((view.moneyLeft * 1_000n) / BigInt(Math.ceil(planMs(view))))
}

function decide(state: DeadlineState, view: DeadlineView, neededRate: number): DeadlineState {
  const { rate, otherRate, sellers } = view
  if (state.kind === 'unpaid') {
    const steps = state.steps + 1
    const isEnough = rate === undefined || rate >= neededRate
    if (steps < unpaidStepsMin || isEnough || sellers.length === 0) return { kind: 'unpaid', steps }
    return { kind: 'paying', chosen: cheapest(view, []), gain: 1, steps: 0, slowSteps: 0 }
  }
  const free = sellers.reduce((sum, { freeRate }) => sum + freeRate, otherRate)
  const chosen = state.chosen.filter((id) => sellers.some((seller) => seller.id === id))
  if (state.steps >= settledSteps && free * 100 >= neededRate * enoughPercent) return openDeadline
  if (chosen.length === 0) return { kind: 'paying', chosen: cheapest(view, []), gain: 1, steps: 0, slowSteps: 0 }
  const steps = state.steps + 1
  if (rate === undefined || steps < settledSteps) return { ...state, chosen, steps }
  const isSlow = rate * 100 < neededRate * slowPercent && state.gain >= slowGain
  const slowSteps = isSlow ? state.slowSteps + 1 : 0
  if (chosen.length < sellers.length && (slowSteps >= slowStepsMax || isDear(view, chosen, neededRate))) {
    return { kind: 'paying', chosen: cheapest(view, chosen), gain: 1, steps: 0, slowSteps: 0 }
  }
  const error = Math.min(2, Math.max(0.5, neededRate / Math.max(1, rate)))
  const gain = Math.min(gainMax, Math.max(gainMin, state.gain * error ** gainExponent))
  return { kind: 'paying', chosen, gain, steps, slowSteps }
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

/** What the missing bytes cost a second at the prices of the chosen, by their shares; rounded up. */
function costOf(view: DeadlineView, shares: ReadonlyMap<string, number>, neededRate: number, gain: number): Btt {
  const missing = BigInt(Math.ceil(missingRate(view, [...shares.keys()], neededRate) * gain))
  const sum = [...shares.values()].reduce((all, part) => all + part, 0)
  let prices = 0n
  let parts = 0n
  for (const { id, pricePerMiB } of view.sellers) {
    const part = shares.get(id)
    if (part === undefined) continue
    const weight = BigInt(sum === 0 ? 1 : part)
    prices += weight * pricePerMiB
    parts += weight
  }
  return parts === 0n ? zeroBtt : btt(divideUp(missing * prices, parts * BigInt(bytesPerMiB)))
}
