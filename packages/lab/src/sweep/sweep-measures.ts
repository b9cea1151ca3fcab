/** What a sweep measures in every cell, of any scenario. */

import { jain, mean, quantile } from '../report/statistics.ts'
import type { LabResult, PeerResult } from '../result.ts'
import type { PeerClass } from '../scenario.ts'
import { percent, ratio, secondsOf } from '../studies/measuring.ts'
import type { Measure, Reading } from '../studies/study.ts'

export const sweepMeasures: readonly Measure[] = [
  { key: 'weighted', title: 'time weighted by value', unit: 's' },
  { key: 'mean', title: 'mean time of all', unit: 's' },
  { key: 'p95', title: '95 % of all', unit: 's' },
  { key: 'payers', title: 'who pays', unit: 's' },
  { key: 'contributors', title: 'who pays nothing and uploads', unit: 's' },
  { key: 'riders', title: 'free riders', unit: 's' },
  { key: 'jain', title: "Jain's index of speeds", digits: 3 },
  { key: 'use', title: 'use of uplinks until half are done', unit: '%' },
  { key: 'done', title: 'done', unit: '% of who came' },
]

/** Who is not done counts with the time it had. */
export function readCell(result: LabResult): Reading {
  const { classes } = result.scenario
  const classOf = new Map(classes.map((plan) => [plan.name, plan]))
  const came = result.peers.filter((peer) => classOf.get(peer.class)?.has === 'nothing' && peer.arrivedSecond !== null)
  const seconds = secondsOf(result, came)
  const of = (isMeant: (plan: PeerClass) => boolean): number | null => {
    const meant = came.filter((peer) => {
      const plan = classOf.get(peer.class)
      return plan !== undefined && isMeant(plan)
    })
    return mean(secondsOf(result, meant)) ?? null
  }
  const done = came.filter(({ downloadSeconds }) => downloadSeconds !== null)
  return {
    weighted: weightedSeconds(came, seconds, classes),
    mean: mean(seconds) ?? null,
    p95: quantile(seconds, 0.95) ?? null,
    payers: of(({ pays }) => pays !== undefined),
    contributors: of((plan) => plan.pays === undefined && !isRider(plan)),
    riders: of(isRider),
    jain: came.length === 0 ? null : jain(seconds.map((time) => 1 / time)),
    use: useUntilHalf(result, done.length / 2),
    done: percent(done.length, came.length),
  }
}

/** A second is worth to a payer what it bids for one, and to others half of the least bid. */
function weightedSeconds(
  came: readonly PeerResult[],
  seconds: readonly number[],
  classes: readonly PeerClass[],
): number | null {
  const bids = new Map(
    classes.flatMap(({ name, pays }) => (pays ? [[name, Number(pays.spendPerSecond)] as const] : [])),
  )
  const least = bids.size === 0 ? 1 : Math.min(...bids.values()) / 2
  const weights = came.map((peer) => bids.get(peer.class) ?? least)
  const sum = seconds.reduce((total, time, i) => total + time * (weights[i] ?? 0), 0)
  return ratio(
    sum,
    weights.reduce((total, weight) => total + weight, 0),
  )
}

/** Later the lines of those who are done and stay stand idle, which says nothing. */
function useUntilHalf({ samples }: LabResult, half: number): number | null {
  const early = mean(samples.filter(({ complete }) => complete <= half).map(({ use }) => use))
  return early === undefined ? null : 100 * early
}

function isRider({ behaviour }: PeerClass): boolean {
  return behaviour.kind === 'free-rider'
}
