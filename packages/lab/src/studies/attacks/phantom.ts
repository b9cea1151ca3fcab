/** Bids a hundred times as high as anybody's with no money behind them. */

import { bttOf, meanSeconds, peersOf, ratio, sumOf } from '../measuring.ts'
import type { Reading, Study } from '../study.ts'
import { askBtt, type Cast, runArena } from './arena.ts'

const phantoms = 6
const sellers = 3
/** A stranger's trial: bytes of the free class that are billed before its first voucher, at each seller. */
const trialMib = 1

const cast = (isBidding: boolean): readonly Cast[] => [
  { name: 'seed', count: sellers, upload: 512, has: 'all' },
  { name: 'payer', count: 8, spend: 4, ask: null, behaviour: { kind: 'taker' } },
  { name: 'twin', count: phantoms, ask: null, behaviour: { kind: 'taker' } },
  {
    name: 'phantom',
    count: phantoms,
    ask: null,
    ...(isBidding ? { spend: 400, behaviour: { kind: 'phantom' } } : { behaviour: { kind: 'taker' } }),
  },
]

export const phantom: Study = {
  name: 'phantom',
  title: 'Phantom bids: six that bid 100 times as much as anybody and never pay',
  source: 'the rule that a bid is only as loud as its secured money',
  arms: ['they bid nothing', 'they bid and never pay'],
  measures: [
    { key: 'phantomSeconds', title: 'phantom done after', unit: 's' },
    { key: 'twinSeconds', title: 'twin that never bid, done after', unit: 's' },
    { key: 'gain', title: 'profit: time that cheating saves', unit: '%' },
    { key: 'stolen', title: 'profit: billed and never paid, all sellers', unit: 'BTT' },
    { key: 'bound', title: 'its bound: 1 MiB a pair at the highest price', unit: 'BTT' },
    { key: 'priceMean', title: 'mean price', unit: 'x ask', digits: 3 },
    { key: 'payerSeconds', title: 'payers', unit: 's' },
  ],
  headline: 'gain',
  seedsDefault: 5,
  run: (seed) => ({ 'they bid nothing': read(seed, false), 'they bid and never pay': read(seed, true) }),
}

function read(seed: number, isBidding: boolean): Reading {
  const result = runArena({ seed, isMarket: true, cast: cast(isBidding) })
  const prices = result.samples.map(({ pricePerMiB }) => bttOf(BigInt(Math.round(pricePerMiB ?? 0))))
  const [phantomSeconds, twinSeconds] = [meanSeconds(result, 'phantom'), meanSeconds(result, 'twin')]
  return {
    phantomSeconds,
    twinSeconds,
    gain: 100 - 100 * (ratio(phantomSeconds, twinSeconds) ?? 1),
    stolen: sumOf(peersOf(result, 'seed'), ({ lost }) => bttOf(lost)),
    bound: isBidding ? phantoms * sellers * trialMib * Math.max(...prices) : null,
    priceMean: prices.reduce((sum, price) => sum + price, 0) / prices.length / askBtt,
    payerSeconds: meanSeconds(result, 'payer'),
  }
}
