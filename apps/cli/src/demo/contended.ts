/**
 * The part of the run that shows the market: every leecher wants bytes, and every bid is in force. It begins with the
 * first epoch after which all bids have stayed awake and the price has come to rest, and ends with the last epoch before
 * the first leecher was done. Measured at the seller's epochs, since its counts by class are taken there.
 */

import type { SellerProgress } from './events.ts'
import { buyerOf, type LeecherWatch, type Watch } from './watch.ts'

/** The price has come to rest when the next epoch's is within this part of it. */
const restPart = 0.05
/** Fewer epochs than this show nothing. */
const epochsMin = 2

export interface ContendedLeecher {
  readonly name: string
  readonly paidBytes: number
  readonly freeBytes: number
  /** Part of the window in which its bid was awake. */
  readonly awakePart: number
  /** Bytes a second that it would have had without its bid, as the market reckons: mean of the window. */
  readonly freeLevel: number
}

export interface Contended {
  readonly seconds: number
  readonly uploadedBytes: number
  readonly leechers: readonly ContendedLeecher[]
}

/** An epoch of the seller: each leecher's counts by name. */
interface Epoch {
  readonly at: number
  readonly price: number
  readonly rows: readonly Row[]
}

interface Row {
  readonly name: string
  readonly bids: boolean
  readonly awake: boolean
  readonly paidBytes: number
  readonly freeBytes: number
  readonly freeLevel: number
}

/** Undefined when there was no such time: the content was too small, or a bid never woke. */
export function contendedPart(watch: Watch): Contended | undefined {
  const firstDone = Math.min(...watch.leechers.map(({ doneAt }) => doneAt ?? Number.POSITIVE_INFINITY))
  const epochs = epochsOf(watch).filter(({ at }) => at < firstDone)
  const from = epochs.findIndex((epoch, i) => isSettled(epoch, epochs[i + 1]))
  const window = from < 0 ? [] : epochs.slice(from)
  const [first] = window
  const last = window.at(-1)
  if (first === undefined || last === undefined || window.length < epochsMin) return undefined
  const leechers = last.rows.map((row, i): ContendedLeecher => {
    const start = first.rows[i]
    const own = window.slice(1).flatMap(({ rows }) => rows[i] ?? [])
    return {
      name: row.name,
      paidBytes: row.paidBytes - (start?.paidBytes ?? 0),
      freeBytes: row.freeBytes - (start?.freeBytes ?? 0),
      awakePart: own.filter(({ awake }) => awake).length / own.length,
      freeLevel: own.reduce((sum, { freeLevel }) => sum + freeLevel, 0) / own.length,
    }
  })
  const uploadedBytes = leechers.reduce((sum, { paidBytes, freeBytes }) => sum + paidBytes + freeBytes, 0)
  return { seconds: (last.at - first.at) / 1000, uploadedBytes, leechers }
}

/** The first report of each epoch with every leecher connected: the counts go on between, the price does not. */
function epochsOf({ sellerReports, leechers }: Watch): Epoch[] {
  const epochs: Epoch[] = []
  const counts: Counts = new Map()
  let before = 0
  for (const report of sellerReports) {
    for (const { peer, paidBytes, freeBytes } of report.buyers) counts.set(peer, { paidBytes, freeBytes })
    if (report.epochs === before) continue
    before = report.epochs
    const rows = leechers.flatMap((leecher) => rowOf(report, leecher, counts) ?? [])
    if (rows.length === leechers.length) epochs.push({ at: report.at, price: Number(report.pricePerMiB), rows })
  }
  return epochs
}

/** What the seller sent over each connection, those that are gone included. */
type Counts = Map<number, { readonly paidBytes: number; readonly freeBytes: number }>

function rowOf(report: SellerProgress, leecher: LeecherWatch, counts: Counts): Row | undefined {
  const buyer = buyerOf(report, leecher)
  if (buyer === undefined) return undefined
  const own = report.sources.filter(({ peerId }) => peerId === leecher.peerId).map(({ id }) => counts.get(id))
  return {
    name: leecher.plan.name,
    bids: leecher.plan.bid > 0n,
    awake: buyer.awake,
    paidBytes: own.reduce((sum, count) => sum + (count?.paidBytes ?? 0), 0),
    freeBytes: own.reduce((sum, count) => sum + (count?.freeBytes ?? 0), 0),
    freeLevel: buyer.freeLevel,
  }
}

function isSettled(epoch: Epoch, next: Epoch | undefined): boolean {
  const isQuiet = next !== undefined && Math.abs(next.price - epoch.price) <= restPart * epoch.price
  return isQuiet && epoch.rows.every(({ bids, awake }) => awake === bids)
}
