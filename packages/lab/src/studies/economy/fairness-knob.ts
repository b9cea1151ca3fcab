/**
 * The free share from none to half of every uplink: what it costs those who pay, and what it gives those who do not. In the swarm
 * of the table, and at one seller whose line the bids fill.
 */

import { gini, jain, mean } from '../../report/statistics.ts'
import type { LabResult, PeerResult } from '../../result.ts'
import type { Scenario } from '../../scenario.ts'
import { runScenario } from '../../swarm-run.ts'
import { runStage, slotsForAll } from '../attacks/stage.ts'
import { bttOf, meanSeconds, mib, peersOf, percent, secondsOf, sumOf } from '../measuring.ts'
import type { Plot, Reading, Study } from '../study.ts'
import { PaidSeeds } from '../table/paid-seeds.ts'
import { readTable } from '../table/table-readings.ts'
import { askBttPerMib, contributors, payers, rider, seedClass, town, type World } from '../table/town.ts'

const sharesPercent = [0, 5, 10, 15, 20, 30, 40, 50] as const
const worlds: readonly World[] = [
  { name: 'leaves', isMarket: true, seedSeconds: 0 },
  { name: 'seeds for pay', isMarket: true },
]
const plain: World = { name: 'plain', isMarket: false, seedSeconds: 0 }
const fullLine = 'full line'
const payerNames = payers.map(({ name }) => name)

export const fairnessKnob: Study = {
  name: 'fairness-knob',
  title: 'The fairness knob: the free share of every seller from 0 to 50 %',
  source: 'the free share phi of the market; fairness by Jain, Chiu and Hawe (DEC TR-301, 1984)',
  arms: [...worlds.map(({ name }) => name), fullLine].flatMap((name) =>
    sharesPercent.map((share) => armOf(name, share)),
  ),
  measures: [
    { key: 'welfare', title: 'time weighted by value, less than plain', unit: '%' },
    { key: 'meanSeconds', title: 'mean of all', unit: 's' },
    { key: 'p95Seconds', title: '95 % of all', unit: 's' },
    { key: 'use', title: 'use of uplinks', unit: '%' },
    { key: 'payerSeconds', title: 'who pays', unit: 's' },
    { key: 'freeSeconds', title: 'who pays nothing', unit: 's' },
    { key: 'jain', title: "Jain's index of speeds", digits: 3 },
    { key: 'gini', title: 'Gini of speeds', digits: 3 },
    { key: 'freePart', title: 'who pays nothing gets', unit: '% of the line' },
    { key: 'income', title: 'all sellers earn, a byte sent', unit: '% of the ask' },
  ],
  headline: 'welfare',
  plots: [
    curve("Jain's index of download speeds", 'jain', 'time weighted by value, % less than plain', 'welfare'),
    curve('who pays nothing is done after, s', 'freeSeconds', 'who pays is done after, s', 'payerSeconds'),
  ],
  seedsDefault: 3,
  run(seed) {
    const before = runScenario(town(plain, seed))
    const arms = worlds.flatMap((world) =>
      sharesPercent.map((share) => [armOf(world.name, share), read(runWorld(world, seed, share), before)] as const),
    )
    const line = sharesPercent.map((share) => [armOf(fullLine, share), readFullLine(seed, share)] as const)
    return Object.fromEntries([...arms, ...line])
  },
}

function armOf(world: string, share: number): string {
  return `${world}, ${share} %`
}

/** One line a world, a point a share. */
function curve(x: string, xKey: string, y: string, yKey: string): Plot {
  return {
    title: `${y}, against ${x}`,
    note: 'One point for each free share, in per cent beside it.',
    x,
    y,
    lines: worlds.map(({ name }) => ({
      name,
      points: sharesPercent.map((share) => ({ arm: armOf(name, share), x: xKey, y: yKey, label: String(share) })),
    })),
  }
}

function runWorld(world: World, seed: number, sharePercent: number): LabResult {
  const seeds = world.seedSeconds === undefined ? new PaidSeeds(seed) : undefined
  const scenario = withFreeShare(town(world, seed), sharePercent)
  return runScenario(scenario, { onSecond: (run, second) => seeds?.onSecond(run, second) })
}

/** Bids for three times the line beside as many that pay nothing: no bid leaves anything over. */
function readFullLine(seed: number, sharePercent: number): Reading {
  const half = 6
  const takers = [
    { name: 'payer', count: half, spend: 5 },
    { name: 'free', count: half },
  ] as const
  const { bytes } = runStage(seed, takers, slotsForAll, sharePercent * 10_000)
  const [paid, free] = [bytes.payer ?? 0, bytes.free ?? 0]
  const speeds = [paid, free].flatMap((sum) => Array.from({ length: half }, () => sum / half))
  return { freePart: percent(free, paid + free), jain: jain(speeds), gini: gini(speeds) }
}

function withFreeShare(scenario: Scenario, sharePercent: number): Scenario {
  const classes = scenario.classes.map((plan) =>
    plan.sells === undefined ? plan : { ...plan, sells: { ...plan.sells, freeSharePpm: sharePercent * 10_000 } },
  )
  return { ...scenario, classes }
}

function read(result: LabResult, before: LabResult): Reading {
  const table = readTable(result, undefined)
  const was = readTable(before, undefined).weightedSeconds ?? null
  const is = table.weightedSeconds ?? null
  const came = result.peers.filter((peer) => peer.class !== seedClass)
  const speeds = secondsOf(result, came).map((seconds) => 1 / seconds)
  return {
    ...table,
    welfare: was === null || is === null ? null : 100 * (1 - is / was),
    payerSeconds: meanSeconds(result, ...payerNames),
    freeSeconds: mean(secondsOf(result, peersOf(result, ...contributors, rider))) ?? null,
    jain: jain(speeds),
    gini: gini(speeds),
    income: incomePercent(result.peers),
  }
}

function incomePercent(peers: readonly PeerResult[]): number | null {
  const sellers = peers.filter((peer) => peer.class !== rider)
  return percent(
    sumOf(sellers, ({ revenue }) => bttOf(revenue)),
    (sumOf(sellers, ({ sentBytes }) => sentBytes) / mib) * askBttPerMib,
  )
}
