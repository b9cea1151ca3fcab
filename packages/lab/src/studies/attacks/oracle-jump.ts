/** Feeds that lie, glitch, fall silent or tell of a real crash, and what a seller with a stable ask quotes meanwhile. */

import { bttOf, meanSeconds, peersOf } from '../measuring.ts'
import type { Reading, Study } from '../study.ts'
import { type Cast, runArena } from './arena.ts'
import { type AskDiary, type FeedScript, inLine, stableSeller } from './stable-seller.ts'

/** When the trouble begins and ends. */
const fromSecond = 30
const untilSecond = 60
const tenth = { times: 1, over: 10 } as const
const tenfold = { times: 10, over: 1 } as const
const isTrouble = (second: number): boolean => second >= fromSecond && second < untilSecond

const asTrue: FeedScript = () => inLine
const crash: FeedScript = (_, second) => (second >= fromSecond ? tenth : inLine)

const cases: readonly { readonly name: string; readonly script: FeedScript; readonly truth?: FeedScript }[] = [
  { name: 'all well', script: asTrue },
  // A lower rate makes a dearer ask: what a seller would gain by.
  { name: 'one of three says a tenth', script: (feed, second) => (feed === 0 && isTrouble(second) ? tenth : inLine) },
  { name: 'one of three says tenfold', script: (feed, second) => (feed === 0 && isTrouble(second) ? tenfold : inLine) },
  {
    name: 'one lies, one is silent',
    script: (feed, second) => (!isTrouble(second) || feed === 2 ? inLine : feed === 0 ? tenth : undefined),
  },
  { name: 'all say a tenth for 1 s', script: (_, second) => (second === fromSecond ? tenth : inLine) },
  { name: 'two of three say a tenth', script: (feed, second) => (feed < 2 && isTrouble(second) ? tenth : inLine) },
  { name: 'all silent', script: (_, second) => (isTrouble(second) ? undefined : inLine) },
  { name: 'a true crash to a tenth', script: crash, truth: crash },
]

export const oracleJump: Study = {
  name: 'oracle-jump',
  title: 'Oracle jump: a seller with an ask in dollars whose feeds are in trouble from second 30 to 60',
  source: 'the limits of the stable ask: median, age, jump, tolerance, hold',
  arms: cases.map(({ name }) => name),
  measures: [
    { key: 'wrongSeconds', title: 'ask more than 2 % off the truth', unit: 's', digits: 0 },
    { key: 'worstAsk', title: 'dearest ask', unit: 'x truth', digits: 2 },
    { key: 'cheapestAsk', title: 'cheapest ask', unit: 'x truth', digits: 2 },
    { key: 'closedSeconds', title: 'sold nothing', unit: 's', digits: 0 },
    { key: 'income', title: 'seller earns', unit: 'BTT' },
    { key: 'profit', title: 'profit: more than a twin with a fixed ask', unit: '%' },
    { key: 'buyerSeconds', title: 'buyers', unit: 's' },
  ],
  headline: 'worstAsk',
  seedsDefault: 3,
  run: (seed) =>
    Object.fromEntries(cases.map(({ name, script, truth }) => [name, read(seed, script, truth ?? asTrue)])),
}

function read(seed: number, script: FeedScript, truth: FeedScript): Reading {
  const diary: AskDiary = { asks: [], trueAsks: [] }
  const cast: readonly Cast[] = [
    { name: 'stable', count: 1, upload: 512, has: 'all', behaviour: { kind: 'stable-seller' } },
    { name: 'fixed', count: 1, upload: 512, has: 'all' },
    { name: 'buyer', count: 6, spend: 4, ask: null, behaviour: { kind: 'taker' } },
    { name: 'free', count: 4, ask: null, behaviour: { kind: 'taker' } },
  ]
  const behaviours = { 'stable-seller': () => stableSeller(script, truth, diary) }
  const result = runArena({ seed, isMarket: true, cast, behaviours })
  // The first second's ask is the scenario's: the feeds were not read yet.
  const quotes = diary.asks.slice(1).map((ask, i) => ({ ask, truth: diary.trueAsks[i + 1] ?? 1n }))
  const ratios = quotes.flatMap(({ ask, truth: right }) => (ask === undefined ? [] : [Number(ask) / Number(right)]))
  const income = (name: string): number => bttOf(peersOf(result, name)[0]?.revenue ?? '0')
  return {
    wrongSeconds: ratios.filter((ratio) => Math.abs(ratio - 1) > 0.0201).length,
    worstAsk: Math.max(...ratios),
    cheapestAsk: Math.min(...ratios),
    closedSeconds: quotes.filter(({ ask }) => ask === undefined).length,
    income: income('stable'),
    profit: 100 * (income('stable') / income('fixed') - 1),
    buyerSeconds: meanSeconds(result, 'buyer'),
  }
}
