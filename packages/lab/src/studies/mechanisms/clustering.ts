/** Plain BitTorrent: peers of like lines find each other, who gives more is done sooner, and the lines are full. */

import { rotatingSeed } from '../../mechanisms/mechanisms.ts'
import { mean } from '../../report/statistics.ts'
import type { LabResult } from '../../result.ts'
import { type Cast, runArena } from '../attacks/arena.ts'
import { flowBytes, meanSeconds, percent, ratio } from '../measuring.ts'
import type { Reading, Study } from '../study.ts'

/** KiB a second: a quarter of the paper's, so that a short content takes as many rounds. Only uplinks hold anybody back. */
const download = 8_192
const lines: readonly Cast[] = [
  { name: 'slow', count: 13, upload: 5, download },
  { name: 'middle', count: 14, upload: 12.5, download },
  { name: 'fast', count: 13, upload: 50, download },
]
const leechers = lines.map(({ name }) => name)
const contentMib = 32
/** Everybody has something to give by then. */
const useFromSecond = 60

export const clustering: Study = {
  name: 'clustering',
  title:
    'Plain BitTorrent: 40 leechers on three kinds of lines and one seed, eight times as fast as the fast ones or as fast',
  source: 'Legout, Liogkas, Kohler and Zhang, Clustering and Sharing Incentives in BitTorrent Systems, SIGMETRICS 2007',
  arms: ['fast seed', 'slow seed'],
  measures: [
    { key: 'fastToFast', title: 'what fast leechers gave to fast ones', unit: 'x of an even split', digits: 2 },
    { key: 'slowToSlow', title: 'what slow leechers gave to slow ones', unit: 'x of an even split', digits: 2 },
    { key: 'fastSeconds', title: 'who uploads 50 KiB/s, done after', unit: 's' },
    { key: 'middleSeconds', title: 'who uploads 12.5 KiB/s, done after', unit: 's' },
    { key: 'slowSeconds', title: 'who uploads 5 KiB/s, done after', unit: 's' },
    { key: 'incentive', title: 'slow / fast', unit: 'times', digits: 2 },
    { key: 'use', title: 'use of all uplinks, from second 60 until the first is done', unit: '%' },
  ],
  headline: 'incentive',
  seedsDefault: 3,
  run: (seed) => ({ 'fast seed': read(seed, 400), 'slow seed': read(seed, 50) }),
}

function read(seed: number, seedUpload: number): Reading {
  const result = runArena({
    seed,
    isMarket: false,
    contentMib,
    secondsMax: 3_600,
    arrivalSeconds: 10,
    connectionsMax: 80,
    unchokeSlots: 4,
    cast: [{ name: 'seed', count: 1, upload: seedUpload, has: 'all', behaviour: { kind: 'rotating-seed' } }, ...lines],
    behaviours: { 'rotating-seed': rotatingSeed },
  })
  const [fastSeconds, slowSeconds] = [meanSeconds(result, 'fast'), meanSeconds(result, 'slow')]
  return {
    fastToFast: toOwnKind(result, 'fast'),
    slowToSlow: toOwnKind(result, 'slow'),
    fastSeconds,
    middleSeconds: meanSeconds(result, 'middle'),
    slowSeconds,
    incentive: ratio(slowSeconds, fastSeconds),
    use: useUntilFirst(result),
  }
}

/** The part of what one kind sends to leechers that its own kind has, over what it would have if all had the same. */
function toOwnKind(result: LabResult, kind: string): number | null {
  const isKind = (name: string): boolean => name === kind
  const sent = flowBytes(result, isKind, (to) => leechers.includes(to))
  const own = (lines.find(({ name }) => name === kind)?.count ?? 0) - 1
  const all = lines.reduce((sum, { count }) => sum + count, 0) - 1
  return ratio(ratio(flowBytes(result, isKind, isKind), sent), own / all)
}

function useUntilFirst({ samples, peers }: LabResult): number | null {
  const first = Math.min(...peers.map(({ completedSecond }) => completedSecond ?? Number.POSITIVE_INFINITY))
  const busy = samples.filter(({ second }) => second > useFromSecond && second <= first)
  return percent(mean(busy.map(({ use }) => use)) ?? 0, 1)
}
