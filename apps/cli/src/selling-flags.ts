/** The options by which upload is sold, while seeding or while downloading: the ask, the free share, and when to bill. */

import type { SellingOptions } from '@millrace/node'
import { type Command, Option } from 'commander'
import { type AskFlags, askOf, withAskFlags } from './ask-flags.ts'
import { parsePercent } from './parse-options.ts'

export interface SellingFlags extends AskFlags {
  readonly freeShare: number
  readonly bill: 'faster' | 'always'
  readonly market: boolean
  readonly rpc?: string
}

const freeSharePpmDefault = 150_000

/** Adds `--free-share`, `--bill` and the options of the ask. */
export function withSellingFlags(command: Command): Command {
  const priced = command
    .option('--free-share <percent>', 'part of the upload for who does not pay', parsePercent, freeSharePpmDefault)
    .addOption(
      new Option('--bill <when>', 'bill a bid when it buys more than it would get for nothing, or always')
        .choices(['faster', 'always'])
        .default('faster'),
    )
  return withAskFlags(priced)
}

/**
 * Undefined when nothing is to be sold.
 *
 * @throws UsageError when unit and feeds do not fit; FeedError for a feed that cannot be
 */
export function sellingTerms(flags: SellingFlags): SellingOptions | undefined {
  const ask = flags.market ? askOf(flags, flags.rpc) : undefined
  if (ask === undefined) return undefined
  return { ...ask, freeSharePpm: flags.freeShare, billAlways: flags.bill === 'always' }
}
