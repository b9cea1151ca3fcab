/** The promises of the market over random swarms in virtual time. fast-check prints the seed of a failure. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { capacity, mib, type PeerPlan, type SwarmResult, simulate } from '../testing/virtual-swarm.ts'

const seconds = 20
const fromSecond = 10
const counted = (seconds - fromSecond) * capacity

/** A free peer, limited or not, alone or in a shared address group. */
const freePeer = fc.record(
  { demand: fc.integer({ min: mib / 4, max: 4 * mib }), group: fc.constantFrom('shared', 'other') },
  { requiredKeys: [] },
)
const payer = fc.record(
  {
    spend: fc.integer({ min: 1, max: 200 }),
    priceMax: fc.integer({ min: 1, max: 60 }),
    demand: fc.integer({ min: mib / 4, max: 8 * mib }),
    group: fc.constantFrom('shared', 'third'),
  },
  { requiredKeys: ['spend'] },
)
const swarm = fc.tuple(
  fc.array(freePeer, { minLength: 0, maxLength: 3 }),
  fc.array(payer, { minLength: 1, maxLength: 4 }),
)

const runOf = (peers: readonly PeerPlan[]): SwarmResult => simulate({ peers, seconds, fromSecond })
const totalOf = (run: SwarmResult, from: number, to: number): number =>
  run.peers.slice(from, to).reduce((sum, { total }) => sum + total, 0)

test('promises 2, 3 and 8: the link is used, those who do not pay keep their share, nobody is over-billed', {
  timeout: 60_000,
}, () => {
  fc.assert(
    fc.property(swarm, ([free, paying]) => {
      // One peer that takes all it gets makes the contention that the promises speak of.
      const run = runOf([{}, ...free, ...paying])
      expect(run.use).toBeGreaterThanOrEqual(0.98)
      // One takes all it gets, so nothing of the free class goes to those who are awake: the rest are sleeping bids.
      const freeClass = run.peers.reduce((sum, peer) => sum + peer.free, 0)
      expect(freeClass / counted).toBeGreaterThanOrEqual(0.15 * 0.98)
      expect(run.overbilled).toBe(0)
      for (const peer of run.peers.slice(0, free.length + 1)) expect(peer.billed).toBe(0n)
      for (const debt of run.debts.slice(0, free.length + 1)) expect(debt).toBe(0n)
    }),
    { numRuns: 25 },
  )
})

test('promise 1: twice the spend is twice the paid bytes, within 2 %', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.integer({ min: 40, max: 200 }), fc.integer({ min: 0, max: 100 }), (spend, rival) => {
      const others = rival === 0 ? [] : [{ spend: rival }]
      const run = runOf([{}, { spend }, { spend: 2 * spend }, ...others])
      const ratio = (run.peers[2]?.paid ?? 0) / (run.peers[1]?.paid ?? 1)
      expect(ratio).toBeGreaterThan(1.96)
      expect(ratio).toBeLessThan(2.04)
    }),
    { numRuns: 12 },
  )
})

const spends = [0, 2, 10, 20, 50, 200]

/** The first of a swarm bids more and more, beside one that pays nothing. */
const asItBids = (rest: readonly PeerPlan[]): SwarmResult[] =>
  spends.map((spend) => runOf([spend === 0 ? {} : { spend }, {}, ...rest]))

/** Which others are mostly paid for. */
const awakeIn = ({ peers }: SwarmResult): string =>
  peers
    .slice(1)
    .map(({ total, free }) => (total - free > total / 2 ? 1 : 0))
    .join('')

/**
 * A bid that raises the price can send another to sleep, and that one then shares what is free: the market weighs a bid
 * against what there would be with the others as they are. And a rival that could not take its share is known to be limited
 * only once it was offered more.
 */
const knownFalls: readonly PeerPlan[][] = [
  [{ spend: 8, priceMax: 36, group: 'third' }, { spend: 127 }],
  [{ spend: 199, priceMax: 57, demand: 6_552_285, group: 'third' }],
]

/** A total that falls below the best one had while the same others were awake. */
function neverSlows(rest: readonly PeerPlan[]): void {
  const best = new Map<string, number>()
  for (const run of asItBids(rest)) {
    const total = run.peers[0]?.total ?? 0
    const last = best.get(awakeIn(run)) ?? 0
    // What the rounding of an epoch leaves of noise: 4 % of the rate, or of a tenth of the line.
    expect(total).toBeGreaterThanOrEqual(last - 0.04 * Math.max(last, 0.1 * counted))
    best.set(awakeIn(run), Math.max(last, total))
  }
}

function hasTheLeastPart(rest: readonly PeerPlan[]): void {
  const [without = 0, ...totals] = asItBids(rest).map(({ peers }) => peers[0]?.total ?? 0)
  const part = (0.15 * counted) / (2 + rest.length)
  for (const total of totals) expect(total).toBeGreaterThanOrEqual(0.96 * Math.min(part, without))
}

test('promise 4: paying never slows while the same others are paid for and take all they get', {
  timeout: 60_000,
}, () => {
  for (const rivals of knownFalls) if (rivals.every(({ demand }) => demand === undefined)) neverSlows(rivals)
  const takesAll = payer.map(({ demand: _, ...plan }) => plan)
  const rest = fc.tuple(fc.array(freePeer, { maxLength: 3 }), fc.array(takesAll, { maxLength: 3 }))
  fc.assert(
    fc.property(rest, (it) => neverSlows(it.flat())),
    { numRuns: 6, endOnFailure: true },
  )
})

test('promise 4, its exception: whatever others do, who pays has the least part of the free class or what it had', {
  timeout: 60_000,
}, () => {
  for (const rivals of knownFalls) hasTheLeastPart(rivals)
  const rest = fc.tuple(fc.array(freePeer, { maxLength: 3 }), fc.array(payer, { maxLength: 3 }))
  fc.assert(
    fc.property(rest, (it) => hasTheLeastPart(it.flat())),
    { numRuns: 6, endOnFailure: true },
  )
})

test('promise 5: splitting or merging a buyer changes its total by less than 5 %', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 40, max: 120 }),
      fc.integer({ min: 30, max: 120 }),
      fc.integer({ min: 2, max: 3 }),
      fc.boolean(),
      (spend, rival, parts, oneGroup) => {
        const field = [{}, { spend: rival }]
        // The promise is for parts above the free level: the one they have while all of them sleep, and while all are awake.
        const awakeLevel = 0.15 / 2
        const rivalPart = (0.85 * rival) / (rival + ((parts - 1) / parts) * spend)
        const part = (0.85 * spend) / parts / (spend + rival)
        const asleepLevel = oneGroup ? (1 - rivalPart) / 2 / parts : (1 - rivalPart) / (parts + 1)
        fc.pre(part > 1.1 * Math.max(awakeLevel, asleepLevel))
        const whole = runOf([...field, { spend }])
        const pieces = Array.from({ length: parts }, (_, i) => ({
          spend: spend / parts,
          group: oneGroup ? 'one' : `part ${i}`,
        }))
        const split = runOf([...field, ...pieces])
        const change = totalOf(split, 2, 2 + parts) / totalOf(whole, 2, 3)
        expect(change).toBeGreaterThan(0.95)
        expect(change).toBeLessThan(1.05)
      },
    ),
    { numRuns: 12 },
  )
})
