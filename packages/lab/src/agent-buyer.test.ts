import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { agentBuyer } from './agent-buyer.ts'
import type { BehaviourMaker } from './behaviour.ts'
import { resultJson } from './report/json.ts'
import type { LabResult, PeerResult } from './result.ts'
import type { PeerClass, Scenario } from './scenario.ts'
import { ScenarioError } from './scenario-error.ts'
import { runScenario } from './swarm-run.ts'

const mib = 1_048_576
const ask = 1_000_000n

interface Terms {
  readonly sellers: number
  readonly riders: number
  readonly behaviour: PeerClass['behaviour']
  /** In units of the ask: of all, and a second. */
  readonly budget: number
  readonly spend?: number
  readonly contentMib?: number
  readonly seed?: number
}

function scenarioOf({ sellers, riders, behaviour, budget, spend = 1, contentMib = 16, seed = 1 }: Terms): Scenario {
  const line = { uploadBytesPerSecond: mib / 2, downloadBytesPerSecond: 8 * mib, departure: {} } as const
  const amount = (asks: number): string => String((ask * BigInt(Math.round(asks * 1_000))) / 1_000n)
  const pays = { budget: amount(budget), spendPerSecond: amount(spend), priceMaxPerMiB: amount(1_000) }
  const leecher = { ...line, arrival: { kind: 'at', second: 0 }, has: 'nothing' } as const
  const classes: readonly PeerClass[] = [
    {
      ...line,
      name: 'seller',
      count: sellers,
      arrival: { kind: 'at', second: 0 },
      has: 'all',
      behaviour: { kind: 'client' },
      sells: { askPerMiB: amount(1) },
    },
    { ...leecher, name: 'buyer', count: 1, behaviour, pays, departure: { seedSeconds: 0 } },
    { ...leecher, name: 'rider', count: riders, behaviour: { kind: 'free-rider' } },
  ]
  const contentBytes = contentMib * mib
  const rest = { secondsMax: 1_800, pieceBytes: mib / 8, blocksPerUnit: 1, latencyMs: 20, connectionsMax: 40 }
  return { name: 'agent', title: 'An agent', seed, contentBytes, unchokeSlots: 8, classes, ...rest }
}

function buyerOf({ peers }: LabResult): PeerResult {
  const buyer = peers.find((peer) => peer.class === 'buyer')
  if (buyer === undefined) throw new Error('a swarm without its buyer')
  return buyer
}

function buy(terms: Terms): PeerResult {
  return buyerOf(runScenario(scenarioOf(terms)))
}

/** The agent, with what all its bids come to in each second that it was asked. */
function watched(sums: bigint[]): BehaviourMaker {
  return (parameters, random) => {
    const agent = agentBuyer(parameters, random)
    return {
      ...agent,
      bids(view, plan, offers, nowMs) {
        const bids = agent.bids?.(view, plan, offers, nowMs) ?? []
        sums.push(bids.reduce((sum, bid) => sum + bid, 0n))
        return bids
      },
    }
  }
}

const crowd = { sellers: 2, riders: 6, budget: 200 } as const

describe('a buyer whose bids are the agent’s', () => {
  it('gives the same bytes for the same seed', () => {
    const scenario = scenarioOf({ ...crowd, behaviour: { kind: 'agent', doneInSeconds: 40 } })
    expect(resultJson(runScenario(scenario))).toBe(resultJson(runScenario(scenario)))
  })

  it('told a rate and not to measure, it is the client at that rate: to the base unit and the microsecond', () => {
    const told = { kind: 'agent', keepsRate: true, measurePercent: 0 }
    for (const spend of [0.25, 0.5, 1]) {
      const fixed = runScenario(scenarioOf({ ...crowd, spend, behaviour: { kind: 'client' } }))
      const agent = runScenario(scenarioOf({ ...crowd, spend, behaviour: told }))
      expect(agent.peers, `${spend} asks a second`).toEqual(fixed.peers)
      expect(BigInt(buyerOf(fixed).spent)).toBeGreaterThan(0n)
    }
  })

  it('pays the less the more time it has, and is late only where both lines are nearly all it needs', () => {
    const found = [20, 30, 45, 120].map((doneInSeconds) => {
      const { downloadSeconds, spent } = buy({ ...crowd, behaviour: { kind: 'agent', doneInSeconds } })
      return { doneInSeconds, downloadSeconds, spent }
    })
    expect(found).toEqual([
      { doneInSeconds: 20, downloadSeconds: 22.557893, spent: '51404378' },
      { doneInSeconds: 30, downloadSeconds: 26.247346, spent: '17705043' },
      { doneInSeconds: 45, downloadSeconds: 41.432893, spent: '13156250' },
      { doneInSeconds: 120, downloadSeconds: 82.964143, spent: '562500' },
    ])
  })

  it('alone, or among many with time enough, it pays nothing', () => {
    for (const riders of [0, 6]) {
      const { spent, downloadSeconds } = buy({
        ...crowd,
        riders,
        behaviour: { kind: 'agent', doneInSeconds: riders === 0 ? 30 : 200 },
      })
      expect(spent, `${riders} riders`).toBe('0')
      expect(downloadSeconds).toBeLessThan(riders === 0 ? 30 : 200)
    }
  })

  it('without a deadline it withholds its bids for a while, to measure what they are worth', () => {
    const sums: bigint[] = []
    const behaviour = { kind: 'agent', measurePercent: 20 }
    const scenario = scenarioOf({ ...crowd, contentMib: 128, budget: 300, behaviour })
    const { spent, billFaults } = buyerOf(runScenario(scenario, { behaviours: { agent: watched(sums) } }))
    const first = sums.findIndex((sum) => sum > 0n)
    const unpaid = sums.slice(first).filter((sum) => sum === 0n).length
    expect({ seconds: sums.length, first, unpaid, spent, billFaults }).toEqual({
      seconds: 160,
      first: 3,
      unpaid: 4,
      spent: '298272583',
      billFaults: 0,
    })
  })

  it('never promises more than its budget, whatever that is, nor bids more a second than it has', () => {
    const seed = 20_261_126
    fc.assert(
      fc.property(
        fc.record({
          sellers: fc.integer({ min: 1, max: 3 }),
          riders: fc.integer({ min: 0, max: 5 }),
          budget: fc.integer({ min: 0, max: 40_000 }).map((thousandths) => thousandths / 1_000),
          doneInSeconds: fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined }),
          seed: fc.integer({ min: 1, max: 1_000 }),
        }),
        ({ doneInSeconds, ...terms }) => {
          const sums: bigint[] = []
          const behaviour = { kind: 'agent', ...(doneInSeconds === undefined ? {} : { doneInSeconds }) }
          const scenario = scenarioOf({ ...terms, contentMib: 8, behaviour })
          const { spent, billFaults } = buyerOf(runScenario(scenario, { behaviours: { agent: watched(sums) } }))
          const budget = (ask * BigInt(Math.round(terms.budget * 1_000))) / 1_000n
          expect(BigInt(spent)).toBeLessThanOrEqual(budget)
          for (const sum of sums) expect(sum).toBeLessThanOrEqual(budget)
          expect(billFaults).toBe(0)
        },
      ),
      { numRuns: 25, seed },
    )
  })

  it.each([{ doneInSeconds: 'soon' }, { doneInSeconds: -1 }, { measurePercent: 101 }, { keepsRate: 1 }])(
    'refuses $0 as parameters',
    (parameters) => {
      expect(() => buy({ ...crowd, behaviour: { kind: 'agent', ...parameters } })).toThrow(ScenarioError)
    },
  )
})
