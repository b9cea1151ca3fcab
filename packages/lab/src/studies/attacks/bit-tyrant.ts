/** The choker that sends each peer no more than it takes: one of them among honest peers, and nothing but them, in both worlds. */

import { mean } from '../../report/statistics.ts'
import type { LabResult } from '../../result.ts'
import { bttOf, meanSeconds, peersOf, ratio, secondsOf } from '../measuring.ts'
import type { Reading, Study } from '../study.ts'
import { askBtt, type Cast, runArena } from './arena.ts'

/** Lines as uneven as the paper's: most are slow, and a few carry most of the bytes. */
const lines = [
  { name: 'slow', count: 14, upload: 64 },
  { name: 'middle', count: 8, upload: 160 },
  { name: 'fast', count: 4, upload: 512 },
] as const
const seedCast: Cast = { name: 'seed', count: 2, upload: 512, has: 'all' }
/** Where all cheat or none: each bids half of what its uplink would earn at the ask, so that honest ones can live of selling. */
const bidOf = (upload: number): number => (askBtt * upload) / 1_024 / 2
const attackerUpload = 512
/** Long enough for a choker of rounds of 10 s to learn. */
const contentMib = 32
const tyrant = { behaviour: { kind: 'tyrant' }, ask: null } as const

export const bitTyrant: Study = {
  name: 'bittyrant',
  title: 'BitTyrant: one on a fast line beside an honest twin, and a swarm of nothing else',
  source: 'Piatek et al., Do incentives build robustness in BitTorrent?, NSDI 2007',
  arms: ['one, plain', 'one, market', 'none, plain', 'all, plain', 'none, market', 'all, market'],
  measures: [
    { key: 'tyrantSeconds', title: 'tyrant done after', unit: 's' },
    { key: 'twinSeconds', title: 'honest twin done after', unit: 's' },
    { key: 'gain', title: 'profit: time that cheating saves', unit: '%' },
    { key: 'upload', title: 'upload of the tyrant', unit: 'x of the twin', digits: 2 },
    { key: 'allSeconds', title: 'everybody, mean', unit: 's' },
    { key: 'profit', title: 'profit in money: earned less paid, beyond the honest, a peer', unit: 'BTT' },
  ],
  headline: 'gain',
  // One against one: chance weighs more than where many are compared.
  seedsDefault: 8,
  run(seed) {
    const everybody = (kind: Partial<Cast>, isMarket: boolean): LabResult =>
      runArena({ seed, isMarket, contentMib, cast: [seedCast, ...lines.map((it) => lineCast(it, kind))] })
    const both = (isMarket: boolean): { readonly none: Reading; readonly all: Reading } => {
      const [none, all] = [everybody({}, isMarket), everybody(tyrant, isMarket)]
      const [before, after] = [meanOfComers(none), meanOfComers(all)]
      return {
        none: { allSeconds: before },
        all: {
          allSeconds: after,
          gain: saved(after, before),
          profit: isMarket ? netOf(all, ...lineNames) - netOf(none, ...lineNames) : null,
        },
      }
    }
    const [plain, market] = [both(false), both(true)]
    return {
      'one, plain': one(seed, false),
      'one, market': one(seed, true),
      'none, plain': plain.none,
      'all, plain': plain.all,
      'none, market': market.none,
      'all, market': market.all,
    }
  },
}

function one(seed: number, isMarket: boolean): Reading {
  const cast: readonly Cast[] = [
    seedCast,
    ...lines,
    { name: 'payer', count: 6, upload: 64, spend: 4 },
    { name: 'twin', count: 1, upload: attackerUpload },
    { name: 'tyrant', count: 1, upload: attackerUpload, ...tyrant },
  ]
  const result = runArena({ seed, isMarket, cast, contentMib })
  const [tyrantSeconds, twinSeconds] = [meanSeconds(result, 'tyrant'), meanSeconds(result, 'twin')]
  const sent = (name: string): number => mean(peersOf(result, name).map(({ sentBytes }) => sentBytes)) ?? 0
  return {
    tyrantSeconds,
    twinSeconds,
    gain: saved(tyrantSeconds, twinSeconds),
    upload: ratio(sent('tyrant'), sent('twin')),
    allSeconds: meanOfComers(result),
    profit: isMarket ? netOf(result, 'tyrant') - netOf(result, 'twin') : null,
  }
}

const lineNames = lines.map(({ name }) => name)

function lineCast(line: (typeof lines)[number], kind: Partial<Cast>): Cast {
  return { ...line, spend: bidOf(line.upload), ...kind }
}

function meanOfComers(result: LabResult): number | null {
  return mean(secondsOf(result, result.peers.slice(seedCast.count))) ?? null
}

/** Per cent of the honest time. */
function saved(cheating: number | null, honest: number | null): number {
  return 100 - 100 * (ratio(cheating, honest) ?? 1)
}

/** Earned less paid, BTT, the mean of a peer. */
function netOf(result: LabResult, ...names: readonly string[]): number {
  return mean(peersOf(result, ...names).map(({ revenue, spent }) => bttOf(revenue) - bttOf(spent))) ?? 0
}
