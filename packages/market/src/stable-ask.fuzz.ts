/** What holds for a stable ask whatever its feeds say, with fewer than half of them in an attacker's hands. */

import { maxBig, minBig } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ExchangeRate, isApart } from './exchange-rate.ts'
import {
  openStableAsk,
  quotedAsk,
  type StableAskEvent,
  type StableAskState,
  type StableAskTerms,
  stepStableAsk,
} from './stable-ask.ts'
import { askAt, type UnitAsk } from './unit-ask.ts'

const ask: UnitAsk = { amount: 7n * 10n ** 15n, unit: 'USD', per: 'GiB' }
const rateOf = (units: bigint): ExchangeRate => units as ExchangeRate // above 0 by the ranges below
// Honest feeds are mostly near each other and sometimes jump; an attacker says anything.
const honestRate = fc.oneof(
  { weight: 8, arbitrary: fc.bigInt({ min: 980_000n, max: 1_020_000n }) },
  { weight: 2, arbitrary: fc.bigInt({ min: 500_000n, max: 2_000_000n }) },
)
const anyRate = fc.oneof(honestRate, fc.bigInt({ min: 1n, max: 10n ** 40n }))
const move = fc.record({
  feed: fc.nat(6),
  honest: honestRate.map(rateOf),
  lie: anyRate.map(rateOf),
  ageMs: fc.oneof(fc.constant(0), fc.nat(15_000)),
  elapsedMs: fc.oneof(fc.constant(0), fc.nat(8_000)),
  isTick: fc.boolean(),
})
const scenario = fc.record({
  feeds: fc.integer({ min: 1, max: 7 }),
  liars: fc.nat(3),
  tolerancePpm: fc.constantFrom(0, 5_000, 20_000),
  jumpPpmMax: fc.constantFrom(20_000, 200_000, 1_000_000),
  holdMs: fc.constantFrom(0, 3_000, 20_000),
  moves: fc.array(move, { minLength: 1, maxLength: 60 }),
})

interface Moment {
  readonly before: StableAskState
  readonly after: StableAskState
  readonly event: StableAskEvent
  readonly terms: StableAskTerms
  readonly nowMs: number
  /** Fresh readings, honest and all. */
  readonly honest: readonly ExchangeRate[]
  readonly fresh: readonly ExchangeRate[]
}

/** Plays scenarios in which the feeds of the highest numbers lie, and shows each step to `check`. */
function always(check: (moment: Moment) => void): void {
  fc.assert(
    fc.property(scenario, ({ feeds, liars, moves, ...limits }) => {
      const terms: StableAskTerms = { feeds, ageMsMax: 10_000, ...limits }
      const firstLiar = feeds - Math.min(liars, liarsMax(feeds))
      let state = openStableAsk(terms)
      let nowMs = 0
      for (const { feed: number, honest: truth, lie, ageMs, elapsedMs, isTick } of moves) {
        const feed = number % feeds
        nowMs += elapsedMs
        const reading = { type: 'reading', feed, rate: feed < firstLiar ? truth : lie, ageMs } as const
        const event: StableAskEvent = isTick ? { type: 'tick' } : reading
        const before = state
        state = stepStableAsk(before, event, terms, nowMs)
        const all = state.readings.flatMap((held, i) =>
          held !== undefined && nowMs - held.atMs <= terms.ageMsMax ? [{ i, rate: held.rate }] : [],
        )
        const rates = (list: typeof all): ExchangeRate[] => list.map(({ rate }) => rate)
        const honest = rates(all.filter(({ i }) => i < firstLiar))
        check({ before, after: state, event, terms, nowMs, honest, fresh: rates(all) })
      }
    }),
    { numRuns: 2_000 },
  )
}

/** The most that is fewer than half. */
function liarsMax(feeds: number): number {
  let liars = 0
  while (2 * (liars + 1) < feeds) liars++
  return liars
}

const least = (values: readonly bigint[]): bigint => values.reduce((a, b) => minBig(a, b))
const most = (values: readonly bigint[]): bigint => values.reduce((a, b) => maxBig(a, b))
const rateIn = ({ phase }: StableAskState): ExchangeRate | undefined => phase.quoted?.rate

test('a new rate lies in the range of the honest readings, or within the tolerance of one while a feed is missing', () => {
  always(({ before, after, terms, honest, fresh }) => {
    const rate = rateIn(after)
    if (rate === undefined || rate === rateIn(before)) return
    expect(after.phase.kind).toBe('fresh')
    if (fresh.length > 2 * liarsMax(terms.feeds)) {
      expect(least(honest) <= rate && rate <= most(honest)).toBe(true)
      const asks = honest.map((reading) => askAt(ask, reading))
      const quoted = quotedAsk(ask, after)
      expect(quoted !== undefined && least(asks) <= quoted && quoted <= most(asks)).toBe(true)
    } else expect(honest.some((reading) => !isApart(reading, rate, terms.tolerancePpm))).toBe(true)
  })
})

test('a fresh rate is never further than the tolerance outside the range of all fresh readings', () => {
  always(({ after, terms, fresh }) => {
    if (after.phase.kind !== 'fresh') return
    const { rate } = after.phase.quoted
    const [low, high] = [rateOf(least(fresh)), rateOf(most(fresh))]
    if (rate < low) expect(isApart(rate, low, terms.tolerancePpm)).toBe(false)
    if (rate > high) expect(isApart(rate, high, terms.tolerancePpm)).toBe(false)
  })
})

test('time alone never makes a new rate, and without fresh readings of a majority nothing does', () => {
  always(({ before, after, terms, fresh }) => {
    if (fresh.length > liarsMax(terms.feeds)) return
    expect(after.phase.kind).not.toBe('fresh')
    expect(rateIn(after)).toBe(rateIn(before))
  })
})

test('the last quote stands for its time and not longer, and what is sold for is the quoted rate or nothing', () => {
  always(({ after, terms, nowMs }) => {
    const { phase } = after
    if (phase.kind === 'last-quote') expect(nowMs - phase.quoted.backedMs).toBeLessThanOrEqual(terms.holdMs)
    if (phase.kind === 'free-only' && phase.quoted !== undefined)
      expect(nowMs - phase.quoted.backedMs).toBeGreaterThan(terms.holdMs)
    const expected = phase.kind === 'free-only' ? undefined : askAt(ask, phase.quoted.rate)
    expect(quotedAsk(ask, after)).toBe(expected)
  })
})

test('no step moves the rate by more than the jump limit unless the step before had seen the jump', () => {
  always(({ before, after, terms }) => {
    const [old, rate] = [rateIn(before), rateIn(after)]
    if (old === undefined || rate === undefined || !isApart(old, rate, terms.jumpPpmMax)) return
    const { phase } = before
    expect(phase.kind).not.toBe('fresh')
    expect(phase.kind !== 'fresh' && phase.why.kind === 'jump').toBe(true)
  })
})
