/** How buying goes, in words: on the progress line, and at the end. */

import { formatBtt } from '@millrace/base'
import type { Purchase } from '@millrace/node'
import { formatBytes, formatDuration, formatRate } from './output.ts'

export type BuyingFacts = Partial<Purchase>

/** `paid 1.5 BTT  about 02:10 and 4.2 BTT in all`. Empty when nothing is bought. */
export function buyingDetail({ paid, estimate, deadline }: BuyingFacts): string {
  if (paid === undefined) return ''
  const parts = [`paid ${shortBtt(paid)} BTT`]
  if (estimate?.secondsLeft !== undefined) {
    parts.push(`about ${formatDuration(estimate.secondsLeft)} left, ${shortBtt(estimate.cost)} BTT in all`)
  }
  if (deadline?.notBefore !== undefined) parts.push(`not before ${clockTime(deadline.notBefore)} with this budget`)
  else if (deadline?.expected !== undefined && deadline.expected > deadline.by) {
    parts.push(`${lateBy(deadline.by, deadline.expected)} late`)
  }
  return `  ${parts.join('  ')}`
}

/** What was paid, what it was worth, and whether the time was kept: one line each. */
export function buyingSummary({ paid, paidBytes, benefit, deadline }: BuyingFacts): readonly string[] {
  if (paid === undefined) return []
  const lines = [`paid ${formatBtt(paid)} BTT for ${formatBytes(paidBytes ?? 0)}`]
  if (benefit !== undefined) lines.push(`benefit of paying: ${benefitText(benefit)}`)
  if (deadline?.met === true) lines.push(`done by ${clockTime(deadline.by)}: kept`)
  if (deadline?.met === false) {
    lines.push(`done by ${clockTime(deadline.by)}: ${lateBy(deadline.by, deadline.expected ?? deadline.by)} late`)
  }
  return lines
}

/** `+1.9 MiB/s to +2.4 MiB/s`, or `not known`. */
export function benefitText(benefit: NonNullable<BuyingFacts['benefit']>): string {
  if (!benefit.known) return 'not known'
  return `${signed(benefit.low)} to ${signed(benefit.high)}, from ${benefit.intervals} unpaid intervals`
}

function signed(bytesPerSecond: number): string {
  return `${bytesPerSecond < 0 ? '-' : '+'}${formatRate(Math.round(Math.abs(bytesPerSecond)))}`
}

/** Six decimals are enough for the eye. */
function shortBtt(amount: bigint): string {
  const step = 10n ** 12n
  return formatBtt((amount / step) * step)
}

function clockTime(iso: string): string {
  return new Date(iso).toLocaleTimeString(undefined, { hour12: false })
}

function lateBy(by: string, at: string): string {
  return formatDuration((Date.parse(at) - Date.parse(by)) / 1_000)
}
