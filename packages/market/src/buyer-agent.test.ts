import { type Btt, btt, seededRandom } from '@millrace/base'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { purchase, type VirtualSeller } from '../testing/virtual-purchase.ts'
import { ask, mib, type PeerPlan } from '../testing/virtual-swarm.ts'
import { openAgent, stepAgent } from './buyer-agent.ts'
import type { AgentView } from './buyer-view.ts'

const units = (asks: number): Btt => btt(BigInt(Math.round(asks * Number(ask))))
const free: PeerPlan = {}
const three = (seller: VirtualSeller): VirtualSeller[] => [seller, seller, seller]
/** Free peers that come and go, and a rival that bids. */
const restless: VirtualSeller = {
  capacity: mib,
  peers: [free, free, free, { spend: 0.2 }],
  restless: { peers: [0, 1, 2], oneIn: 10 },
}
const steady: VirtualSeller = { capacity: mib, peers: [free] }
const rivals: VirtualSeller = {
  capacity: mib,
  peers: [free, free, free, { spend: 0.2 }, { spend: 0.5 }],
  restless: { peers: [0, 1, 2, 4], oneIn: 20 },
}

describe('a time to be done by', () => {
  const by = (seller: VirtualSeller, seconds: number, seed: number, budget = 300) =>
    purchase({
      bytes: 100 * mib,
      sellers: three(seller),
      secondsMax: 600,
      seed,
      terms: { budget: units(budget), doneByMs: seconds * 1000, measurePercent: 5 },
    })

  test.each([
    ['steady rivals', steady, 50, 58],
    ['free peers that come and go', restless, 60, 80],
    ['bids that come and go', rivals, 75, 100],
  ] as const)('is kept among %s, not long before, and costs less the later it is', (_, seller, soon, late) => {
    for (const seed of [1, 2, 3, 4]) {
      const [first, second] = [by(seller, soon, seed), by(seller, late, seed)]
      for (const [result, seconds] of [[first, soon] as const, [second, late] as const]) {
        const doneMs = result.doneMs ?? Number.POSITIVE_INFINITY
        expect(doneMs, `seed ${seed}, ${seconds} s`).toBeLessThanOrEqual(seconds * 1000)
        expect(doneMs, `seed ${seed}, ${seconds} s`).toBeGreaterThan(seconds * 850)
        expect(result.paid > 0n && result.paid < units(300)).toBe(true)
      }
      expect(second.paid, `seed ${seed}`).toBeLessThan(first.paid)
    }
  })

  test('costs nothing while it is kept for nothing, even of sellers that bill each byte', () => {
    const result = by({ capacity: mib, peers: [], billAlways: true }, 40, 1)
    expect(result).toMatchObject({ paid: 0n, billed: 0n })
    expect(result.doneMs).toBeLessThan(40_000)
  })

  test('costs no more than the budget, to the base unit, and says before when it cannot be', () => {
    const lasts: (number | undefined)[] = []
    const result = purchase({
      bytes: 100 * mib,
      sellers: three(steady),
      secondsMax: 600,
      seed: 5,
      terms: { budget: btt(units(4) + 1n), priceMaxPerMiB: units(9), doneByMs: 35_000, measurePercent: 5 },
      onSecond: (_, { report }) => lasts.push(report.deadline?.notBeforeMs),
    })
    expect(result.paid).toBeLessThanOrEqual(units(4) + 1n)
    const said = lasts.find((notBefore) => notBefore !== undefined)
    expect(said).toBeGreaterThan(35_000)
    expect(said).toBeLessThanOrEqual(result.doneMs ?? 0)
    expect(result.state?.report.deadline?.met).toBe(false)
  })
})

test('a budget without a time or a rate is spread over the download, and not passed', () => {
  const plan = { bytes: 100 * mib, sellers: three(restless), secondsMax: 600, seed: 6 }
  const nothing = purchase(plan)
  const result = purchase({ ...plan, terms: { budget: units(60), measurePercent: 0 } })
  expect(result.doneMs).toBeLessThan((nothing.doneMs ?? 0) * 0.9)
  expect(result.paid).toBeLessThanOrEqual(units(60))
  expect(result.paid).toBeGreaterThan(units(30))
})

describe('the measured benefit', () => {
  const seconds = 200
  const measured = (seller: VirtualSeller, spend: number, seed: number) => {
    const plan = { bytes: 10_000 * mib, sellers: [seller, seller], secondsMax: seconds, seed }
    const terms = { budget: units(1e5), priceMaxPerMiB: units(100), spendRatePerSecond: units(spend) }
    let withheld = 0
    const onSecond = (_: number, wants: number): void => void (wants === 0 && withheld++)
    const result = purchase({
      ...plan,
      terms: { ...terms, measurePercent: 50 },
      onSecond: (second, _, wants) => onSecond(second, wants.size),
    })
    const always = purchase({ ...plan, terms: { ...terms, measurePercent: 0 } })
    const truth = (always.bytes - purchase(plan).bytes) / seconds
    return { result, always, truth, withheld }
  }

  test('holds the true one, from runs that always and that never pay, nine times in ten', { timeout: 60_000 }, () => {
    const seller = { ...restless, capacity: mib / 2, peers: [free, free, free, { spend: 0.1 }] }
    let held = 0
    for (let seed = 1; seed <= 20; seed++) {
      const { result, truth, withheld } = measured(seller, 0.7, seed)
      const benefit = result.state?.report.benefit
      if (benefit?.known !== true) throw new Error(`seed ${seed}: not known after ${seconds} s`)
      expect(benefit.low, `seed ${seed}`).toBeGreaterThan(0)
      if (benefit.low <= truth && truth <= benefit.high) held++
      expect(withheld, `seed ${seed}`).toBeLessThan(seconds / 2)
    }
    expect(held).toBeGreaterThanOrEqual(18)
  })

  test('is none where money buys nothing, and then little more is paid', { timeout: 60_000 }, () => {
    for (let seed = 1; seed <= 5; seed++) {
      const { result, always } = measured({ capacity: mib / 2, peers: [], billAlways: true }, 0.3, seed)
      expect(result.state?.report.benefit, `seed ${seed}`).toMatchObject({ known: true })
      const { low, high } = { low: 1, high: -1, ...result.state?.report.benefit }
      expect(low <= 0 && high >= 0, `seed ${seed}: ${low} to ${high}`).toBe(true)
      expect(result.paid * 10n, `seed ${seed}`).toBeLessThan(always.paid * 7n)
    }
  })

  test('is not looked for in a transfer that is too short', () => {
    const withheld: number[] = []
    const result = purchase({
      bytes: 100 * mib,
      sellers: three(restless),
      secondsMax: 600,
      seed: 1,
      terms: { budget: units(300), spendRatePerSecond: units(1), measurePercent: 5 },
      onSecond: (second, _, wants) => void (wants.size === 0 && withheld.push(second)),
    })
    expect(result.doneMs).toBeLessThan(120_000)
    expect(withheld).toEqual([])
    expect(result.state?.report.benefit).toEqual({ known: false, intervals: 0 })
  })
})

test('bids never ask for more than the rate, the money that is left and the price cap allow', () => {
  const amount = (max: bigint) => fc.bigInt({ min: 1n, max }).map(btt)
  const seconds = fc.array(
    fc.record({
      moneyLeft: fc.bigInt({ min: 0n, max: 10n ** 9n }).map(btt),
      arrived: fc.nat(1 << 24),
      billed: fc.nat(1 << 22),
      prices: fc.array(amount(20n), { maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 40 },
  )
  const terms = fc.record({
    budget: amount(10n ** 9n),
    priceMaxPerMiB: amount(20n),
    spendRatePerSecond: fc.option(amount(10n ** 6n), { nil: undefined }),
    doneByMs: fc.option(fc.nat(60_000), { nil: undefined }),
    lineBytesPerSecond: fc.option(fc.integer({ min: 1, max: 1 << 24 }), { nil: undefined }),
    measurePercent: fc.nat(50),
  })
  fc.assert(
    fc.property(terms, seconds, fc.nat(), (plan, views, seed) => {
      const random = seededRandom(seed)
      let state = openAgent(plan, 0, random)
      let [receivedBytes, billedBytes] = [0, 0]
      for (const [i, { moneyLeft, arrived, billed, prices }] of views.entries()) {
        receivedBytes += arrived
        billedBytes += billed
        const view: AgentView = {
          nowMs: (i + 1) * 1000,
          leftBytes: 1 << 28,
          receivedBytes,
          billedBytes,
          billed: btt(0n),
          moneyLeft,
          sellers: prices.map((pricePerMiB, id) => ({ id: String(id), receivedBytes, billedBytes, pricePerMiB })),
        }
        const step = stepAgent(state, view, random)
        state = step.state
        const sum = [...step.wants.values()].reduce((all, want) => all + want.spendRatePerSecond, 0n)
        expect(sum <= moneyLeft && sum <= (plan.spendRatePerSecond ?? moneyLeft)).toBe(true)
        for (const [id, { priceMaxPerMiB }] of step.wants) {
          expect(priceMaxPerMiB).toBe(plan.priceMaxPerMiB)
          expect(prices[Number(id)] ?? 0n).toBeLessThanOrEqual(plan.priceMaxPerMiB)
        }
      }
    }),
    { numRuns: 300 },
  )
})
