/** Demand rises tenfold: how many sellers the client's earn agent sends, how fast, and what that does to the price. */

import type { Behaviour } from '../../behaviour.ts'
import { runScenario, type SwarmRun } from '../../swarm-run.ts'
import { taker } from '../attacks/attackers.ts'
import type { Plot, Reading, Study } from '../study.ts'
import { EarningPool } from './earning-pool.ts'
import { earnerClass, type Pool, rush } from './rush.ts'
import { CountedMarket, SalesDiary } from './sales-diary.ts'
import { measures, minuteKeys, readRush } from './supply-readings.ts'

/** The client's default, and one that fits downloads of a minute or two. */
const anHour = 3_600
const fiveMinutes = 300

const pools: readonly Pool[] = [
  { name: 'nobody can come', potential: 0, horizonSeconds: fiveMinutes },
  { name: '20 can come, reckon an hour ahead', potential: 20, horizonSeconds: anHour },
  { name: '20 can come, 5 min ahead', potential: 20, horizonSeconds: fiveMinutes },
  { name: '40 can come, 5 min ahead', potential: 40, horizonSeconds: fiveMinutes },
  { name: '20 can come, 5 min ahead, buy what they fetch', potential: 20, horizonSeconds: fiveMinutes, buys: true },
]

export const supplyResponse: Study = {
  name: 'supply-response',
  title: 'Supply response: ten times the demand from minute 15 to 35, and sellers that may come',
  source: "the client's earn agent: expected income by signed beacons",
  arms: pools.map(({ name }) => name),
  measures,
  headline: 'priceLate',
  plots: [
    minutePlot('What a billed MiB was paid, minute by minute', 'x ask', 'price'),
    minutePlot('Seeds in the swarm at the end of each minute', 'seeds', 'seeds'),
  ],
  seedsDefault: 2,
  run: (seed) => Object.fromEntries(pools.map((pool) => [pool.name, read(pool, seed)] as const)),
}

function minutePlot(title: string, y: string, kind: string): Plot {
  const lines = pools.map(({ name }) => ({
    name,
    points: minuteKeys(kind).map((key, minute) => ({ arm: name, x: minute + 1, y: key })),
  }))
  return { title, note: 'Demand is tenfold from minute 15 to 35.', x: 'minutes', y, lines }
}

function read(pool: Pool, seed: number): Reading {
  const diary = new SalesDiary()
  const earners = new EarningPool(earnerClass, pool.horizonSeconds, seed)
  const seller: Behaviour = { kind: 'seller', scheduler: (_agent, options) => new CountedMarket(options, diary) }
  const seedsBySecond: number[] = []
  const result = runScenario(rush(pool, seed), {
    behaviours: { taker: () => taker, seller: () => seller },
    onSecond(run: SwarmRun, second) {
      earners.onSecond(run, second)
      seedsBySecond[second] = run.peers.filter(
        ({ isPresent, isComplete, shop }) => isPresent && isComplete && shop.sells,
      ).length
    },
  })
  return readRush({ result, diary, seedsBySecond, outsideOf: (id) => earners.outsideIncome(id) })
}
