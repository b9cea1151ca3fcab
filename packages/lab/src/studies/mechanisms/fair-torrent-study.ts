/** FairTorrent: whether who gives gets as much, and whether riders cost those who give. */

import type { BehaviourMaker } from '../../behaviour.ts'
import { fairTorrent, rotatingSeed } from '../../mechanisms/mechanisms.ts'
import { mean } from '../../report/statistics.ts'
import type { LabResult, PeerResult } from '../../result.ts'
import { type Cast, runArena } from '../attacks/arena.ts'
import { flowBytes, mib, percent, secondsOf } from '../measuring.ts'
import type { Reading, Study } from '../study.ts'

const behaviours: Readonly<Record<string, BehaviourMaker>> = {
  'fair-torrent': fairTorrent,
  'rotating-seed': rotatingSeed,
}
const contentMib = 32
const highCount = 3
const highUpload = 512
const otherCount = 21
const otherUpload = 96
const riderCount = 8

interface Arm {
  readonly name: string
  readonly kind: string
  readonly riders?: number
  /** Of 512 KiB/s each. */
  readonly seeds?: number
}

const arms: readonly Arm[] = [
  { name: 'plain', kind: 'client' },
  { name: 'FairTorrent', kind: 'fair-torrent' },
  { name: 'plain, riders', kind: 'client', riders: riderCount },
  { name: 'FairTorrent, riders', kind: 'fair-torrent', riders: riderCount },
  { name: 'plain, half of the seeds', kind: 'client', seeds: 2 },
  { name: 'FairTorrent, half of the seeds', kind: 'fair-torrent', seeds: 2 },
]

export const fairTorrentStudy: Study = {
  name: 'fair-torrent',
  title: 'A deficit rule like FairTorrent: three on fast lines among many on slow ones, without riders and with eight',
  source: 'Sherman, Nieh and Stein, FairTorrent: Bringing Fairness to Peer-to-Peer Systems, CoNEXT 2009',
  arms: arms.map(({ name }) => name),
  measures: [
    { key: 'highSeconds', title: 'who uploads 512 KiB/s, done after', unit: 's' },
    { key: 'otherSeconds', title: 'who uploads 96 KiB/s, done after', unit: 's' },
    { key: 'riderSeconds', title: 'riders, done after', unit: 's' },
    { key: 'unfairness', title: 'received from leechers and sent to them differ by, mean', unit: '% of the content' },
    { key: 'unfairnessMost', title: 'by, at most', unit: '% of the content' },
  ],
  headline: 'unfairness',
  seedsDefault: 4,
  run: (seed) => Object.fromEntries(arms.map((arm) => [arm.name, read(seed, arm)])),
}

function read(seed: number, { kind, riders = 0, seeds = 4 }: Arm): Reading {
  const behaviour = { kind }
  // A class each, so that what each had of whom is counted.
  const each = (name: string, count: number, upload: number): Cast[] =>
    Array.from({ length: count }, (_, i) => ({ name: `${name} ${i}`, count: 1, upload, download: 4_096, behaviour }))
  const cast: readonly Cast[] = [
    { name: 'seed', count: seeds, upload: 512, has: 'all', behaviour: { kind: 'rotating-seed' } },
    ...each('high', highCount, highUpload),
    ...each('other', otherCount, otherUpload),
    { name: 'rider', count: riders, behaviour: { kind: 'free-rider' } },
  ]
  const result = runArena({ seed, isMarket: false, contentMib, cast, behaviours, secondsMax: 1_800 })
  const of = (start: string): readonly PeerResult[] => result.peers.filter((peer) => peer.class.startsWith(start))
  const seconds = (start: string): number | null => mean(secondsOf(result, of(start))) ?? null
  const differences = [...of('high'), ...of('other')].map((peer) => difference(result, peer.class))
  return {
    highSeconds: seconds('high'),
    otherSeconds: seconds('other'),
    riderSeconds: seconds('rider'),
    unfairness: mean(differences) ?? null,
    unfairnessMost: Math.max(...differences),
  }
}

/** Between what one had of leechers and what it sent to them, per cent of the content. */
function difference(result: LabResult, name: string): number {
  const isLeecher = (other: string): boolean => other !== 'seed'
  const isOne = (other: string): boolean => other === name
  const [had, sent] = [flowBytes(result, isLeecher, isOne), flowBytes(result, isOne, isLeecher)]
  return percent(Math.abs(had - sent), contentMib * mib) ?? 0
}
