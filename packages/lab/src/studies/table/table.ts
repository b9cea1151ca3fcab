/** The table: plain BitTorrent and the market in one and the same swarm, row by row. */

import type { LabResult } from '../../result.ts'
import { runScenario, type SwarmRun } from '../../swarm-run.ts'
import type { Measure, Reading, Study } from '../study.ts'
import { ClosedLoop } from './closed-loop.ts'
import { PaidSeeds } from './paid-seeds.ts'
import { comparedWith, deadlineSeconds, readTable } from './table-readings.ts'
import { budgetBtt, payers, town, type World } from './town.ts'

const worlds: readonly World[] = [
  { name: 'plain, leaves', isMarket: false, seedSeconds: 0 },
  { name: 'plain, seeds 60 s', isMarket: false, seedSeconds: 60 },
  { name: 'market, leaves', isMarket: true, seedSeconds: 0 },
  { name: 'market, seeds for pay', isMarket: true },
  { name: 'market, spends earned', isMarket: true, spendsEarned: true },
  { name: 'market, agents', isMarket: true, seedSeconds: 0, agentBudgetBtt: budgetBtt },
  { name: 'market, agents, a tenth of the budget', isMarket: true, seedSeconds: 0, agentBudgetBtt: budgetBtt / 10 },
]

const measures: readonly Measure[] = [
  { key: 'riderShare', title: 'sharing: bytes that riders took', unit: '% of all' },
  { key: 'riderSeconds', title: 'sharing: a rider is done after', unit: 's' },
  { key: 'riderSlowdown', title: 'sharing: rider / contributor', unit: 'times', digits: 2 },
  { key: 'fastSeconds', title: 'priority: who uploads 512 KiB/s', unit: 's' },
  { key: 'slowSeconds', title: 'priority: who uploads 128 KiB/s', unit: 's' },
  ...payers.map(({ name }): Measure => ({ key: name, title: `priority: ${name}, uploads 128 KiB/s`, unit: 's' })),
  { key: 'uploadRank', title: 'priority: rank correlation of speed with upload', digits: 2 },
  { key: 'spendRank', title: 'priority: rank correlation of speed with bid', digits: 2 },
  { key: 'weightedSeconds', title: 'allocation: mean time weighted by value', unit: 's' },
  { key: 'use', title: 'allocation: use of uplinks, second 20 to 90', unit: '%' },
  { key: 'priceMean', title: 'allocation: mean price', unit: 'x ask', digits: 2 },
  { key: 'priceMax', title: 'allocation: highest price', unit: 'x ask', digits: 2 },
  { key: 'fastIncome', title: 'income of 512 KiB/s, a byte sent', unit: '% of the ask' },
  { key: 'slowIncome', title: 'income of 128 KiB/s, a byte sent', unit: '% of the ask' },
  { key: 'seedIncome', title: 'income of a first seed, a byte sent', unit: '% of the ask' },
  { key: 'seedsPresent', title: 'income: seeds that stayed, mean a second', digits: 2 },
  { key: 'deadlineMet', title: `control: payers done in ${deadlineSeconds} s`, unit: '%' },
  ...payers.map(
    ({ name, doneInSeconds }): Measure => ({
      key: `met ${name}`,
      title: `control: ${name} done in its ${doneInSeconds} s`,
      unit: '%',
    }),
  ),
  ...payers.map(
    ({ name }): Measure => ({ key: `cost ${name}`, title: `control: cost of ${name}`, unit: '% of all at the ask' }),
  ),
  ...payers.map(({ name }): Measure => ({ key: `gain ${name}`, title: `control: time that ${name} saved`, unit: '%' })),
  { key: 'gain others', title: 'control: time that contributors saved', unit: '%' },
  { key: 'meanSeconds', title: 'efficiency: mean of all', unit: 's' },
  { key: 'p95Seconds', title: 'efficiency: 95 % of all', unit: 's' },
  { key: 'honestSeconds', title: 'efficiency: mean without riders', unit: 's' },
  { key: 'queueUpMs', title: 'efficiency: 95 % wait at uplinks, at most', unit: 'ms', digits: 0 },
  { key: 'queueDownMs', title: 'efficiency: 95 % wait at downlinks, at most', unit: 'ms', digits: 0 },
  { key: 'waste', title: 'efficiency: wasted bytes', unit: '%', digits: 2 },
  { key: 'brokenSeconds', title: 'money: seconds at which the sums differ', digits: 0 },
  { key: 'spentAgain', title: 'money: of all spent, earned before', unit: '%' },
  { key: 'burned', title: 'money: gas, of all spent', unit: '%', digits: 2 },
]

export const table: Study = {
  name: 'table',
  title: 'Plain BitTorrent and the market in the same swarm',
  source: 'the comparison that the project set itself',
  arms: worlds.map(({ name }) => name),
  measures,
  headline: 'meanSeconds',
  seedsDefault: 8,
  run(seed) {
    const runs = worlds.map((world) => ({ world, ...runWorld(world, seed) }))
    // Plain peers that leave at once are what each world is held against, peer by peer.
    const [plain] = runs
    const read = ({ world, result, loop }: (typeof runs)[number]): readonly [string, Reading] => {
      const gains = plain === undefined || world.name === plain.world.name ? {} : comparedWith(plain.result, result)
      return [world.name, { ...readTable(result, loop), ...gains }]
    }
    return Object.fromEntries(runs.map(read))
  },
}

function runWorld(world: World, seed: number): { readonly result: LabResult; readonly loop: ClosedLoop | undefined } {
  const loop = world.isMarket ? new ClosedLoop(world.spendsEarned === true) : undefined
  const seeds = world.seedSeconds === undefined ? new PaidSeeds(seed) : undefined
  const onSecond = (run: SwarmRun, second: number): void => {
    loop?.onSecond(run, second)
    seeds?.onSecond(run, second)
  }
  return { result: runScenario(town(world, seed), { onSecond }), loop }
}
