/** Amounts and rates as short as a table needs them. The exact ones are in the result of `--json`. */

import { oneBtt } from '@millrace/base'
import { formatRate } from '../output.ts'

/** BTT with so many decimals, cut off; a dash for nothing. */
export function shortBtt(baseUnits: string | bigint | undefined, decimals = 1): string {
  const amount = BigInt(baseUnits ?? 0)
  if (amount === 0n) return '-'
  const cut = 10n ** BigInt(decimals)
  const scaled = (amount * cut) / oneBtt
  return `${scaled / cut}.${(scaled % cut).toString().padStart(decimals, '0')}`
}

export function shortPercent(part: number): string {
  return `${(100 * part).toFixed(1)} %`
}

/** A limit that may be any number: `8 MiB/s`, not `8.0 MiB/s`. */
export function shortRate(bytesPerSecond: number): string {
  return formatRate(bytesPerSecond).replace('.0 ', ' ')
}
