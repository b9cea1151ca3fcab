/** What the lab says of a shape: the scenario that it is, and the completion times of its leechers over several seeds. */

import { assert, defined } from '@millrace/base'
import { quantile } from '../report/statistics.ts'
import type { PeerClass, Scenario } from '../scenario.ts'
import { SwarmRun } from '../swarm-run.ts'
import type { Shape, ShapePeer } from './shape.ts'

/** The ask of every seller: 1 BTT a MiB. */
const ask = 10n ** 18n
/** More than anybody spends in such a run, and a price that no bid reaches. */
const budgetAsks = 10_000n
const priceMaxAsks = 1_000n
/** One way, to the middle of a switch. */
const latencyMs = 0.05
const secondsMax = 600
const bidSteps = 1_000

/** The shape as a scenario; `seed` decides what chance decides in a swarm. */
export function scenarioOfShape(shape: Shape, seed: number): Scenario {
  return {
    name: `shape-${shape.seed}`,
    title: `Shape ${shape.seed}`,
    seed,
    secondsMax,
    contentBytes: shape.contentBytes,
    pieceBytes: shape.pieceBytes,
    blocksPerUnit: 1,
    latencyMs,
    connectionsMax: 100,
    unchokeSlots: shape.unchokeSlots,
    classes: shape.peers.map((peer) => classOf(peer, shape)),
  }
}

/** Of one leecher, in seconds. */
export interface Completion {
  /** From its first payload byte to its last verified piece: what `get --json` calls `seconds`. */
  readonly download: number
  /** From when it came to its last verified piece. */
  readonly sinceStart: number
}

/**
 * Medians over lab seeds 1 to `seeds`, of each leecher in the order of the shape.
 *
 * @example
 * predictShape(drawShape(7, false), 15).length // as many as the shape has leechers
 */
export function predictShape(shape: Shape, seeds: number): readonly Completion[] {
  const runs = Array.from({ length: seeds }, (_, i) => completions(shape, i + 1))
  const medianOf = (leecher: number, of: keyof Completion): number => {
    const values = runs.map((run) => defined(run[leecher], 'as many leechers in each run')[of])
    return defined(quantile(values, 0.5), 'a seed')
  }
  return (runs[0] ?? []).map((_, leecher) => ({
    download: medianOf(leecher, 'download'),
    sinceStart: medianOf(leecher, 'sinceStart'),
  }))
}

/** One run of the lab. */
function completions(shape: Shape, seed: number): readonly Completion[] {
  const run = new SwarmRun(scenarioOfShape(shape, seed))
  run.run()
  return run.peers.flatMap(({ progress, terms, completedMs }, i) => {
    if (terms.plan.has === 'all') return []
    const { firstByteAt, lastPieceAt } = progress
    const arrivedMs = defined(shape.peers[i], 'a peer of the shape').arriveSecond * 1000
    assert(completedMs !== undefined && firstByteAt !== undefined && lastPieceAt !== undefined, 'all complete in time')
    return [{ download: (lastPieceAt - firstByteAt) / 1000, sinceStart: (completedMs - arrivedMs) / 1000 }]
  })
}

function classOf(peer: ShapePeer, shape: Shape): PeerClass {
  const { name, has, uploadBytesPerSecond, downloadBytesPerSecond, arriveSecond, sells, bid } = peer
  const spend = (ask * BigInt(Math.round(bid * bidSteps))) / BigInt(bidSteps)
  return {
    name,
    count: 1,
    has,
    uploadBytesPerSecond,
    downloadBytesPerSecond,
    arrival: { kind: 'at', second: arriveSecond },
    departure: shape.leavesWhenDone && has === 'nothing' ? { seedSeconds: 0 } : {},
    // A bidder is run by the agent that `get --bid --measure 0` runs.
    behaviour: bid === 0 ? { kind: 'client' } : { kind: 'agent', keepsRate: true, measurePercent: 0 },
    ...(sells ? { sells: { askPerMiB: String(ask) } } : {}),
    ...(bid === 0
      ? {}
      : {
          pays: {
            budget: String(ask * budgetAsks),
            spendPerSecond: String(spend),
            priceMaxPerMiB: String(ask * priceMaxAsks),
          },
        }),
  }
}
