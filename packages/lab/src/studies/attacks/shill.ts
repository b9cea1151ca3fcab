/** A seller that bids at itself: what its honest buyers pay it, with and without, and what a higher ask would have done. */

import { bttOf, meanSeconds, peersOf, sumOf } from '../measuring.ts'
import type { Reading, Study } from '../study.ts'
import { askBtt, type Cast, runArena } from './arena.ts'

const upload = 512
const masterClass = 0
const loads = [
  { name: 'slack', spend: 1.2 },
  { name: 'busy', spend: 8 },
] as const
const tricks = [
  { name: 'none', shill: undefined, ask: askBtt },
  { name: 'shill 1x', shill: 5, ask: askBtt },
  { name: 'shill 4x', shill: 20, ask: askBtt },
  { name: 'ask 2x', shill: undefined, ask: 2 * askBtt },
] as const

export const shill: Study = {
  name: 'shill',
  title: 'A shill: one of three sellers bids at itself, once and four times what its line earns at the ask',
  source: 'Akbarpour and Li, Credible Auctions, Econometrica 2020',
  arms: loads.flatMap((load) => tricks.map((trick) => `${load.name}, ${trick.name}`)),
  measures: [
    { key: 'income', title: 'seller: from honest buyers', unit: 'BTT' },
    { key: 'profit', title: 'profit: more than without the trick', unit: '%' },
    { key: 'twinIncome', title: 'honest twin earns', unit: 'BTT' },
    { key: 'buyerSeconds', title: 'honest buyers', unit: 's' },
    { key: 'paidPerMib', title: 'they paid a MiB billed or not', unit: 'x ask', digits: 2 },
  ],
  headline: 'profit',
  seedsDefault: 6,
  run(seed) {
    const readings: Record<string, Reading> = {}
    for (const load of loads) {
      let honest: number | undefined
      for (const trick of tricks) {
        const reading = read(seed, load.spend, trick.shill, trick.ask)
        honest ??= reading.income
        readings[`${load.name}, ${trick.name}`] = { ...reading, profit: 100 * (reading.income / honest - 1) }
      }
    }
    return readings
  },
}

function read(
  seed: number,
  spend: number,
  shillSpend: number | undefined,
  ask: number,
): Reading & { readonly income: number } {
  const cast: readonly Cast[] = [
    { name: 'master', count: 1, upload, has: 'all', ask },
    { name: 'twin', count: 2, upload, has: 'all' },
    { name: 'buyer', count: 9, spend, ask: null, behaviour: { kind: 'taker' } },
    { name: 'free', count: 3, ask: null, behaviour: { kind: 'taker' } },
    ...(shillSpend === undefined ? [] : shillsOf(shillSpend)),
  ]
  const result = runArena({ seed, isMarket: true, cast, secondsMax: 600 })
  const [master] = peersOf(result, 'master')
  const twins = peersOf(result, 'twin')
  const buyers = peersOf(result, 'buyer')
  const own = sumOf(peersOf(result, ...shillSeconds.map(nameOf)), ({ spent }) => bttOf(spent))
  const paid = sumOf(buyers, ({ spent }) => bttOf(spent))
  return {
    income: bttOf(master?.revenue ?? '0') - own,
    twinIncome: sumOf(twins, ({ revenue }) => bttOf(revenue)) / twins.length,
    buyerSeconds: meanSeconds(result, 'buyer'),
    paidPerMib: paid / (sumOf(buyers, ({ receivedBytes }) => receivedBytes) / 1_048_576) / askBtt,
  }
}

/** Each sinks what it buys, which ends with the content: one comes after the other. */
const shillSeconds = [0, 40, 80, 120] as const

function shillsOf(spend: number): Cast[] {
  const terms = { count: 1, spend, ask: null, behaviour: { kind: 'shill', sellerClass: masterClass } } as const
  return shillSeconds.map((atSecond) => ({ ...terms, atSecond, name: nameOf(atSecond) }))
}

function nameOf(second: number): string {
  return `shill ${second}`
}
