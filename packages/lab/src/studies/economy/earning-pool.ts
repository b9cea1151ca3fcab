/**
 * Sellers that are not in the swarm and may come: each asks the client's earn agent every round whether its room and its line are
 * worth more here, by the swarm's beacons, or where it is now. Who goes does not come back: a peer of the lab has one life.
 */

import { type Btt, btt, defined, type Random } from '@millrace/base'
import {
  chooseTorrents,
  type Demand,
  type EarnCandidate,
  type EarnRecord,
  emptyEarnRecord,
  explorePpmDefault,
  freeSharePpmDefault,
  holdSecondsDefault,
  noteEarned,
} from '@millrace/market'
import { streamOf, unitInterval } from '../../draws.ts'
import type { LabPeer } from '../../lab-peer.ts'
import type { SwarmRun } from '../../swarm-run.ts'
import { bttOf, mib } from '../measuring.ts'
import { readBeacons, type SwarmBeacons, swarmTorrent } from './beacons.ts'

/** As `millrace earn`. */
const roundSeconds = 30
/** Beacons are at most so old. */
const beaconSeconds = 60
/** A stream of draws that nothing else in a run uses. */
const poolStream = 7_000_001
const elsewhere = 'elsewhere'
/** More than anything costs here. */
const plenty = btt(10n ** 30n)

interface Earner {
  readonly peer: LabPeer
  /** What sells elsewhere: one demand at its ask, for a drawn part of what its line can sell. */
  readonly outside: Demand
  readonly round: number
  record: EarnRecord
  revenue: bigint
  cameSecond: number | undefined
  expected: Btt
}

export class EarningPool {
  readonly #className: string
  readonly #horizonSeconds: number
  readonly #draws: Random
  readonly #earners: Earner[] = []
  #beacons: SwarmBeacons | undefined

  constructor(className: string, horizonSeconds: number, seed: number) {
    this.#className = className
    this.#horizonSeconds = horizonSeconds
    this.#draws = streamOf(seed, poolStream)
  }

  onSecond(run: SwarmRun, second: number): void {
    if (this.#earners.length === 0) this.#open(run)
    if (this.#beacons === undefined || second % beaconSeconds === 0) this.#beacons = readBeacons(run)
    for (const earner of this.#earners) {
      if (second % roundSeconds === earner.round && earner.peer.leftMs === undefined) {
        this.#decide(earner, this.#beacons, run, second)
      }
    }
  }

  /** BTT a second that a peer of the pool would earn where it was, had it stayed. */
  outsideIncome(id: number): number {
    const { outside } = defined(
      this.#earners.find(({ peer }) => peer.id === id),
      'a peer of the pool',
    )
    return (bttOf(outside.priceMaxPerMiB) * outside.wantedBytesPerSecond) / mib
  }

  #open({ peers }: SwarmRun): void {
    for (const peer of peers) {
      if (peer.terms.plan.name !== this.#className) continue
      const wantedBytesPerSecond = Math.floor(unitInterval(this.#draws) * paidRate(peer))
      this.#earners.push({
        peer,
        outside: { wantedBytesPerSecond, priceMaxPerMiB: askOf(peer), budget: plenty },
        round: this.#draws.below(roundSeconds),
        record: emptyEarnRecord,
        revenue: 0n,
        cameSecond: undefined,
        expected: btt(0n),
      })
    }
  }

  #decide(earner: Earner, beacons: SwarmBeacons, run: SwarmRun, second: number): void {
    const { peer } = earner
    const isHere = earner.cameSecond !== undefined
    if (isHere) noteRound(earner, this.#horizonSeconds)
    const contentBytes = run.scenario.contentBytes
    const choices = chooseTorrents(
      [candidate(earner, beacons, contentBytes, second), outsideOf(earner, contentBytes, second)],
      {
        // Room for one: the line serves one of them.
        diskBytes: contentBytes,
        torrentsMax: 1,
        explorePpm: explorePpmDefault,
        holdSeconds: holdSecondsDefault,
        offer: { askPerMiB: askOf(peer), paidBytesPerSecond: paidRate(peer), horizonSeconds: this.#horizonSeconds },
      },
    )
    const choice = choices.find(({ torrent }) => torrent === swarmTorrent)
    const isWanted = choice?.action === 'fetch' || choice?.action === 'seed'
    earner.expected = choice?.income ?? btt(0n)
    if (isWanted && !isHere) {
      earner.cameSecond = second
      peer.plan(run.events.now(), 'arrive')
    } else if (!isWanted && isHere) peer.plan(run.events.now(), 'leave')
  }
}

/** What the last round brought, beside what it was expected to. */
function noteRound(earner: Earner, horizonSeconds: number): void {
  const { revenue } = earner.peer.shop
  const expected = btt((earner.expected * BigInt(roundSeconds)) / BigInt(horizonSeconds)) // down: as the client does
  const earned = btt(revenue - earner.revenue)
  earner.revenue = revenue
  earner.record = noteEarned(earner.record, { seconds: roundSeconds, expected, earned })
}

function candidate(earner: Earner, beacons: SwarmBeacons, sizeBytes: number, second: number): EarnCandidate {
  const { cameSecond, peer, record } = earner
  const { seeders, leechers, demands, rivals } = beacons
  const others = [...rivals].filter(([seller]) => seller !== peer).map(([, rival]) => rival)
  return {
    torrent: swarmTorrent,
    sizeBytes,
    place: cameSecond === undefined ? 'absent' : 'held',
    heldSeconds: cameSecond === undefined ? 0 : second - cameSecond,
    seeders,
    leechers,
    demands,
    rivals: others,
    record,
  }
}

/** It keeps there what it says, and has been held for long. */
function outsideOf({ outside, cameSecond }: Earner, sizeBytes: number, second: number): EarnCandidate {
  return {
    torrent: elsewhere,
    sizeBytes,
    place: cameSecond === undefined ? 'held' : 'absent',
    heldSeconds: cameSecond === undefined ? holdSecondsDefault + second : 0,
    seeders: 0,
    leechers: 1,
    demands: [outside],
    rivals: [],
    record: emptyEarnRecord,
  }
}

function askOf({ terms }: LabPeer): Btt {
  return btt(BigInt(terms.plan.sells?.askPerMiB ?? '0'))
}

function paidRate({ terms }: LabPeer): number {
  return terms.uploadBytesPerSecond * (1 - freeSharePpmDefault / 1e6)
}
