/** The choker that sends each peer no more than it takes: one of them among honest peers, and nothing but them. */

import { mean } from '../../report/statistics.ts'
import { meanSeconds, peersOf, ratio, secondsOf } from '../measuring.ts'
import type { Reading, Study } from '../study.ts'
import { type Cast, runArena } from './arena.ts'

/** Lines as uneven as the paper's: most are slow, and a few carry most of the bytes. */
const lines = [
  { name: 'slow', count: 14, upload: 64 },
  { name: 'middle', count: 8, upload: 160 },
  { name: 'fast', count: 4, upload: 512 },
] as const
const seedCast: Cast = { name: 'seed', count: 2, upload: 512, has: 'all' }
const attackerUpload = 512
/** Long enough for a choker of rounds of 10 s to learn. */
const contentMib = 32
const tyrant = { behaviour: { kind: 'tyrant' }, ask: null } as const

export const bitTyrant: Study = {
  name: 'bittyrant',
  title: 'BitTyrant: one on a fast line beside an honest twin, and a swarm of nothing else',
  source: 'Piatek et al., Do incentives build robustness in BitTorrent?, NSDI 2007',
  arms: ['one, plain', 'one, market', 'none, plain', 'all, plain'],
  measures: [
    { key: 'tyrantSeconds', title: 'tyrant done after', unit: 's' },
    { key: 'twinSeconds', title: 'honest twin done after', unit: 's' },
    { key: 'gain', title: 'profit: time that cheating saves', unit: '%' },
    { key: 'upload', title: 'upload of the tyrant', unit: 'x of the twin', digits: 2 },
    { key: 'allSeconds', title: 'everybody, mean', unit: 's' },
  ],
  headline: 'gain',
  seedsDefault: 6,
  run: (seed) => ({
    'one, plain': one(seed, false),
    'one, market': one(seed, true),
    'none, plain': all(seed, {}),
    'all, plain': all(seed, tyrant),
  }),
}

function one(seed: number, isMarket: boolean): Reading {
  const cast: readonly Cast[] = [
    seedCast,
    ...lines,
    { name: 'payer', count: 6, upload: 64, spend: 4 },
    { name: 'twin', count: 2, upload: attackerUpload },
    { name: 'tyrant', count: 2, upload: attackerUpload, ...tyrant },
  ]
  const result = runArena({ seed, isMarket, cast, contentMib })
  const [tyrantSeconds, twinSeconds] = [meanSeconds(result, 'tyrant'), meanSeconds(result, 'twin')]
  const sent = (name: string): number => mean(peersOf(result, name).map(({ sentBytes }) => sentBytes)) ?? 0
  return {
    tyrantSeconds,
    twinSeconds,
    gain: 100 - 100 * (ratio(tyrantSeconds, twinSeconds) ?? 1),
    upload: ratio(sent('tyrant'), sent('twin')),
    allSeconds: mean(secondsOf(result, result.peers.slice(seedCast.count))) ?? null,
  }
}

function all(seed: number, kind: Partial<Cast>): Reading {
  const cast = [seedCast, ...lines.map((line): Cast => ({ ...line, ...kind }))]
  const result = runArena({ seed, isMarket: false, cast, contentMib })
  return { allSeconds: mean(secondsOf(result, result.peers.slice(seedCast.count))) ?? null }
}
