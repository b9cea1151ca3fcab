/** Progress of a running transfer: events for programs, a line for people. */

import { formatBtt } from '@millrace/base'
import type { Purchase, StableAskView, TransferReport } from '@millrace/node'
import { buyingDetail } from './buying-lines.ts'
import { formatBytes, formatRate, type OutputFlags, outputMode, printEvent } from './output.ts'
import { progressLine } from './progress.ts'

const reportMilliseconds = 250
/** Reports over which the shown rate is taken. */
const rateReports = 12

type Reported = TransferReport &
  Partial<Purchase> & { readonly earned?: bigint; readonly stableAsk?: StableAskView | undefined }

/** Starts reporting; answers how to end it. */
export function reportEvery(flags: OutputFlags, name: string, report: () => Reported): () => void {
  const mode = outputMode(flags)
  if (mode === 'json') return () => {}
  const line = progressLine(name, mode)
  const recent: { readonly at: number; readonly down: number; readonly up: number }[] = []
  const timer = setInterval(() => {
    const now = report()
    if (mode === 'jsonl') return printEvent('progress', { at: performance.timeOrigin + performance.now(), ...now })
    recent.push({ at: performance.now(), down: now.receivedBytes, up: now.uploadedBytes })
    if (recent.length > rateReports) recent.shift()
    line.update(fractionOf(now), detailOf(now, recent))
  }, reportMilliseconds)
  return () => {
    clearInterval(timer)
    line.end()
  }
}

function fractionOf(report: Reported): number {
  const { totalBytes, leftBytes } = report
  return totalBytes === undefined || leftBytes === undefined || totalBytes === 0 ? 0 : 1 - leftBytes / totalBytes
}

function detailOf(report: Reported, recent: readonly { at: number; down: number; up: number }[]): string {
  const [first] = recent
  const last = recent.at(-1)
  const seconds = first && last ? Math.max(0.001, (last.at - first.at) / 1000) : 1
  const down = first && last ? (last.down - first.down) / seconds : 0
  const up = first && last ? (last.up - first.up) / seconds : 0
  const peers = report.sources.filter((source) => source.isConnected).length
  const earned = report.earned !== undefined ? `  earned ${formatBtt(report.earned)} BTT` : ''
  const ask = report.stableAsk === undefined ? '' : `  ${stateOf(report.stableAsk)}`
  return `${formatBytes(report.bytes)}  ↓ ${formatRate(down)}  ↑ ${formatRate(up)}  ${peers} peers${buyingDetail(report)}${earned}${ask}`
}

/** `0.02 USD/GiB = 16.2 BTT/MiB, fresh`, or why nothing is sold. */
function stateOf({ ask, askPerMiB, state, why }: StableAskView): string {
  const price = askPerMiB === undefined ? ask : `${ask} = ${formatBtt(askPerMiB)} BTT/MiB`
  return `${price}, ${state}${why === undefined ? '' : `: ${why}`}`
}
