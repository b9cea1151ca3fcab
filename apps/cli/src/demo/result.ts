/** What the demo came to, as data: the object that `--json` prints. Amounts are decimal strings in base units. */

import { formatBtt } from '@millrace/base'
import type { Audit } from './audit.ts'
import { type Contended, contendedPart } from './contended.ts'
import type { SellerProgress } from './events.ts'
import { bytesWith, type LeecherWatch, type Watch } from './watch.ts'

export interface LeecherResult {
  readonly name: string
  /** BTT, not base units. */
  readonly bidBttPerSecond: string
  readonly uploadLimit: number
  /** Payload of verified pieces, and of that from the seeder. */
  readonly bytes: number
  readonly bytesFromSeeder: number
  readonly paidBytes: number
  readonly seconds: number
  readonly billed: string
  /** What its vouchers promised in the end; above `billed` by what was paid ahead. */
  readonly vouchers: string
  readonly voucherCount: number
  /** Bytes a second from the seeder, of both classes, as a multiple of the free leecher's under contention. */
  readonly speedupOverFree: number | null
}

export interface DemoResult {
  readonly seeder: {
    readonly uploadLimit: number
    readonly uploadedBytes: number
    readonly billed: string
    readonly earned: string
    readonly cashed: string
  }
  /** Uploaded bytes over limit x time, while anybody wanted bytes. */
  readonly utilisation: number
  readonly leechers: readonly LeecherResult[]
  readonly chain: Omit<Audit, 'differences'>
  /** While every leecher wanted bytes and every bid was in force; null when that time never came. */
  readonly contended: Contended | null
}

/** The result of a run whose processes have all ended. */
export function resultOf(watch: Watch, audit: Audit): DemoResult {
  const seeder = watch.sellerResult
  const contended = contendedPart(watch) ?? null
  const { deposited, balances, paidOut, withdrawn, imbalance } = audit
  return {
    seeder: {
      uploadLimit: watch.scenario.uploadLimit,
      uploadedBytes: seeder?.uploadedBytes ?? 0,
      billed: seeder?.billed ?? '0',
      earned: seeder?.earned ?? '0',
      cashed: seeder?.cashed ?? '0',
    },
    utilisation: utilisationOf(watch),
    leechers: watch.leechers.map((leecher) => leecherResult(leecher, watch, contended)),
    chain: { deposited, balances, paidOut, withdrawn, imbalance },
    contended,
  }
}

function leecherResult(leecher: LeecherWatch, watch: Watch, contended: Contended | null): LeecherResult {
  const { plan, result } = leecher
  return {
    name: plan.name,
    bidBttPerSecond: formatBtt(plan.bid),
    uploadLimit: plan.uploadLimit,
    bytes: result?.bytes ?? 0,
    bytesFromSeeder: bytesWith(result, watch.sellerPeerId, 'verifiedBytes'),
    paidBytes: result?.paidBytes ?? 0,
    seconds: result?.seconds ?? 0,
    billed: result?.billed ?? '0',
    vouchers: result?.paid ?? '0',
    voucherCount: result?.vouchers ?? 0,
    speedupOverFree: speedupOf(plan.name, contended),
  }
}

function speedupOf(name: string, contended: Contended | null): number | null {
  const bytesOf = (wanted: string): number => {
    const found = contended?.leechers.find((leecher) => leecher.name === wanted)
    return found === undefined ? 0 : found.paidBytes + found.freeBytes
  }
  const free = bytesOf('free')
  return free === 0 ? null : rounded(bytesOf(name) / free)
}

/** From the first report after the first byte to the last before the last leecher was done. */
export function utilisationOf({ sellerReports, leechers, scenario }: Watch): number {
  const lastDone = Math.max(...leechers.map(({ doneAt }) => doneAt ?? Number.POSITIVE_INFINITY))
  const wanted = sellerReports.filter(({ at, uploadedBytes }) => uploadedBytes > 0 && at <= lastDone)
  const first = wanted[0]
  const last = wanted.at(-1)
  if (first === undefined || last === undefined || first === last) return 0
  return rounded(uploadedBetween(first, last) / (scenario.uploadLimit * ((last.at - first.at) / 1000)))
}

function uploadedBetween(first: SellerProgress, last: SellerProgress): number {
  return last.uploadedBytes - first.uploadedBytes
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4
}
