/** The swarm that attacks are tried in: a few seeds, honest peers, and an attacker beside a twin that has the same line. */

import type { BehaviourMaker } from '../../behaviour.ts'
import type { LabResult } from '../../result.ts'
import type { PeerClass, Scenario } from '../../scenario.ts'
import { type RunOptions, runScenario } from '../../swarm-run.ts'
import { amountOf, mib } from '../measuring.ts'
import { attackers } from './attackers.ts'

export const askBtt = 10

export interface Cast {
  readonly name: string
  readonly count: number
  /** KiB a second; 128 up and 2048 down when absent. */
  readonly upload?: number
  readonly download?: number
  readonly has?: 'all'
  readonly behaviour?: PeerClass['behaviour']
  /** BTT a MiB; the arena's ask in a market when absent. Null: does not sell. */
  readonly ask?: number | null
  /** Millionths, of one that sells; the client's default when absent. */
  readonly freeSharePpm?: number
  /** BTT a second. */
  readonly spend?: number
  readonly budget?: number
  readonly deposit?: number
  readonly group?: string
  readonly seedSeconds?: number
  /** When all of it comes; over the arena's first seconds when absent. */
  readonly atSecond?: number
}

export interface ArenaTerms {
  readonly seed: number
  readonly isMarket: boolean
  readonly cast: readonly Cast[]
  readonly contentMib?: number
  readonly secondsMax?: number
  readonly arrivalSeconds?: number
  readonly connectionsMax?: number
  readonly unchokeSlots?: number
  /** All amounts of the cast and the ask are so many times as large: a short content stands for a long one. */
  readonly amountScale?: number
  readonly onSecond?: RunOptions['onSecond']
  /** Beside the attackers'. */
  readonly behaviours?: Readonly<Record<string, BehaviourMaker>>
}

export function runArena(terms: ArenaTerms): LabResult {
  const { onSecond } = terms
  const behaviours = { ...attackers, ...terms.behaviours }
  return runScenario(arena(terms), { behaviours, ...(onSecond === undefined ? {} : { onSecond }) })
}

function arena(terms: ArenaTerms): Scenario {
  return {
    name: 'arena',
    title: 'Attackers among honest peers',
    seed: terms.seed,
    secondsMax: terms.secondsMax ?? 900,
    contentBytes: (terms.contentMib ?? 16) * mib,
    pieceBytes: mib / 8,
    blocksPerUnit: 1,
    latencyMs: { min: 10, max: 50 },
    connectionsMax: terms.connectionsMax ?? 40,
    unchokeSlots: terms.unchokeSlots ?? 6,
    classes: terms.cast.map((it) => classOf(it, terms)),
  }
}

function classOf(cast: Cast, { isMarket, arrivalSeconds = 20, amountScale = 1 }: ArenaTerms): PeerClass {
  const ask = cast.ask === undefined ? askBtt : cast.ask
  const isSeed = cast.has === 'all'
  const second = cast.atSecond ?? (isSeed ? 0 : undefined)
  const comesAt = second === undefined ? undefined : ({ kind: 'at', second } as const)
  return {
    name: cast.name,
    count: cast.count,
    uploadBytesPerSecond: (cast.upload ?? 128) * 1_024,
    downloadBytesPerSecond: (cast.download ?? 2_048) * 1_024,
    arrival: comesAt === undefined ? { kind: 'flash', fromSecond: 0, overSeconds: arrivalSeconds } : comesAt,
    departure: isSeed ? {} : { seedSeconds: cast.seedSeconds ?? 0 },
    has: cast.has ?? 'nothing',
    behaviour: cast.behaviour ?? { kind: 'client' },
    ...(isMarket && ask !== null ? { sells: selling(cast, ask * amountScale) } : {}),
    ...(isMarket && cast.spend !== undefined ? { pays: paying(cast, cast.spend, amountScale) } : {}),
    ...(cast.group === undefined ? {} : { addressGroup: cast.group }),
  }
}

function selling({ freeSharePpm }: Cast, ask: number): NonNullable<PeerClass['sells']> {
  return { askPerMiB: amountOf(ask), ...(freeSharePpm === undefined ? {} : { freeSharePpm }) }
}

function paying({ budget = 100_000, deposit }: Cast, spend: number, scale: number): NonNullable<PeerClass['pays']> {
  return {
    budget: amountOf(budget * scale),
    spendPerSecond: amountOf(spend * scale),
    priceMaxPerMiB: amountOf(20 * askBtt * scale),
    ...(deposit === undefined ? {} : { deposit: amountOf(deposit * scale) }),
  }
}
