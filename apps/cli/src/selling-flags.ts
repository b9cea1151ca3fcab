/** The options by which upload is sold, while seeding or while downloading: the ask, the free share, and when to bill. */

import { freeShareOn, type SellingOptions } from '@millrace/node'
import { type Command, Option } from 'commander'
import { type AskFlags, askOf, withAskFlags } from './ask-flags.ts'
import { warn } from './output.ts'
import { parsePercent } from './parse-options.ts'

export interface SellingFlags extends AskFlags {
  readonly freeShare?: number
  readonly bill: 'faster' | 'always'
  readonly market: boolean
  readonly rpc?: string
}

/** Adds `--free-share`, `--bill` and the options of the ask. */
export function withSellingFlags(command: Command): Command {
  const priced = command
    .option('--free-share <percent>', 'part of the upload for who does not pay; the chain says the usual', parsePercent)
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
 * @throws UsageError when unit and feeds do not fit; FeedError for a feed that cannot be; LedgerError
 */
export async function sellingTerms(flags: SellingFlags): Promise<SellingOptions | undefined> {
  const ask = flags.market ? askOf(flags, flags.rpc) : undefined
  if (ask === undefined) return undefined
  return { ...ask, ...(await freeShareTerms(flags)), billAlways: flags.bill === 'always' }
}

/** The free share that counts now and what was chosen, with a word to who chose what the chain does not allow. @throws LedgerError */
export async function freeShareTerms({
  rpc,
  freeShare,
}: Pick<SellingFlags, 'rpc' | 'freeShare'>): Promise<Pick<SellingOptions, 'freeSharePpm' | 'chosenFreeSharePpm'>> {
  const { ppm, bounds } = await freeShareOn(rpc, freeShare)
  if (freeShare !== undefined && ppm !== freeShare) {
    const [least, most] = [bounds.leastPpm, bounds.mostPpm].map((bound) => bound / ppmOfPercent)
    warn(`this chain allows a free share of ${least} to ${most} %: taking ${ppm / ppmOfPercent} %`)
  }
  return { freeSharePpm: ppm, chosenFreeSharePpm: freeShare }
}

const ppmOfPercent = 10_000
