/** What the table says of a run. */

import { mean, quantile } from '../../report/statistics.ts'
import type { LabResult, PeerResult } from '../../result.ts'
import {
  bttOf,
  delayQuantileMs,
  flowBytes,
  meanSeconds,
  mib,
  peersOf,
  percent,
  ratio,
  secondsOf,
  sumOf,
} from '../measuring.ts'
import type { Reading } from '../study.ts'
import type { ClosedLoop } from './closed-loop.ts'
import { askBttPerMib, contributors, payers, rider, seedClass } from './town.ts'

/** What somebody in a hurry wants: the download within this time. */
export const deadlineSeconds = 60
/** What a second is worth to those who bid nothing: half of the least bid. */
const valueOfOthers = 1_280
/** Use is looked at between these: the swarm has begun, and has peers that are not done. */
const useFromSecond = 20
const useToSecond = 90

const payerNames = payers.map(({ name }) => name)

export function readTable(result: LabResult, loop: ClosedLoop | undefined): Reading {
  return { ...people(result), ...network(result), ...(loop === undefined ? {} : money(result, loop)) }
}

/** How much less time each took than the very same peer did in the other run, per cent: the mean over the peers of a class. */
export function comparedWith(before: LabResult, after: LabResult): Reading {
  const saved = (...classes: readonly string[]): number | null => {
    const was = secondsOf(before, peersOf(before, ...classes))
    const is = secondsOf(after, peersOf(after, ...classes))
    return mean(was.map((seconds, i) => 100 * (1 - (is[i] ?? seconds) / seconds))) ?? null
  }
  const gains = payerNames.map((name) => [`gain ${name}`, saved(name)] as const)
  return { ...Object.fromEntries(gains), 'gain others': saved(...contributors) }
}

function people(result: LabResult): Reading {
  const all = (): boolean => true
  const riderSeconds = meanSeconds(result, rider)
  const honest = [...contributors, ...payerNames]
  const paying = peersOf(result, ...payerNames)
  const metIn = (seconds: number, peers: readonly PeerResult[]): number | null =>
    percent(secondsOf(result, peers).filter((it) => it <= seconds).length, peers.length)
  return {
    riderShare: percent(
      flowBytes(result, all, (to) => to === rider),
      flowBytes(result, all, all),
    ),
    riderSeconds,
    riderSlowdown: ratio(riderSeconds, meanSeconds(result, ...contributors)),
    fastSeconds: meanSeconds(result, 'fast'),
    slowSeconds: meanSeconds(result, 'slow'),
    ...Object.fromEntries(payerNames.map((name) => [name, meanSeconds(result, name)])),
    uploadRank: speedRank(result, peersOf(result, ...honest), ({ uploadBytesPerSecond }) => uploadBytesPerSecond),
    spendRank: speedRank(result, paying, secondsWorthOf),
    weightedSeconds: weightedSeconds(result, peersOf(result, ...honest, rider)),
    deadlineMet: metIn(deadlineSeconds, paying),
    ...Object.fromEntries(
      payers.map(({ name, doneInSeconds }) => [`met ${name}`, metIn(doneInSeconds, peersOf(result, name))] as const),
    ),
  }
}

function network(result: LabResult): Reading {
  const came = peersOf(result, ...contributors, ...payerNames, rider)
  const seconds = secondsOf(result, came)
  const busy = result.samples.filter(({ second }) => second > useFromSecond && second <= useToSecond)
  const stayed = came.reduce((sum, peer) => {
    if (peer.completedSecond === null) return sum
    return sum + (peer.leftSecond ?? result.endedSecond) - peer.completedSecond
  }, 0)
  return {
    use: (mean(busy.map(({ use }) => use)) ?? 0) * 100,
    seedsPresent: stayed / result.endedSecond,
    meanSeconds: mean(seconds) ?? null,
    p95Seconds: quantile(seconds, 0.95) ?? null,
    honestSeconds: meanSeconds(result, ...contributors, ...payerNames),
    queueUpMs: delayQuantileMs(result, 'uplinkBlocks', 0.95),
    queueDownMs: delayQuantileMs(result, 'downlinkBlocks', 0.95),
    waste: percent(
      sumOf(result.peers, ({ wastedBytes }) => wastedBytes),
      sumOf(result.peers, ({ receivedBytes }) => receivedBytes),
    ),
  }
}

function money(result: LabResult, loop: ClosedLoop): Reading {
  const income = (name: string): number | null => {
    const peers = peersOf(result, name)
    return percent(
      sumOf(peers, ({ revenue }) => bttOf(revenue)),
      (sumOf(peers, ({ sentBytes }) => sentBytes) / mib) * askBttPerMib,
    )
  }
  const prices = result.samples.flatMap(({ pricePerMiB }) =>
    pricePerMiB === null ? [] : [bttOf(BigInt(Math.round(pricePerMiB)))],
  )
  const spent = sumOf(result.peers, ({ spent: amount }) => bttOf(amount))
  // Contributors brought nothing: all that they spend was earned before.
  const again = sumOf(peersOf(result, ...contributors), ({ spent: amount }) => bttOf(amount))
  return {
    priceMean: (mean(prices) ?? 0) / askBttPerMib,
    priceMax: Math.max(...prices) / askBttPerMib,
    fastIncome: income('fast'),
    slowIncome: income('slow'),
    seedIncome: income(seedClass),
    ...Object.fromEntries(
      payerNames.map((name) => {
        const peers = peersOf(result, name)
        const whole = peers.length * askBttPerMib * (result.scenario.contentBytes / mib)
        return [
          `cost ${name}`,
          percent(
            sumOf(peers, (peer) => bttOf(peer.spent)),
            whole,
          ),
        ] as const
      }),
    ),
    brokenSeconds: loop.brokenSeconds,
    spentAgain: percent(again, spent),
    burned: percent(bttOf(loop.burned), spent),
  }
}

/** What a second is worth to a peer: what it bids for one. The same in worlds without bids. */
function secondsWorthOf(peer: PeerResult): number {
  return payers.find(({ name }) => name === peer.class)?.spend ?? valueOfOthers
}

function weightedSeconds(result: LabResult, peers: readonly PeerResult[]): number | null {
  const seconds = secondsOf(result, peers)
  const weights = peers.map(secondsWorthOf)
  const sum = seconds.reduce((total, time, i) => total + time * (weights[i] ?? 0), 0)
  return ratio(
    sum,
    weights.reduce((total, weight) => total + weight, 0),
  )
}

/** Spearman's rank correlation of speed with something; equal values share their mean rank. */
function speedRank(result: LabResult, peers: readonly PeerResult[], of: (peer: PeerResult) => number): number | null {
  const speeds = ranksOf(secondsOf(result, peers).map((seconds) => -seconds))
  return correlation(speeds, ranksOf(peers.map(of)))
}

function ranksOf(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length
    const equal = values.filter((other) => other === value).length
    return below + (equal + 1) / 2
  })
}

function correlation(a: readonly number[], b: readonly number[]): number | null {
  const [meanA, meanB] = [mean(a) ?? 0, mean(b) ?? 0]
  let [both, ofA, ofB] = [0, 0, 0]
  for (const [i, x] of a.entries()) {
    const [dx, dy] = [x - meanA, (b[i] ?? 0) - meanB]
    both += dx * dy
    ofA += dx * dx
    ofB += dy * dy
  }
  return ratio(both, Math.sqrt(ofA * ofB))
}
