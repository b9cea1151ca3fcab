/**
 * The swarm of the table: who is in it, and what changes between its worlds. The same seed gives the same peers with the
 * same lines, latencies and arrivals in each world; only rules and money differ.
 *
 * 16 MiB stand for 16 GiB at 10 BTT a MiB: the ask is 1024 times that, so that sums stand to gas as they would.
 */

import type { PeerClass, Scenario } from '../../scenario.ts'
import { amountOf, mib } from '../measuring.ts'

export interface World {
  readonly name: string
  readonly isMarket: boolean
  /** Seconds that who is done seeds for nothing. Absent in the world where seeds stay for pay. */
  readonly seedSeconds?: number
  /** Those who bring no money bid with what they earn. */
  readonly spendsEarned?: boolean
  /** BTT for each payer: it bids what the buyer's agent wants to be done in its time. Absent: it bids a fixed rate. */
  readonly agentBudgetBtt?: number
}

export const askBttPerMib = 10_240
/**
 * What those who pay bid, and so what a second is worth to them: BTT a second. And when they want to be done, seconds after they
 * came; who bids a fixed rate does not act on it.
 */
export const payers = [
  { name: 'payer 1x', spend: 2_560, doneInSeconds: 90 },
  { name: 'payer 2x', spend: 5_120, doneInSeconds: 60 },
  { name: 'payer 4x', spend: 10_240, doneInSeconds: 40 },
] as const
export const budgetBtt = 1_600_000
const earnedSpendPart = 0.5

export const contributors: readonly string[] = ['fast', 'slow']
export const rider = 'free rider'
export const seedClass = 'seed'

export function town(world: World, seed: number): Scenario {
  const departure = world.seedSeconds === undefined ? {} : { seedSeconds: world.seedSeconds }
  const sells = world.isMarket ? { sells: { askPerMiB: amountOf(askBttPerMib) } } : {}
  const leecher = { has: 'nothing', behaviour: { kind: 'client' }, departure, ...sells } as const
  const contributor = (name: string, count: number, upload: number, download: number): PeerClass => ({
    ...leecher,
    ...comers(count),
    name,
    uploadBytesPerSecond: upload,
    downloadBytesPerSecond: download,
    ...(world.spendsEarned === true ? { pays: earnedOnly(upload) } : {}),
  })
  return {
    name: 'table',
    title: world.name,
    seed,
    secondsMax: 900,
    contentBytes: 16 * mib,
    pieceBytes: mib / 8,
    blocksPerUnit: 1,
    latencyMs: { min: 10, max: 50 },
    connectionsMax: 40,
    unchokeSlots: 6,
    classes: [
      {
        ...sells,
        name: seedClass,
        count: 2,
        uploadBytesPerSecond: mib / 2,
        downloadBytesPerSecond: 4 * mib,
        arrival: { kind: 'at', second: 0 },
        departure: {},
        has: 'all',
        behaviour: { kind: 'client' },
      },
      contributor('fast', 8, mib / 2, 4 * mib),
      contributor('slow', 10, mib / 8, 2 * mib),
      ...payers.map(
        ({ name, spend, doneInSeconds }): PeerClass => ({
          ...leecher,
          ...comers(4),
          name,
          uploadBytesPerSecond: mib / 8,
          downloadBytesPerSecond: 4 * mib,
          ...(world.isMarket ? { pays: purse(world.agentBudgetBtt ?? budgetBtt, spend) } : {}),
          ...(world.agentBudgetBtt === undefined ? {} : { behaviour: { kind: 'agent', doneInSeconds } }),
        }),
      ),
      {
        ...comers(6),
        name: rider,
        uploadBytesPerSecond: mib / 2,
        downloadBytesPerSecond: 4 * mib,
        departure: { seedSeconds: 0 },
        has: 'nothing',
        behaviour: { kind: 'free-rider' },
      },
    ],
  }
}

const arrivalSeconds = 90

/** So many that come over the same while, whatever their number. */
function comers(count: number): Pick<PeerClass, 'count' | 'arrival'> {
  return { count, arrival: { kind: 'poisson', fromSecond: 0, perSecond: count / arrivalSeconds } }
}

function purse(budget: number, spend: number): NonNullable<PeerClass['pays']> {
  return {
    budget: amountOf(budget),
    spendPerSecond: amountOf(spend),
    priceMaxPerMiB: amountOf(10 * askBttPerMib),
  }
}

/** Bids at half of what its whole uplink earns at the ask, as long as it has earned. */
function earnedOnly(upload: number): NonNullable<PeerClass['pays']> {
  return purse(0, (earnedSpendPart * askBttPerMib * upload) / mib)
}
