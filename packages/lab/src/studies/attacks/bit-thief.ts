/** Whole downloads without any upload, over a large view: does it pay, and better than being honest? */

import { bttOf, flowBytes, meanSeconds, mib, peersOf, percent, ratio, sumOf } from '../measuring.ts'
import type { Reading, Study } from '../study.ts'
import { askBtt, type Cast, runArena } from './arena.ts'

const thief = 'thief'
const cast: readonly Cast[] = [
  { name: 'seed', count: 2, upload: 512, has: 'all' },
  { name: 'honest', count: 12, upload: 192 },
  { name: 'payer', count: 8, spend: 4 },
  { name: 'twin', count: 4 },
  { name: thief, count: 4, ask: null, behaviour: { kind: 'thief' } },
]

export const bitThief: Study = {
  name: 'bitthief',
  title: 'BitThief: four that upload nothing and know everybody, beside four honest twins that pay nothing',
  source: 'Locher et al., Free Riding in BitTorrent is Cheap, HotNets 2006',
  arms: ['plain', 'market'],
  measures: [
    { key: 'thiefSeconds', title: 'thief done after', unit: 's' },
    { key: 'twinSeconds', title: 'honest twin done after', unit: 's' },
    { key: 'gain', title: 'profit: time that cheating saves', unit: '%' },
    { key: 'twinEarns', title: 'what the twin earns and the thief does not', unit: '% of all at the ask' },
    { key: 'share', title: 'bytes that thieves took', unit: '% of all' },
    { key: 'honestSeconds', title: 'others that do not pay', unit: 's' },
    { key: 'payerSeconds', title: 'payers', unit: 's' },
  ],
  headline: 'gain',
  seedsDefault: 8,
  run: (seed) => ({ plain: read(seed, false), market: read(seed, true) }),
}

function read(seed: number, isMarket: boolean): Reading {
  const result = runArena({ seed, isMarket, cast })
  const [thiefSeconds, twinSeconds] = [meanSeconds(result, thief), meanSeconds(result, 'twin')]
  const twins = peersOf(result, 'twin')
  const atAsk = twins.length * askBtt * (result.scenario.contentBytes / mib)
  const all = (): boolean => true
  return {
    thiefSeconds,
    twinSeconds,
    gain: 100 - 100 * (ratio(thiefSeconds, twinSeconds) ?? 1),
    twinEarns: isMarket
      ? percent(
          sumOf(twins, ({ revenue }) => bttOf(revenue)),
          atAsk,
        )
      : null,
    share: percent(
      flowBytes(result, all, (to) => to === thief),
      flowBytes(result, all, all),
    ),
    honestSeconds: meanSeconds(result, 'honest'),
    payerSeconds: meanSeconds(result, 'payer'),
  }
}
