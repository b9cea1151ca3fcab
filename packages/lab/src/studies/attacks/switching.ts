/** A bid of twice the rate, on for a while and off for as long, beside a twin that bids steadily. */

import { mib, ratio } from '../measuring.ts'
import type { Reading, Study } from '../study.ts'
import type { Cast } from './arena.ts'
import { runStage, slotsForAll } from './stage.ts'

const periods = [1, 2, 5, 10] as const
const spend = 2
const freePeers = 4

export const switching: Study = {
  name: 'switching',
  title: 'Bids that go on and off, beside a twin that bids the same steadily',
  source: 'promise 4 of the market, and the hundred seconds that a raised bid once waited in a trial',
  arms: periods.map((period) => `every ${period} s`),
  measures: [
    { key: 'bytes', title: 'bytes', unit: 'x of the twin', digits: 3 },
    { key: 'spent', title: 'spent', unit: 'x of the twin', digits: 3 },
    { key: 'profit', title: 'profit: bytes beyond its BTT and a free peer for the rest', unit: '%' },
    { key: 'twinMib', title: 'twin has', unit: 'MiB' },
    { key: 'freeMib', title: 'a free peer has', unit: 'MiB' },
    { key: 'bound', title: 'bytes, of what its BTT buys and a free peer has', unit: '%' },
  ],
  headline: 'profit',
  seedsDefault: 5,
  run: (seed) => Object.fromEntries(periods.map((period) => [`every ${period} s`, read(seed, period)])),
}

function read(seed: number, everySeconds: number): Reading {
  const cast: readonly Cast[] = [
    { name: 'payer', count: 4, spend },
    { name: 'free', count: freePeers },
    { name: 'twin', count: 1, spend },
    { name: 'switcher', count: 1, spend, behaviour: { kind: 'switcher', everySeconds } },
  ]
  const { bytes, spent } = runStage(seed, cast, slotsForAll)
  const [own = 0, twin = 0, free = 0] = [bytes.switcher, bytes.twin, (bytes.free ?? 0) / freePeers]
  const part = ratio(spent.switcher ?? null, spent.twin ?? null) ?? 0
  return {
    bytes: ratio(own, twin),
    spent: part,
    profit: 100 * (own / (twin * part + free * Math.max(0, 1 - part)) - 1),
    twinMib: twin / mib,
    freeMib: free / mib,
    bound: (100 * own) / (twin * part + free),
  }
}
