/** Sellers that agree on four times the ask: what it earns them, and those who did not join. */

import { bttOf, meanSeconds, peersOf, sumOf } from '../measuring.ts'
import type { Reading, Study } from '../study.ts'
import { askBtt, type Cast, runArena } from './arena.ts'

const sellers = 4
const fixedAsk = 4 * askBtt

export const priceFixing: Study = {
  name: 'price-fixing',
  title: 'Price fixing: of four equal sellers so many ask four times as much',
  source: 'the ask is the reserve: competition has to hold it down',
  arms: Array.from({ length: sellers + 1 }, (_, count) => `${count} of ${sellers}`),
  measures: [
    { key: 'memberIncome', title: 'a member earns', unit: 'BTT' },
    { key: 'otherIncome', title: 'another seller earns', unit: 'BTT' },
    { key: 'profit', title: 'profit: a member, more than with no agreement', unit: '%' },
    { key: 'buyerSeconds', title: 'buyers', unit: 's' },
    { key: 'buyerCost', title: 'a buyer pays', unit: 'BTT' },
    { key: 'freeSeconds', title: 'who pays nothing', unit: 's' },
  ],
  headline: 'profit',
  seedsDefault: 5,
  run(seed) {
    const readings: Record<string, Reading> = {}
    let honest = 0
    for (let members = 0; members <= sellers; members++) {
      const reading = read(seed, members)
      if (members === 0) honest = reading.otherIncome ?? 0
      const { memberIncome } = reading
      const profit = memberIncome === null ? null : 100 * (memberIncome / honest - 1)
      readings[`${members} of ${sellers}`] = { ...reading, profit }
    }
    return readings
  },
}

function read(
  seed: number,
  members: number,
): Reading & { readonly memberIncome: number | null; readonly otherIncome: number | null } {
  const cast: readonly Cast[] = [
    { name: 'member', count: members, upload: 384, has: 'all', ask: fixedAsk },
    { name: 'other', count: sellers - members, upload: 384, has: 'all' },
    { name: 'buyer', count: 8, spend: 4, ask: null, behaviour: { kind: 'taker' } },
    { name: 'free', count: 8, ask: null, behaviour: { kind: 'taker' } },
  ]
  const result = runArena({ seed, isMarket: true, cast })
  const income = (name: string, count: number): number | null =>
    count === 0 ? null : sumOf(peersOf(result, name), ({ revenue }) => bttOf(revenue)) / count
  const buyers = peersOf(result, 'buyer')
  return {
    memberIncome: income('member', members),
    otherIncome: income('other', sellers - members),
    buyerSeconds: meanSeconds(result, 'buyer'),
    buyerCost: sumOf(buyers, ({ spent }) => bttOf(spent)) / buyers.length,
    freeSeconds: meanSeconds(result, 'free'),
  }
}
