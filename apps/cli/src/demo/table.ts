/** The live picture of the demo: the seeder, and who gets what at which price. */

import { formatBtt } from '@millrace/base'
import { formatBytes, formatRate } from '../output.ts'
import { shortBtt, shortPercent, shortRate } from './amounts.ts'
import type { SellerProgress } from './events.ts'
import { alignedRows } from './grid.ts'
import { buyerOf, bytesWith, type LeecherWatch, type Watch } from './watch.ts'

/** Rates are shown over so long. */
const rateMilliseconds = 2_000
const barCells = 12
/** So that the table does not jump when a rate changes its unit: `1023.9 KiB/s`. */
const rateCells = 12
const header = ['leecher', 'bid/s', 'from seeder', 'share', 'price', 'billed', 'paid', 'credit', 'progress']

/** Lines of plain text; amounts in BTT, prices in BTT a MiB. */
export function liveTable(watch: Watch, seconds: number): string[] {
  const newest = watch.sellerReports.at(-1)
  if (newest === undefined) return [`starting ...   ${seconds.toFixed(0)} s`]
  const before = reportBefore(watch, newest)
  const rate = rateOf(newest.uploadedBytes - before.uploadedBytes, newest, before)
  const rows = watch.leechers.map((leecher) => rowOf(leecher, newest, before, rate))
  return [seederLine(watch, newest, rate, seconds), '', ...alignedRows([header, ...rows])]
}

/** One line for where there is no terminal. */
export function plainLine(watch: Watch, seconds: number): string {
  const parts = watch.leechers.map((leecher) => `${leecher.plan.name} ${Math.floor(100 * fractionOf(leecher))} %`)
  const newest = watch.sellerReports.at(-1)
  const uploaded = formatBytes(newest?.uploadedBytes ?? 0)
  const price = `price ${shortBtt(newest?.pricePerMiB, 2)} BTT/MiB`
  return `${seconds.toFixed(0)} s: seeder sent ${uploaded}, ${price}, earned ${shortBtt(newest?.earned)} BTT; ${parts.join(', ')}`
}

function seederLine(watch: Watch, newest: SellerProgress, rate: number, seconds: number): string {
  const limit = watch.scenario.uploadLimit
  const uploads = `uploads ${formatRate(rate)} of ${shortRate(limit)} (${shortPercent(Math.min(1, rate / limit))})`
  const price = `price ${shortBtt(newest.pricePerMiB, 2)}`
  return `seeder ${uploads}   ${price}   earned ${shortBtt(newest.earned)} BTT   ${seconds.toFixed(0)} s`
}

function rowOf(leecher: LeecherWatch, newest: SellerProgress, before: SellerProgress, all: number): string[] {
  const { plan, peerId } = leecher
  const rate = rateOf(
    bytesWith(newest, peerId, 'uploadedBytes') - bytesWith(before, peerId, 'uploadedBytes'),
    newest,
    before,
  )
  const buyer = buyerOf(newest, leecher)
  const books = buyer?.account === undefined ? undefined : newest.credits[buyer.account]
  const isServed = buyer !== undefined && leecher.doneAt === undefined
  const { billed = '0', paid = '0' } = leecher.result ?? leecher.newest ?? {}
  return [
    plan.name,
    plan.bid === 0n ? '-' : formatBtt(plan.bid),
    (isServed ? formatRate(rate) : '-').padStart(rateCells),
    isServed && all > 0 ? shortPercent(rate / all) : '-',
    isServed && buyer.awake ? shortBtt(buyer.billPricePerMiB, 2) : isServed ? 'free' : '-',
    shortBtt(billed),
    shortBtt(paid),
    isServed ? shortBtt(books?.credit) : '-',
    progressOf(leecher),
  ]
}

/** The newest report that is at least the rate's time old, or the oldest. */
function reportBefore({ sellerReports }: Watch, newest: SellerProgress): SellerProgress {
  return sellerReports.findLast(({ at }) => at <= newest.at - rateMilliseconds) ?? sellerReports[0] ?? newest
}

function rateOf(bytes: number, newest: SellerProgress, before: SellerProgress): number {
  return newest.at > before.at ? Math.max(0, (bytes * 1000) / (newest.at - before.at)) : 0
}

function fractionOf({ newest, doneAt }: LeecherWatch): number {
  if (doneAt !== undefined) return 1
  const { totalBytes, leftBytes } = newest ?? {}
  return totalBytes === undefined || leftBytes === undefined || totalBytes === 0 ? 0 : 1 - leftBytes / totalBytes
}

function progressOf(leecher: LeecherWatch): string {
  const fraction = fractionOf(leecher)
  const full = Math.round(fraction * barCells)
  const percent = leecher.doneAt === undefined ? `${Math.floor(100 * fraction)} %` : 'done'
  return `${'█'.repeat(full)}${'░'.repeat(barCells - full)} ${percent.padStart(5)}`
}
