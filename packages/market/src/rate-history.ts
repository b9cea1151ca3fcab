/** The last seconds of a download, second by second: what came and what was billed, in all and from each seller. */

import type { AgentView } from './buyer-view.ts'

interface Sums {
  readonly received: number
  readonly billed: number
}

interface Entry {
  readonly atMs: number
  readonly total: Sums
  readonly sellers: ReadonlyMap<string, Sums>
}

export type RateHistory = readonly Entry[]

export interface Window {
  readonly fromMs: number
  readonly toMs: number
}

const entriesMax = 90

export function noteView(history: RateHistory, view: AgentView): RateHistory {
  const sellers = new Map(
    view.sellers.map(({ id, receivedBytes, billedBytes }) => [id, { received: receivedBytes, billed: billedBytes }]),
  )
  const entry = { atMs: view.nowMs, total: { received: view.receivedBytes, billed: view.billedBytes }, sellers }
  return [...history, entry].slice(-entriesMax)
}

/** Bytes a second of a window, in all or of one seller; undefined where the history does not reach. */
export function rateIn(history: RateHistory, window: Window, kind: keyof Sums, seller?: string): number | undefined {
  const from = sumAt(history, window.fromMs, kind, seller)
  const to = sumAt(history, window.toMs, kind, seller)
  if (from === undefined || to === undefined || window.toMs <= window.fromMs) return undefined
  return (Math.max(0, to - from) * 1_000) / (window.toMs - window.fromMs)
}

/** The rate of the newest `milliseconds`, or of as much as there is; undefined before two entries. */
export function recentRate(history: RateHistory, milliseconds: number, kind: keyof Sums, seller?: string) {
  const toMs = history.at(-1)?.atMs ?? 0
  const known = seller === undefined ? history : history.filter(({ sellers }) => sellers.has(seller))
  const fromMs = Math.max(known[0]?.atMs ?? toMs, toMs - milliseconds)
  return rateIn(history, { fromMs, toMs }, kind, seller)
}

/** The mean rates of whole blocks of `milliseconds`, the newest first: what an estimate's range is taken from. */
export function blockRates(history: RateHistory, milliseconds: number, kind: keyof Sums): readonly number[] {
  const rates: number[] = []
  for (let toMs = history.at(-1)?.atMs ?? 0; ; toMs -= milliseconds) {
    const rate = rateIn(history, { fromMs: toMs - milliseconds, toMs }, kind)
    if (rate === undefined) return rates
    rates.push(rate)
  }
}

/** A sum at a time between two entries, on the line between them. */
function sumAt(history: RateHistory, atMs: number, kind: keyof Sums, seller?: string): number | undefined {
  const after = history.findIndex((entry) => entry.atMs >= atMs)
  const [upper, lower] = [history[after], history[after - 1]]
  const high = upper && sumOf(upper, kind, seller)
  if (upper === undefined || high === undefined || upper.atMs === atMs) return high
  const low = lower && sumOf(lower, kind, seller)
  if (lower === undefined || low === undefined) return undefined
  return low + ((high - low) * (atMs - lower.atMs)) / (upper.atMs - lower.atMs)
}

function sumOf(entry: Entry, kind: keyof Sums, seller: string | undefined): number | undefined {
  return seller === undefined ? entry.total[kind] : entry.sellers.get(seller)?.[kind]
}
