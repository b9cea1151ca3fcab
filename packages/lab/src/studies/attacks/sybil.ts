/** One buyer, or one that pays nothing, as 1 to 64 identities: what the parts get together. */

import { ratio } from '../measuring.ts'
import type { Reading, Study } from '../study.ts'
import type { Cast } from './arena.ts'
import { runStage, slotsForAll } from './stage.ts'

const splits = [1, 2, 4, 8, 16, 64] as const
const attackerSpend = 6
const others: readonly Cast[] = [
  { name: 'payer', count: 4, spend: 2 },
  { name: 'free', count: 6 },
]
interface Kind {
  readonly name: string
  readonly spend?: number
  readonly group?: string
  readonly unchokeSlots?: number
}

const kinds: readonly Kind[] = [
  { name: 'pays, one address group', spend: attackerSpend, group: 'one' },
  { name: 'pays, many groups', spend: attackerSpend },
  { name: 'rides, one group, slots for all', group: 'one', unchokeSlots: slotsForAll },
  { name: 'rides, one group, 8 slots', group: 'one' },
  { name: 'rides, many groups, 8 slots' },
]

export const sybil: Study = {
  name: 'sybil',
  title: 'Sybils: one buyer, or one rider, as 1 to 64 identities at one seller',
  source: 'Douceur, The Sybil Attack, IPTPS 2002; promise 5 of the market',
  arms: kinds.flatMap(({ name }) => splits.map((count) => `${name}, ${count}`)),
  measures: [
    { key: 'total', title: 'bytes together', unit: 'x of one identity', digits: 3 },
    { key: 'spent', title: 'spent together', unit: 'BTT' },
    { key: 'profit', title: 'profit: bytes beyond one identity', unit: '%' },
  ],
  headline: 'profit',
  seedsDefault: 2,
  run(seed) {
    const readings: Record<string, Reading> = {}
    for (const kind of kinds) {
      const taken = splits.map((count) => read(seed, count, kind))
      const [whole] = taken
      for (const [i, { bytes, spent }] of taken.entries()) {
        const total = ratio(bytes, whole?.bytes ?? null)
        const profit = total === null ? null : 100 * (total - 1)
        readings[`${kind.name}, ${splits[i]}`] = { total, spent: kind.spend === undefined ? null : spent, profit }
      }
    }
    return readings
  },
}

function read(
  seed: number,
  count: number,
  { spend, group, unchokeSlots }: Kind,
): { readonly bytes: number; readonly spent: number } {
  const attacker: Cast = {
    name: 'attacker',
    count,
    ...(spend === undefined ? {} : { spend: spend / count }),
    ...(group === undefined ? {} : { group }),
  }
  const { bytes, spent } = runStage(seed, [...others, attacker], unchokeSlots)
  return { bytes: bytes.attacker ?? 0, spent: spent.attacker ?? 0 }
}
