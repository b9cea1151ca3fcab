/** The promises of the market in virtual time, on fixed swarms, for upload and for others. Random ones are in promises.fuzz.ts. */

import { blockBytes, type Resource, upload } from '@millrace/base'
import { describe, expect, test } from 'vitest'
import {
  capacity,
  mib,
  type PeerPlan,
  type SwarmPlan,
  type SwarmResult,
  simulate as simulateSwarm,
} from '../testing/virtual-swarm.ts'

const resources: readonly Resource[] = [
  upload,
  { name: 'cpu', unit: 'hash', lot: 'CPU second', stepUnits: 4_096 },
  { name: 'storage', unit: 'KiB hour', lot: 'GiB hour', stepUnits: 65_536 },
]

describe.each(resources)('of $name', (resource) => {
  const simulate = (plan: SwarmPlan): SwarmResult => simulateSwarm({ ...plan, resource })
  /** Money of a plan's block is that of a step. */
  const scaled = (amount: bigint): bigint => (amount * BigInt(resource.stepUnits)) / BigInt(blockBytes)

  const parts = (peers: readonly PeerPlan[], extra: object = {}): { parts: number[]; use: number } => {
    const run = simulate({ peers, seconds: 40, fromSecond: 10, ...extra })
    return { parts: run.peers.map(({ total }) => total / (run.countedSeconds * capacity)), use: run.use }
  }

  describe('contention', () => {
    test('one that pays nothing and spend rates of 1 : 2 : 4 get 15 : 12.1 : 24.3 : 48.6 hundredths', () => {
      const run = parts([{}, { spend: 20 }, { spend: 40 }, { spend: 80 }])
      const [free = 0, one = 0, two = 0, four = 0] = run.parts
      expect(free).toBeCloseTo(0.15, 2)
      expect(one).toBeCloseTo(0.1214, 2)
      expect(two).toBeCloseTo(0.2429, 2)
      expect(four).toBeCloseTo(0.4857, 2)
      expect(run.use).toBeGreaterThan(0.98)
    })
    test('free peers share what is free by address group', () => {
      const run = parts([{ group: 'a' }, { group: 'a' }, { group: 'b' }, { spend: 40 }])
      expect(run.parts[0]).toBeCloseTo(0.0375, 2)
      expect(run.parts[2]).toBeCloseTo(0.075, 2)
      expect((run.parts[0] ?? 0) + (run.parts[1] ?? 0) + (run.parts[2] ?? 0)).toBeGreaterThan(0.15 * 0.98)
    })
    test('a bid that buys less than the free level costs nothing', () => {
      const run = simulate({ peers: [{}, { spend: 0.5 }], seconds: 20, fromSecond: 5 })
      expect(run.peers[1]?.billed).toBe(0n)
      expect(run.peers[1]?.paid).toBe(0)
      expect((run.peers[1]?.total ?? 0) / (15 * capacity)).toBeCloseTo(0.5, 2)
    })
    test('a newcomer that prepays has nine tenths of its share in the fifth second', () => {
      const run = simulate({
        peers: [{}, { spend: 40 }, { spend: 40 }, { spend: 40, joinsMs: 10_000 }],
        seconds: 16,
        fromSecond: 14,
      })
      expect((run.peers[3]?.total ?? 0) / (2 * capacity)).toBeGreaterThan(0.9 * (0.85 / 3))
    })
    test('a raised bid is served at its new share within 2 s', () => {
      const run = simulate({
        peers: [{}, { spend: 80 }, { spend: 40, raisesMs: 10_000, raisedSpend: 80 }],
        seconds: 14,
        fromSecond: 12,
      })
      expect((run.peers[2]?.total ?? 0) / (2 * capacity)).toBeGreaterThan(0.425 * 0.95)
    })
    test('who stops paying is back at the free level within a second of its last secured byte', () => {
      const rates: number[] = []
      let before = 0
      simulate({
        peers: [{}, {}, { spend: 80, stopsPayingMs: 10_000 }, { spend: 80 }],
        seconds: 24,
        onSecond: (_, swarm) => {
          const view = swarm.market.peerView(2)
          rates.push(((view.freeBytes - before) * blockBytes) / resource.stepUnits)
          before = view.freeBytes
        },
      })
      const paidOut = rates.findIndex((rate, second) => second >= 10 && rate > 0)
      expect(paidOut).toBeGreaterThan(9)
      expect(paidOut).toBeLessThan(16)
      // One second is the transition; in the next the three free peers share what is left by the one who still pays.
      expect(rates[paidOut + 1]).toBeGreaterThan(0.9 * 0.05 * capacity)
    })
  })

  describe('credit', () => {
    test('who never pays a voucher gets the trial only, out of the free class, and owes at most it', () => {
      const run = simulate({ peers: [{}, { spend: 80, prepays: false, stopsPayingMs: 0 }], seconds: 20 })
      expect(run.peers[1]?.paid).toBe(0)
      expect((run.peers[1]?.free ?? 0) / (20 * capacity)).toBeCloseTo(0.5, 2)
      expect(run.debts[1]).toBeGreaterThan(0n)
      expect(run.debts[1]).toBeLessThanOrEqual(scaled(1_000_000n + 1_000_000n / 64n))
    })
    test('who pays nothing ahead is served for its money also where a voucher comes after each block', () => {
      const slow = 4 * blockBytes
      const peers = [{}, { spend: 0.25, prepays: false }]
      const run = simulate({ peers, seconds: 60, fromSecond: 50, capacity: slow })
      expect((run.peers[1]?.paid ?? 0) / (10 * slow)).toBeGreaterThan(0.7)
      expect(run.overbilled).toBe(0)
    })
    test('an account that paid L can default on an eighth of it and a block', () => {
      const run = simulate({ peers: [{}, { spend: 20, stopsPayingMs: 20_000 }], seconds: 40 })
      const debt = run.debts[1] ?? 0n
      const paid = scaled(20_000_000n * 20n)
      expect(debt).toBeGreaterThan(0n)
      expect(debt).toBeLessThan(paid / 8n)
    })
  })

  describe('ties', () => {
    test('equal caps with too much money clear at the cap and share pro rata', () => {
      const peers = [{}, { spend: 40, priceMax: 2 }, { spend: 80, priceMax: 2 }]
      const run = simulate({ peers, seconds: 30, fromSecond: 10 })
      expect(run.prices.at(-1)).toBe(2_000_000n)
      expect((run.peers[2]?.paid ?? 0) / (run.peers[1]?.paid ?? 1)).toBeCloseTo(2, 1)
      expect((run.peers[0]?.total ?? 0) / (20 * capacity)).toBeCloseTo(0.15, 2)
    })
  })

  test('with bids always awake a lone buyer is billed for all but the free share', () => {
    const run = simulate({
      peers: [{ spend: 100 }],
      seconds: 20,
      fromSecond: 6,
      freeSharePpm: 50_000,
      billAlways: true,
    })
    expect((run.peers[0]?.paid ?? 0) / (14 * capacity)).toBeGreaterThan(0.93)
    expect(run.use).toBeGreaterThan(0.98)
    expect(run.overbilled).toBe(0)
  })

  test('a limited link sends what its limit says, block by block', () => {
    const run = simulate({ peers: [{}, { demand: mib }], seconds: 10, fromSecond: 1 })
    expect(run.use * 9 * capacity).toBeLessThanOrEqual(9 * capacity + 0.05 * capacity + 2 * blockBytes)
    expect(run.use).toBeGreaterThan(0.98)
    expect((run.peers[1]?.total ?? 0) / (9 * mib)).toBeCloseTo(1, 1)
  })
})
