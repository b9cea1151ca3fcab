/** The options by which a person says what a download may cost and by when it is to be done. */

import type { Btt } from '@millrace/base'
import type { BuyingTerms } from '@millrace/node'
import type { Command } from 'commander'
import { parseDoneBy } from './done-by.ts'
import { UsageError } from './exit-codes.ts'
import { parseAmount, parseWhole } from './parse-options.ts'

export interface BuyingFlags {
  readonly bid?: Btt
  readonly maxPrice?: Btt
  readonly budget?: Btt
  readonly doneBy?: Date
  readonly measure?: number
  readonly prepay?: Btt
  readonly downloadLimit?: number
}

const measurePercentMax = 50

/** Adds `--budget`, `--max-price`, `--bid`, `--done-by`, `--measure` and `--prepay`. */
export function withBuyingFlags(command: Command): Command {
  return command
    .option('--budget <btt>', 'buy speed, and never spend more than this', parseAmount)
    .option('--max-price <btt>', 'never pay more a MiB; absent, what the budget suggests', parseAmount)
    .option('--done-by <time>', 'spend as little as gets it done by then: 18:30, 20m, an ISO time', (text) =>
      parseDoneBy(text, new Date()),
    )
    .option('--bid <btt>', 'pay so many BTT a second; with --done-by at most so many', parseAmount)
    .option('--measure <percent>', 'time that may go unpaid to measure what paying is worth; 0 for never', parseWhole)
    .option('--prepay <btt>', 'first voucher to a seller; chosen by price when absent, 0 for none', parseAmount)
}

/** Any of them asks to buy; `buyingTerms` says what is missing. */
export function wantsToBuy({ bid, budget, doneBy }: BuyingFlags): boolean {
  return bid !== undefined || budget !== undefined || doneBy !== undefined
}

/** @throws UsageError without a budget, or when the part for measuring is above a half */
export function buyingTerms(flags: BuyingFlags): BuyingTerms {
  const { bid, maxPrice, budget, doneBy, measure, prepay, downloadLimit } = flags
  if (budget === undefined) throw new UsageError('buying needs --budget: the most that it may cost in all')
  if (measure !== undefined && measure > measurePercentMax) {
    throw new UsageError(`--measure is a percentage up to ${measurePercentMax}: the rest of the time is paid for`)
  }
  return {
    budget,
    priceMaxPerMiB: maxPrice,
    spendRatePerSecond: bid,
    doneByMs: doneBy && doneBy.getTime() - performance.timeOrigin,
    lineBytesPerSecond: downloadLimit,
    measurePercent: measure,
    prepayment: prepay,
  }
}
