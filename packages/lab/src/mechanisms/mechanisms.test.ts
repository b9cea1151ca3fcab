import { describe, expect, it } from 'vitest'
import { resultJson } from '../report/json.ts'
import type { LabResult } from '../result.ts'
import type { PeerClass, Scenario } from '../scenario.ts'
import { ScenarioError } from '../scenario-error.ts'
import { runScenario } from '../swarm-run.ts'
import { CreditBank } from './credit-bank.ts'
import { fairTorrent, postedPrice, propShare, rotatingSeed } from './mechanisms.ts'

const mib = 1_048_576
const price = 1_000_000n
const riders = 3
const leechers = 9

interface Ran {
  readonly result: LabResult
  readonly bank: CreditBank
}

function swarm(behaviour: PeerClass['behaviour'], seedBehaviour = behaviour): Ran {
  const bank = new CreditBank()
  const line = { uploadBytesPerSecond: mib / 8, downloadBytesPerSecond: 2 * mib } as const
  const comers = { ...line, arrival: { kind: 'flash', fromSecond: 0, overSeconds: 5 }, has: 'nothing' } as const
  const scenario: Scenario = {
    name: 'small',
    title: 'A small swarm',
    seed: 3,
    secondsMax: 200,
    contentBytes: 4 * mib,
    pieceBytes: mib / 16,
    blocksPerUnit: 1,
    latencyMs: 10,
    connectionsMax: 30,
    unchokeSlots: 4,
    classes: [
      {
        ...comers,
        name: 'seed',
        count: 1,
        uploadBytesPerSecond: mib / 2,
        arrival: { kind: 'at', second: 0 },
        departure: {},
        has: 'all',
        behaviour: seedBehaviour,
      },
      { ...comers, name: 'leecher', count: leechers, departure: { seedSeconds: 0 }, behaviour },
      { ...comers, name: 'rider', count: riders, departure: { seedSeconds: 0 }, behaviour: { kind: 'free-rider' } },
    ],
  }
  const behaviours = {
    'prop-share': propShare,
    'fair-torrent': fairTorrent,
    'posted-price': postedPrice(bank),
    'rotating-seed': rotatingSeed,
  }
  return { result: runScenario(scenario, { behaviours }), bank }
}

const budget = String(price * 5n)
const posted = { kind: 'posted-price', pricePerMiB: String(price), budget }
const kinds: readonly PeerClass['behaviour'][] = [
  { kind: 'prop-share' },
  { kind: 'fair-torrent' },
  posted,
  { ...posted, freeSharePpm: 150_000 },
]

function doneOf({ peers }: LabResult, name: string): number {
  return peers.filter((peer) => peer.class === name && peer.completedSecond !== null).length
}

describe('a swarm of a published mechanism', () => {
  it.each(kinds)('everybody who gives is done, and the same seed gives the same bytes: $kind', (behaviour) => {
    const { result } = swarm(behaviour)
    expect(doneOf(result, 'leecher')).toBe(leechers)
    expect(resultJson(swarm(behaviour).result)).toBe(resultJson(result))
  })

  it('at a posted price no byte goes to who has no credit, unless a free share is kept', () => {
    const { result } = swarm(posted)
    expect(result.flows.some(({ to }) => to === 'rider')).toBe(false)
    expect(doneOf(swarm({ ...posted, freeSharePpm: 150_000 }).result, 'rider')).toBe(riders)
  })

  it('the bank of a posted price holds at the end what was brought', () => {
    const { result, bank } = swarm(posted)
    const held = result.peers.reduce((sum, { id }) => sum + bank.balanceOf(id), 0n)
    expect(held).toBe(BigInt(budget) * BigInt(1 + leechers))
    const billed = result.flows.reduce((sum, flow) => sum + BigInt(flow.billed), 0n)
    expect(result.peers.reduce((sum, { id }) => sum + bank.spentBy(id), 0n)).toBe(billed)
  })

  it('a seed whose slots go round serves everybody, also while others hold its slots', () => {
    const { result } = swarm({ kind: 'free-rider' }, { kind: 'rotating-seed' })
    expect(doneOf(result, 'leecher') + doneOf(result, 'rider')).toBe(leechers + riders)
  })

  it('a posted price that is no amount is refused', () => {
    expect(() => swarm({ ...posted, pricePerMiB: 'dear' })).toThrow(ScenarioError)
  })
})
