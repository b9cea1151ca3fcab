/** One seller and those who want its bytes: nobody else serves, so what they get is what the seller's market gives them. */

import type { PeerClass, Scenario } from '../src/scenario.ts'
import { runScenario } from '../src/swarm-run.ts'

const mib = 1_048_576
export const capacity = 8 * mib
const ask = 1_000_000n
const plenty = '1000000000000'
/** Bids, shares and credit stand by then. */
const fromSecond = 20
const untilSecond = 60

/** One who wants bytes: what it spends in units of the ask a second, and where it is. */
export interface Taker {
  readonly spend?: number
  readonly group?: string
  /** Bytes a second that its line carries. */
  readonly download?: number
}

export interface Taken {
  /** Bytes of each taker between second 20 and second 60, by class. */
  readonly takers: readonly { readonly paid: number; readonly total: number }[]
  /** Bytes that the seller sent in that time, of what it could. */
  readonly use: number
  readonly seconds: number
  readonly billFaults: number
}

export function serve(takers: readonly Taker[]): Taken {
  const marks: { readonly paid: number; readonly total: number }[][] = []
  const sent: number[] = []
  const result = runScenario(scenarioOf(takers), {
    onSecond: ({ peers }, second) => {
      if (second !== fromSecond && second !== untilSecond) return
      const [seller] = peers
      sent.push(seller?.sentBytes ?? 0)
      const views = new Map(
        seller?.neighbours.map((it) => [it.other.id, seller.scheduler.peerView(it.id)] as const) ?? [],
      )
      marks.push(
        takers.map((_, i) => {
          const { paidBytes = 0, freeBytes = 0 } = views.get(i + 1) ?? {}
          return { paid: paidBytes, total: paidBytes + freeBytes }
        }),
      )
    },
  })
  const seconds = untilSecond - fromSecond
  const [before = [], after = []] = marks
  return {
    takers: after.map(({ paid, total }, i) => ({
      paid: paid - (before[i]?.paid ?? 0),
      total: total - (before[i]?.total ?? 0),
    })),
    use: ((sent[1] ?? 0) - (sent[0] ?? 0)) / (capacity * seconds),
    seconds,
    billFaults: result.peers.reduce((sum, { billFaults }) => sum + billFaults, 0),
  }
}

function scenarioOf(takers: readonly Taker[]): Scenario {
  const line = { arrival: { kind: 'at', second: 0 }, departure: {} } as const
  const seller: PeerClass = {
    ...line,
    name: 'seller',
    count: 1,
    uploadBytesPerSecond: capacity,
    downloadBytesPerSecond: capacity,
    has: 'all',
    behaviour: { kind: 'client' },
    sells: { askPerMiB: String(ask) },
  }
  const classes = takers.map(({ spend, group, download }, i): PeerClass => {
    const pays = { budget: plenty, priceMaxPerMiB: plenty, spendPerSecond: String(BigInt((spend ?? 0) * 1e6)) }
    return {
      ...line,
      name: `taker ${i}`,
      count: 1,
      uploadBytesPerSecond: mib,
      downloadBytesPerSecond: download ?? 8 * capacity,
      has: 'nothing',
      behaviour: { kind: 'free-rider' },
      ...(spend === undefined ? {} : { pays }),
      ...(group === undefined ? {} : { addressGroup: group }),
    }
  })
  return {
    name: 'one-seller',
    title: 'One seller',
    seed: 1,
    secondsMax: untilSecond + 1,
    contentBytes: 1_024 * mib,
    pieceBytes: mib / 4,
    blocksPerUnit: 1,
    latencyMs: 12.5,
    connectionsMax: 100,
    unchokeSlots: 50,
    classes: [seller, ...classes],
  }
}
