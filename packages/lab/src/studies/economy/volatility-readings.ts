/** What the volatility study says of an hour. */

import { minBig } from '@millrace/base'
import { meanSeconds, mib, percent } from '../measuring.ts'
import type { Measure, Reading } from '../study.ts'
import { type Hour, limits, type StandsOn } from './hour.ts'
import type { SalesDiary, SalesSecond } from './sales-diary.ts'
import { hourSeconds } from './token-price.ts'

const gib = 1_024 * mib
export const windowMinutes = 5
const windowSeconds = windowMinutes * 60
const windows = hourSeconds / windowSeconds
/** The first question has been answered and the first buyers have come. */
const fromSecond = 5
const ppm = 1_000_000n
/** A middle of three feeds that stand 0.4 % apart. */
const slackPpm = 5_000n

export const measures: readonly Measure[] = [
  { key: 'stableUsd', title: 'asks dollars: a billed GiB', unit: 'USD', digits: 2 },
  { key: 'fixedUsd', title: 'asks BTT: a billed GiB', unit: 'USD', digits: 2 },
  { key: 'stableLow', title: 'asks dollars: its cheapest 5 min', unit: 'USD a GiB', digits: 2 },
  { key: 'fixedLow', title: 'asks BTT: its cheapest 5 min', unit: 'USD a GiB', digits: 2 },
  { key: 'stableIncome', title: 'asks dollars: billed in the hour', unit: 'USD', digits: 2 },
  { key: 'fixedIncome', title: 'asks BTT: billed in the hour', unit: 'USD', digits: 2 },
  { key: 'lastQuote', title: 'on its last quote', unit: '% of the time' },
  { key: 'freeOnly', title: 'sells nothing', unit: '% of the time' },
  { key: 'offPercent', title: 'billed at an ask more than 2.5 % off the truth of the second', unit: '% of its bytes' },
  { key: 'behindSeconds', title: 'oldest truth that it sold at', unit: 's', digits: 0 },
  { key: 'neverTrue', title: 'billed at an ask that was never true', unit: 'MiB', digits: 0 },
  { key: 'belowAsk', title: 'billed below the ask', unit: 'MiB', digits: 0 },
  { key: 'usdSeconds', title: 'bids dollars, done after', unit: 's' },
  { key: 'bttSeconds', title: 'bids BTT, done after', unit: 's' },
  { key: 'freeSeconds', title: 'pays nothing, done after', unit: 's' },
  { key: 'usdSpent', title: 'bids dollars, spends', unit: 'USD', digits: 3 },
  { key: 'bttSpent', title: 'bids BTT, spends', unit: 'USD', digits: 3 },
  ...['stable', 'fixed'].flatMap((kind) =>
    windowKeys(kind).map(
      (key, i): Measure => ({
        key,
        title: `${kind}: a GiB in minute ${i * windowMinutes} to ${(i + 1) * windowMinutes}`,
        unit: 'USD',
        isPlotted: true,
      }),
    ),
  ),
]

export function windowKeys(kind: string): readonly string[] {
  return Array.from({ length: windows }, (_, i) => `${kind} ${(i + 1) * windowMinutes}`)
}

export function readHour(hour: Hour): Reading {
  const { stable, fixed, phases, result } = hour
  const stableWindows = windowsOf(stable, hour)
  const fixedWindows = windowsOf(fixed, hour)
  return {
    stableUsd: usdPerGib(stable.seconds.entries(), hour),
    fixedUsd: usdPerGib(fixed.seconds.entries(), hour),
    stableLow: least(stableWindows),
    fixedLow: least(fixedWindows),
    stableIncome: incomeOf(stable, hour),
    fixedIncome: incomeOf(fixed, hour),
    lastQuote: partOf(phases, 'last-quote'),
    freeOnly: partOf(phases, 'free-only'),
    ...truthOf(hour),
    usdSeconds: meanSeconds(result, 'bids dollars'),
    bttSeconds: meanSeconds(result, 'bids BTT'),
    freeSeconds: meanSeconds(result, 'pays nothing'),
    usdSpent: spentBy('bids dollars', hour),
    bttSpent: spentBy('bids BTT', hour),
    ...named('stable', stableWindows),
    ...named('fixed', fixedWindows),
  }
}

/** How each billed byte of the seller in dollars stands to what a dollar was. */
function truthOf(hour: Hour): Reading {
  const { seconds } = hour.stable
  let [billed, off, never, below, behind] = [0, 0, 0, 0, 0]
  for (const [second, sale] of seconds.entries()) {
    const { billedBytes } = sale
    if (second < fromSecond || billedBytes === 0) continue
    billed += billedBytes
    // A quote is renewed once a second and travels: what was asked until two seconds ago may still be billed.
    const asks = seconds.slice(second - 2, second + 1).flatMap(({ ask }) => (ask === undefined ? [] : [ask]))
    const ages = asks.map((ask) => ageOf(ask, second, hour))
    const age = Math.min(...ages)
    if (age > 1) off += billedBytes
    if (age === Number.POSITIVE_INFINITY) never += billedBytes
    else behind = Math.max(behind, age)
    const [first = 0n] = asks
    const floor = asks.reduce((lowest, ask) => minBig(lowest, ask), first)
    // A block's bill is rounded down to the base unit.
    const blocks = BigInt(Math.ceil(billedBytes / 16_384))
    if ((sale.billed + blocks) * BigInt(mib) < floor * BigInt(billedBytes)) below += billedBytes
  }
  return {
    offPercent: percent(off, billed),
    behindSeconds: behind,
    neverTrue: never / mib,
    belowAsk: below / mib,
  }
}

/** Seconds since an ask was last right within the tolerance; infinite when it never was. */
function ageOf(ask: bigint, second: number, { trueAskAt }: Hour): number {
  for (let age = 0; age <= second; age++) if (isRight(ask, trueAskAt(second - age))) return age
  return Number.POSITIVE_INFINITY
}

function isRight(ask: bigint, truth: bigint): boolean {
  const [small, large] = ask < truth ? [ask, truth] : [truth, ask]
  return large * ppm <= small * (ppm + BigInt(limits.tolerancePpm) + slackPpm)
}

function windowsOf(diary: SalesDiary, hour: Hour): readonly (number | null)[] {
  const all = [...diary.seconds.entries()]
  return Array.from({ length: windows }, (_, i) =>
    usdPerGib(all.slice(i * windowSeconds, (i + 1) * windowSeconds).values(), hour),
  )
}

function usdPerGib(seconds: Iterable<readonly [number, SalesSecond]>, { usdOf }: Hour): number | null {
  let [usd, bytes] = [0, 0]
  for (const [second, { billed, billedBytes }] of seconds) {
    usd += usdOf(billed, second)
    bytes += billedBytes
  }
  return bytes === 0 ? null : usd / (bytes / gib)
}

function incomeOf({ seconds }: SalesDiary, { usdOf }: Hour): number {
  return seconds.reduce((sum, { billed }, second) => sum + usdOf(billed, second), 0)
}

function spentBy(name: string, { spentUsd, result }: Hour): number | null {
  const count = result.peers.filter((peer) => peer.class === name && peer.arrivedSecond !== null).length
  return count === 0 ? null : (spentUsd.get(name) ?? 0) / count
}

function partOf(phases: readonly StandsOn[], kind: StandsOn): number | null {
  return percent(phases.filter((phase) => phase === kind).length, phases.length)
}

function least(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : Math.min(...known)
}

function named(kind: string, values: readonly (number | null)[]): Reading {
  return Object.fromEntries(windowKeys(kind).map((key, i) => [key, values[i] ?? null]))
}
