/** An ask that moves while a run goes on. */

import { type Btt, btt, bytesPerMiB } from '@millrace/base'
import { expect, it } from 'vitest'
import type { Behaviour } from './behaviour.ts'
import type { PeerClass, Scenario } from './scenario.ts'
import { CountedMarket, SalesDiary } from './studies/economy/sales-diary.ts'
import { runScenario } from './swarm-run.ts'

const mib = 1_048_576
const ask = btt(1_000_000n)
const closedFrom = 40
const closedUntil = 60

const peer = { uploadBytesPerSecond: mib / 2, downloadBytesPerSecond: 2 * mib, departure: {} } as const
const seller: PeerClass = {
  ...peer,
  name: 'seller',
  count: 1,
  arrival: { kind: 'at', second: 0 },
  has: 'all',
  behaviour: { kind: 'moving' },
  sells: { askPerMiB: String(ask) },
}
/** Bids less than the paid class sells, so that the price is the ask; beside four that pay nothing it buys more than it would have. */
const buyer: PeerClass = {
  ...peer,
  name: 'buyer',
  count: 1,
  arrival: { kind: 'at', second: 1 },
  has: 'nothing',
  behaviour: { kind: 'free-rider' },
  pays: { budget: String(10n ** 12n), spendPerSecond: String((ask * 2n) / 5n), priceMaxPerMiB: String(20n * ask) },
}

const { pays: _, ...noBuyer } = buyer
const withoutMoney: PeerClass = { ...noBuyer, name: 'free', count: 4 }

function scenario(blocksPerUnit: number): Scenario {
  const lines = { latencyMs: 10, connectionsMax: 10, unchokeSlots: 4, blocksPerUnit }
  const content = { contentBytes: 256 * mib, pieceBytes: mib / 4 }
  return {
    ...lines,
    ...content,
    name: 'moving',
    title: 'An ask that moves',
    seed: 1,
    secondsMax: 90,
    classes: [seller, buyer, withoutMoney],
  }
}

/** The ask, then nothing, then three times the ask. */
function askOf(second: number): Btt | undefined {
  if (second < closedFrom) return ask
  return second < closedUntil ? undefined : btt(3n * ask)
}

it.each([1, 4])(
  'at %i blocks a unit an ask that moves is billed as it moved, and nothing while there is none',
  (blocksPerUnit) => {
    const diary = new SalesDiary()
    const moving: Behaviour = {
      kind: 'moving',
      scheduler: (_agent, options) => new CountedMarket(options, diary),
      asks: (_agent, nowMs) => askOf(Math.floor(nowMs / 1_000)),
    }
    const { peers } = runScenario(scenario(blocksPerUnit), { behaviours: { moving: () => moving } })
    /** A real MiB of these seconds, in asks. */
    const priceIn = (from: number, until: number): number => {
      const part = diary.seconds.slice(from, until)
      const bytes = part.reduce((sum, { billedBytes }) => sum + billedBytes, 0)
      const billed = part.reduce((sum, second) => sum + second.billed, 0n)
      return ((Number(billed) / bytes) * bytesPerMiB) / blocksPerUnit / Number(ask)
    }
    expect(priceIn(10, closedFrom)).toBeCloseTo(1, 4)
    expect(diary.seconds.slice(closedFrom + 2, closedUntil).every(({ billedBytes }) => billedBytes === 0)).toBe(true)
    expect(priceIn(closedUntil + 3, 90)).toBeCloseTo(3, 4)
    expect(peers.filter(({ billFaults }) => billFaults > 0)).toEqual([])
  },
)
