/** What the supply study says of a run. */

import { mean } from '../../report/statistics.ts'
import type { LabResult } from '../../result.ts'
import { bttOf, mib, peersOf, percent, ratio, sumOf } from '../measuring.ts'
import type { Measure, Reading } from '../study.ts'
import { askBtt, buyerClasses, earnerClass, endSecond, rushFromSecond, rushUntilSecond } from './rush.ts'
import type { SalesDiary } from './sales-diary.ts'

const minutes = endSecond / 60
/** Before: this long before the rush. Early and late: of its beginning and its end. */
const beforeSeconds = 300
const lateSeconds = 600
/** The price counts as back when it is no more than so many times the ask. */
const backTimes = 2

export const measures: readonly Measure[] = [
  { key: 'seedsBefore', title: 'seeds before' },
  { key: 'seedsMost', title: 'seeds at most', digits: 0 },
  { key: 'seedsLate', title: 'seeds in the last 10 min of the rush' },
  { key: 'halfSeconds', title: 'half of those more were there after', unit: 's', digits: 0 },
  { key: 'seedsEnd', title: 'seeds 10 min after' },
  { key: 'priceBefore', title: 'price before', unit: 'x ask', digits: 2 },
  { key: 'pricePeak', title: 'dearest minute', unit: 'x ask', digits: 2 },
  { key: 'priceLate', title: 'price in the last 10 min', unit: 'x ask', digits: 2 },
  { key: 'backSeconds', title: 'back below twice the ask after', unit: 's', digits: 0 },
  { key: 'secondsBefore', title: 'buyers before, done after', unit: 's' },
  { key: 'secondsEarly', title: 'of the first 10 min of the rush', unit: 's' },
  { key: 'secondsLate', title: 'of its last 10 min', unit: 's' },
  { key: 'done', title: 'buyers of the rush that were done', unit: '%' },
  { key: 'came', title: 'came at all', digits: 0 },
  { key: 'earned', title: 'who came earned, less what it paid', unit: 'x of elsewhere', digits: 2 },
  ...['price', 'seeds'].flatMap((kind) =>
    minuteKeys(kind).map((key, i): Measure => ({ key, title: `${kind} in minute ${i + 1}`, isPlotted: true })),
  ),
]

export function minuteKeys(kind: string): readonly string[] {
  return Array.from({ length: minutes }, (_, i) => `${kind} ${i + 1}`)
}

export interface RushView {
  readonly result: LabResult
  /** Of all sellers together. */
  readonly diary: SalesDiary
  readonly seedsBySecond: readonly number[]
  /** BTT a second that an earner would have had where it was. */
  outsideOf(id: number): number
}

export function readRush(view: RushView): Reading {
  const { seedsBySecond } = view
  const priceBetween = (from: number, until: number): number => priceIn(view, from, until)
  const prices = Array.from({ length: minutes }, (_, i) => priceBetween(i * 60, (i + 1) * 60))
  const seeds = (from: number, until: number): number => mean(seedsBySecond.slice(from, until)) ?? 0
  const lateFrom = rushUntilSecond - lateSeconds
  const [before, late] = [seeds(rushFromSecond - beforeSeconds, rushFromSecond), seeds(lateFrom, rushUntilSecond)]
  const priceBefore = priceBetween(rushFromSecond - beforeSeconds, rushFromSecond)
  const rushPrices = prices.slice(rushFromSecond / 60, rushUntilSecond / 60)
  return {
    seedsBefore: before,
    seedsMost: Math.max(...seedsBySecond.slice(rushFromSecond, rushUntilSecond)),
    seedsLate: late,
    halfSeconds: late < before + 1 ? null : secondsUntil(seedsBySecond, (before + late) / 2),
    seedsEnd: seeds(endSecond - 60, endSecond),
    priceBefore,
    pricePeak: Math.max(...rushPrices),
    priceLate: priceBetween(lateFrom, rushUntilSecond),
    backSeconds: backAfter(rushPrices),
    secondsBefore: buyersOf(view, rushFromSecond - beforeSeconds, rushFromSecond),
    secondsEarly: buyersOf(view, rushFromSecond, rushFromSecond + lateSeconds),
    secondsLate: buyersOf(view, lateFrom, rushUntilSecond),
    ...rushOf(view),
    earned: earnedOf(view),
    ...Object.fromEntries(minuteKeys('price').map((key, i) => [key, prices[i] ?? null])),
    ...Object.fromEntries(minuteKeys('seeds').map((key, i) => [key, seedsBySecond[(i + 1) * 60 - 1] ?? null])),
  }
}

/** Mean of all billed bytes, as a multiple of the ask; the ask itself while all bids sleep and nothing is billed. */
function priceIn({ diary, result }: RushView, from: number, until: number): number {
  const part = diary.seconds.slice(from, until)
  const billed = part.reduce((sum, second) => sum + second.billed, 0n)
  const bytes = part.reduce((sum, second) => sum + second.billedBytes, 0)
  const mebibytes = (bytes * result.scenario.blocksPerUnit) / mib
  return bytes === 0 ? 1 : bttOf(billed) / mebibytes / askBtt
}

function secondsUntil(seedsBySecond: readonly number[], count: number): number {
  const second = seedsBySecond.findIndex((seeds, at) => at >= rushFromSecond && seeds >= count)
  return second - rushFromSecond
}

/** Seconds from the start of the rush to the end of the first minute after its dearest that is no dearer than `backTimes`. */
function backAfter(prices: readonly number[]): number | null {
  const peak = prices.indexOf(Math.max(...prices))
  const back = prices.findIndex((price, minute) => minute > peak && price <= backTimes)
  return back < 0 ? null : (back + 1) * 60
}

function buyersOf({ result }: RushView, from: number, until: number): number | null {
  const buyers = peersOf(result, ...buyerClasses).filter(
    ({ arrivedSecond }) => arrivedSecond !== null && arrivedSecond >= from && arrivedSecond < until,
  )
  // Who gave up counts with nothing: how many those were is said beside it.
  return mean(buyers.flatMap(({ downloadSeconds }) => downloadSeconds ?? [])) ?? null
}

function rushOf({ result }: RushView): Reading {
  const buyers = peersOf(result, ...buyerClasses).filter(
    ({ arrivedSecond: at }) => at !== null && at >= rushFromSecond && at < rushUntilSecond,
  )
  const done = buyers.filter(({ downloadSeconds }) => downloadSeconds !== null).length
  const came = peersOf(result, earnerClass).filter(({ arrivedSecond }) => arrivedSecond !== null).length
  return { done: percent(done, buyers.length), came }
}

/** What those that came earned while they were there, fetching included, of what they would have had elsewhere. */
function earnedOf({ result, outsideOf }: RushView): number | null {
  const came = peersOf(result, earnerClass).filter(({ arrivedSecond }) => arrivedSecond !== null)
  const stayed = (arrived: number | null, left: number | null): number => (left ?? result.endedSecond) - (arrived ?? 0)
  const here = sumOf(came, ({ revenue, spent }) => bttOf(revenue) - bttOf(spent))
  const there = sumOf(came, (it) => outsideOf(it.id) * stayed(it.arrivedSecond, it.leftSecond))
  return came.length === 0 ? null : ratio(here, there)
}
