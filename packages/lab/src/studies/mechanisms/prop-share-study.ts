/** PropShare: whether it is faster than the clients that it meets, and whether a strategic client gains against it. */

import type { BehaviourMaker } from '../../behaviour.ts'
import { propShare, rotatingSeed } from '../../mechanisms/mechanisms.ts'
import { mean } from '../../report/statistics.ts'
import { type Cast, runArena } from '../attacks/arena.ts'
import { meanSeconds, ratio, secondsOf } from '../measuring.ts'
import type { Reading, Study } from '../study.ts'

const behaviours: Readonly<Record<string, BehaviourMaker>> = { 'prop-share': propShare, 'rotating-seed': rotatingSeed }
/** Uneven, a few lines carry most of the bytes; and slow, so that a short content takes some 30 rounds of 10 s. */
const lines = [
  { name: 'slow', count: 12, upload: 32 },
  { name: 'middle', count: 8, upload: 80 },
  { name: 'fast', count: 4, upload: 256 },
] as const
const seedCast: Cast = { name: 'seed', count: 2, upload: 512, has: 'all', behaviour: { kind: 'rotating-seed' } }
/** Of those who differ, and of the twins beside them. */
const pairCount = 3
const pairUpload = 256
const contentMib = 48

const plain = 'client'
const proportional = 'prop-share'
const tyrant = 'tyrant'

export const propShareStudy: Study = {
  name: 'prop-share',
  title: 'PropShare: three of one kind beside three of the kind that all others are, on the same lines',
  source: 'Levin, LaCurts, Spring and Bhattacharjee, BitTorrent is an Auction, SIGCOMM 2008',
  arms: ['tyrant among plain', 'tyrant among PropShare', 'PropShare among plain', 'PropShare among tyrants'],
  measures: [
    { key: 'oneSeconds', title: 'who differs, done after', unit: 's' },
    { key: 'twinSeconds', title: 'its twin, done after', unit: 's' },
    { key: 'gain', title: 'time that differing saves', unit: '%' },
    { key: 'allSeconds', title: 'everybody, mean', unit: 's' },
  ],
  headline: 'gain',
  seedsDefault: 6,
  run: (seed) => ({
    'tyrant among plain': read(seed, tyrant, plain),
    'tyrant among PropShare': read(seed, tyrant, proportional),
    'PropShare among plain': read(seed, proportional, plain),
    'PropShare among tyrants': read(seed, proportional, tyrant),
  }),
}

function read(seed: number, one: string, others: string): Reading {
  const cast: readonly Cast[] = [
    seedCast,
    ...lines.map((line): Cast => ({ ...line, behaviour: { kind: others } })),
    { name: 'twin', count: pairCount, upload: pairUpload, behaviour: { kind: others } },
    { name: 'one', count: pairCount, upload: pairUpload, behaviour: { kind: one } },
  ]
  const result = runArena({ seed, isMarket: false, contentMib, unchokeSlots: 4, cast, behaviours })
  const allSeconds = mean(secondsOf(result, result.peers.slice(seedCast.count))) ?? null
  const [oneSeconds, twinSeconds] = [meanSeconds(result, 'one'), meanSeconds(result, 'twin')]
  return { oneSeconds, twinSeconds, gain: 100 - 100 * (ratio(oneSeconds, twinSeconds) ?? 1), allSeconds }
}
