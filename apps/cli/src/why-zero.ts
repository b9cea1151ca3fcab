/** Saying why nothing was earned: data for `--json`, one line for people. */

import { type SalesFacts, whyZero, type ZeroReason } from '@millrace/market'
import { printLine } from './output.ts'

/** The reasons where nothing was earned; undefined where something was. */
export function whyZeroOf(facts: SalesFacts, earned: bigint | undefined): readonly ZeroReason[] | undefined {
  return earned === undefined || earned === 0n ? whyZero(facts) : undefined
}

/** The first reason, and how many more there are. */
export function printWhyZero(reasons: readonly ZeroReason[] | undefined): void {
  const [first, ...more] = reasons ?? []
  if (first === undefined) return
  const rest = more.length === 0 ? '' : ` (and: ${more.map(({ code }) => code).join(', ')})`
  printLine(`why 0 (${first.code}): ${first.remedy}${rest}`)
}
