import { btt } from '@millrace/base'
import { expect, it } from 'vitest'
import type { Scenario } from '../../scenario.ts'
import { runScenario, type SwarmRun } from '../../swarm-run.ts'
import { taker } from '../attacks/attackers.ts'
import { amountOf } from '../measuring.ts'
import { readBeacons, type SwarmBeacons } from './beacons.ts'
import { EarningPool } from './earning-pool.ts'
import { earnerClass, rush } from './rush.ts'

const behaviours = { taker: () => taker, seller: () => ({ kind: 'seller' }) }
const horizonSeconds = 300
const endSecond = 400

/** The swarm of the study with so many buyers that come at second 100, and six sellers that may come. */
function crowd(buyers: number): Scenario {
  const scenario = rush({ name: 'six', potential: 6, horizonSeconds }, 1)
  const classes = scenario.classes.flatMap((plan) => {
    if (plan.name === 'rush buyer') return []
    return plan.name === 'buyer' ? [{ ...plan, count: buyers, arrival: { kind: 'at', second: 100 } as const }] : [plan]
  })
  return { ...scenario, classes, secondsMax: endSecond }
}

/** Of each seller that may come: whether it came, and what it would have earned where it was. */
function comers(buyers: number): readonly { readonly isHere: boolean; readonly elsewhere: number }[] {
  const pool = new EarningPool(earnerClass, horizonSeconds, 1)
  const { peers } = runScenario(crowd(buyers), { behaviours, onSecond: (run, second) => pool.onSecond(run, second) })
  return peers
    .filter((peer) => peer.class === earnerClass)
    .map(({ id, arrivedSecond }) => ({ isHere: arrivedSecond !== null, elsewhere: pool.outsideIncome(id) }))
}

it('nobody comes while nobody buys, and all come to a crowd', { timeout: 60_000 }, () => {
  expect(comers(0).filter(({ isHere }) => isHere)).toHaveLength(0)
  expect(comers(30).filter(({ isHere }) => isHere)).toHaveLength(6)
})

it('to a few buyers come those whose line is worth least elsewhere', () => {
  const all = comers(3)
  const [came, stayed] = [all.filter(({ isHere }) => isHere), all.filter(({ isHere }) => !isHere)]
  expect(came.length).toBeGreaterThan(0)
  expect(stayed.length).toBeGreaterThan(0)
  const worth = ({ elsewhere }: { readonly elsewhere: number }): number => elsewhere
  expect(Math.max(...came.map(worth))).toBeLessThan(Math.min(...stayed.map(worth)))
})

it('beacons say what the bids pay for at their caps, no more than deposits hold, and who sells', () => {
  let seen: SwarmBeacons | undefined
  const scenario = crowd(4)
  const classes = scenario.classes.map((plan) =>
    plan.pays === undefined ? plan : { ...plan, pays: { ...plan.pays, deposit: amountOf(1) } },
  )
  const onSecond = (run: SwarmRun, second: number): void => {
    if (second === 102) seen = readBeacons(run)
  }
  runScenario({ ...scenario, classes, secondsMax: 103 }, { behaviours, onSecond })
  expect([seen?.seeders, seen?.leechers, seen?.rivals.size]).toEqual([1, 4, 1])
  // 3 BTT a second at 40 BTT a MiB.
  const demand = { wantedBytesPerSecond: Math.floor((3 / 40) * 2 ** 20), priceMaxPerMiB: btt(40n * 10n ** 18n) }
  expect(seen?.demands).toEqual(Array.from({ length: 4 }, () => ({ ...demand, budget: btt(10n ** 18n) })))
})
