/** What the demo has seen so far: every report of the seller, the newest of each leecher, and when each was done. */

import type { LeecherProgress, LeecherReport, SellerProgress, SellerReport } from './events.ts'
import type { LeecherPlan, Scenario } from './scenario.ts'

export interface LeecherWatch {
  readonly plan: LeecherPlan
  /** 40 hex digits, once it listens. */
  peerId: string | undefined
  newest: LeecherProgress | undefined
  /** When a report said first that nothing is missing, in milliseconds since 1970. */
  doneAt: number | undefined
  result: LeecherReport | undefined
}

export interface Watch {
  readonly scenario: Scenario
  readonly leechers: readonly LeecherWatch[]
  readonly sellerReports: SellerProgress[]
  sellerPeerId: string | undefined
  sellerResult: SellerReport | undefined
}

export function openWatch(scenario: Scenario): Watch {
  const leechers = scenario.leechers.map((plan): LeecherWatch => {
    return { plan, peerId: undefined, newest: undefined, doneAt: undefined, result: undefined }
  })
  return { scenario, leechers, sellerReports: [], sellerPeerId: undefined, sellerResult: undefined }
}

export function noteLeecher(watch: LeecherWatch, report: LeecherProgress): void {
  watch.newest = report
  if (report.leftBytes === 0) watch.doneAt ??= report.at
}

/** The last words of a leecher that has everything: without money it ends at once, before another report. */
export function noteResult(watch: LeecherWatch, result: LeecherReport, at: number): void {
  watch.result = result
  watch.doneAt ??= at
}

/** Bytes that the report's own peer got from, or verified of, the peer with this id; over all its connections. */
export function bytesWith(
  report: Pick<LeecherReport, 'sources'> | undefined,
  peerId: string | undefined,
  field: 'verifiedBytes' | 'receivedBytes' | 'uploadedBytes',
): number {
  const sources = report?.sources.filter((source) => source.peerId === peerId) ?? []
  return sources.reduce((sum, source) => sum + source[field], 0)
}

/** What the seller's market says of a leecher's newest connection. */
export function buyerOf(report: SellerReport, leecher: LeecherWatch): SellerReport['buyers'][number] | undefined {
  const ids = new Set(report.sources.filter(({ peerId }) => peerId === leecher.peerId).map(({ id }) => id))
  return report.buyers.findLast(({ peer }) => ids.has(peer))
}
