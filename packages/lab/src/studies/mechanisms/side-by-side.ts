/**
 * All mechanisms in one and the same swarm, that of the table: same peers, lines, latencies and arrivals, and who is done
 * goes. Where there is money the payers bring it, and who brings none spends what it earned.
 */

import { freeSharePpmDefault } from '@millrace/market'
import { CreditBank } from '../../mechanisms/credit-bank.ts'
import { fairTorrent, postedPrice, propShare, rotatingSeed } from '../../mechanisms/mechanisms.ts'
import { gini } from '../../report/statistics.ts'
import type { LabResult, PeerResult } from '../../result.ts'
import type { PeerClass, Scenario } from '../../scenario.ts'
import { runScenario } from '../../swarm-run.ts'
import { amountOf, bttOf, mib, peersOf, percent, secondsOf, sumOf } from '../measuring.ts'
import type { Measure, Reading, Study } from '../study.ts'
import { ClosedLoop } from '../table/closed-loop.ts'
import { deadlineSeconds, readTable } from '../table/table-readings.ts'
import { askBttPerMib, budgetBtt, contributors, payers, rider, town } from '../table/town.ts'

const measures: readonly Measure[] = [
  { key: 'weightedSeconds', title: 'welfare: mean time weighted by value', unit: 's' },
  { key: 'meanSeconds', title: 'welfare: mean of all', unit: 's' },
  { key: 'p95Seconds', title: 'welfare: 95 % of all', unit: 's' },
  { key: 'honestSeconds', title: 'welfare: mean without riders', unit: 's' },
  { key: 'use', title: 'welfare: use of uplinks, second 20 to 90', unit: '%' },
  { key: 'deadlineMet', title: `welfare: payers done in ${deadlineSeconds} s`, unit: '%' },
  { key: 'waste', title: 'welfare: wasted bytes', unit: '%', digits: 2 },
  { key: 'jain', title: "fairness: Jain's index of speed over uplink, contributors", digits: 3 },
  { key: 'uploadRank', title: 'fairness: rank correlation of speed with upload', digits: 2 },
  { key: 'spendRank', title: 'fairness: rank correlation of speed with value', digits: 2 },
  { key: 'gini', title: "fairness: Gini's coefficient of speed, all", digits: 3 },
  { key: 'riderSlowdown', title: 'fairness: rider / contributor', unit: 'times', digits: 2 },
  { key: 'riderSeconds', title: 'fairness: a rider is done after', unit: 's' },
  { key: 'fastSeconds', title: 'fairness: contributor of 512 KiB/s', unit: 's' },
  { key: 'slowSeconds', title: 'fairness: contributor of 128 KiB/s', unit: 's' },
  ...payers.map(({ name }): Measure => ({ key: name, title: `fairness: ${name}`, unit: 's' })),
  { key: 'cost', title: 'money: a payer paid', unit: '% of all at the ask' },
  { key: 'kept', title: 'money: a contributor earned more than it spent by', unit: '% of all at the ask' },
]

export const sideBySide: Study = {
  name: 'mechanisms',
  title: 'Published mechanisms and the market in the same swarm',
  source: 'Legout et al. 2007, Levin et al. 2008, Sherman et al. 2009, Sirivianos et al. 2007',
  arms: ['plain', 'PropShare', 'FairTorrent', 'posted price', 'market'],
  measures,
  headline: 'weightedSeconds',
  seedsDefault: 8,
  run(seed) {
    const plain = town({ name: 'plain', isMarket: false, seedSeconds: 0 }, seed)
    return {
      plain: amongLeechers(plain, 'client'),
      PropShare: amongLeechers(plain, 'prop-share'),
      FairTorrent: amongLeechers(plain, 'fair-torrent'),
      'posted price': posted(plain),
      market: market(seed),
    }
  },
}

const behaviours = { 'prop-share': propShare, 'fair-torrent': fairTorrent, 'rotating-seed': rotatingSeed }

/** The same swarm with other behaviours of those who are no riders. */
function withKind(scenario: Scenario, of: (plan: PeerClass) => PeerClass['behaviour']): Scenario {
  const classes = scenario.classes.map((plan) => (plan.name === rider ? plan : { ...plan, behaviour: of(plan) }))
  return { ...scenario, classes }
}

/** A rule about giving and taking is for who does both: the seeds choose as those that the papers knew. */
function amongLeechers(plain: Scenario, kind: string): Reading {
  const scenario = withKind(plain, ({ has }) => ({ kind: has === 'all' ? 'rotating-seed' : kind }))
  return read(runScenario(scenario, { behaviours }))
}

/** The price is the market's ask, and so are the free share and what payers bring. */
function posted(plain: Scenario): Reading {
  const bank = new CreditBank()
  const scenario = withKind(plain, ({ name }) => ({
    kind: 'posted-price',
    pricePerMiB: amountOf(askBttPerMib),
    budget: amountOf(payers.some((payer) => payer.name === name) ? budgetBtt : 0),
    freeSharePpm: freeSharePpmDefault,
  }))
  const result = runScenario(scenario, { behaviours: { 'posted-price': postedPrice(bank) } })
  const books = { earned: ({ id }: PeerResult) => bank.earnedBy(id), spent: ({ id }: PeerResult) => bank.spentBy(id) }
  return { ...read(result), ...money(result, books) }
}

function market(seed: number): Reading {
  const loop = new ClosedLoop(true)
  const scenario = town({ name: 'market', isMarket: true, seedSeconds: 0, spendsEarned: true }, seed)
  const result = runScenario(scenario, { onSecond: (run, second) => loop.onSecond(run, second) })
  const books = {
    earned: ({ revenue }: PeerResult) => BigInt(revenue),
    spent: ({ spent }: PeerResult) => BigInt(spent),
  }
  return { ...read(result), ...money(result, books) }
}

function read(result: LabResult): Reading {
  const came = peersOf(result, ...contributors, ...payers.map(({ name }) => name), rider)
  const speeds = secondsOf(result, came).map((seconds) => 1 / seconds)
  const giving = peersOf(result, ...contributors)
  const services = secondsOf(result, giving).map((seconds, i) => 1 / seconds / (giving[i]?.uploadBytesPerSecond ?? 1))
  return { ...readTable(result, undefined), jain: jain(services), gini: gini(speeds) }
}

/** Jain's index of fairness: 1 when all are equal, 1/n when one has all. */
function jain(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0)
  const squares = values.reduce((total, value) => total + value * value, 0)
  return (sum * sum) / (values.length * squares)
}

interface Books {
  earned(peer: PeerResult): bigint
  spent(peer: PeerResult): bigint
}

function money(result: LabResult, { earned, spent }: Books): Reading {
  const perHead = (peers: readonly PeerResult[], of: (peer: PeerResult) => bigint): number | null =>
    percent(
      sumOf(peers, (peer) => bttOf(of(peer))),
      peers.length * askBttPerMib * (result.scenario.contentBytes / mib),
    )
  return {
    cost: perHead(peersOf(result, ...payers.map(({ name }) => name)), spent),
    kept: perHead(peersOf(result, ...contributors), (peer) => earned(peer) - spent(peer)),
  }
}
