/** The options by which a seller names its ask: in BTT, or in another unit with the feeds that say what a BTT is worth. */

import { askAt, isInBtt, parseUnitAsk, type UnitAsk } from '@millrace/market'
import { isOracle, openFeed, oracleUnit, type SellingOptions, type StableAskOptions } from '@millrace/node'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { UsageError } from './exit-codes.ts'
import { collectText, parseDecimal, parsePercent } from './parse-options.ts'

export interface AskFlags {
  readonly ask?: UnitAsk
  readonly feed: readonly string[]
  readonly priceTolerance: number
  readonly feedMaxAge: number
  readonly feedMaxJump: number
  readonly feedHold: number
  readonly feedInterval: number
}

/** A reading this old says little of a price that moves; sources of a minute are common. */
const maxAgeSecondsDefault = 600
/** The last quote is believed for this long beyond that. */
const holdSecondsDefault = 900
/** No public page minds two questions a minute. */
const intervalSecondsDefault = 30
const intervalSecondsMin = 0.1
/** Below it a change is not worth a quote to each buyer. */
const tolerancePpmDefault = 20_000
/** More than this between two questions is more often a slip than news. */
const jumpPpmDefault = 200_000
const feedsMax = 31
const noFeeds: readonly string[] = []

/** Adds `--ask`, `--feed`, `--price-tolerance`, `--feed-max-age`, `--feed-max-jump`, `--feed-hold` and `--feed-interval`. */
export function withAskFlags(command: Command): Command {
  return command
    .option(
      '--ask <price>',
      'sell upload at this price or more: BTT a MiB, or like "0.02 USD/GiB" with --feed',
      parseAsk,
    )
    .option(
      '--feed <source>',
      'what a BTT is worth: fixed:NUMBER, file:PATH[#/POINTER], http(s)://...#/POINTER, oracle:0xADDRESS; repeatable',
      collectText,
      noFeeds,
    )
    .addOption(
      new Option('--price-tolerance <percent>', 'quote anew when the price moved by more')
        .argParser(parsePercent)
        .default(tolerancePpmDefault, '2 %'),
    )
    .option('--feed-max-age <seconds>', 'an older price is stale', parseDecimal, maxAgeSecondsDefault)
    .addOption(
      new Option('--feed-max-jump <percent>', 'a larger move must be seen twice')
        .argParser(parsePercent)
        .default(jumpPpmDefault, '20 %'),
    )
    .option(
      '--feed-hold <seconds>',
      'keep the last quote this long without a fresh price',
      parseDecimal,
      holdSecondsDefault,
    )
    .addOption(
      new Option('--feed-interval <seconds>', 'between two questions to a feed')
        .argParser(parseInterval)
        .default(intervalSecondsDefault),
    )
}

/**
 * What the flags say of the price; undefined without `--ask`.
 *
 * @param rpcUrl of the chain on which an oracle is
 * @throws UsageError when unit and feeds do not fit; FeedError for a feed that cannot be
 */
export function askOf(
  flags: AskFlags,
  rpcUrl: string | undefined,
): Pick<SellingOptions, 'askPerMiB' | 'stable'> | undefined {
  const { ask, feed } = flags
  if (ask === undefined) {
    if (feed.length > 0) throw new UsageError('--feed: expected an --ask in the unit of the feed, like "0.02 USD/GiB"')
    return undefined
  }
  if (isInBtt(ask)) {
    if (feed.length > 0) throw new UsageError('--feed: an ask in BTT needs none')
    return { askPerMiB: askAt(ask) }
  }
  return { askPerMiB: undefined, stable: stableOf(ask, flags, rpcUrl) }
}

function stableOf(ask: UnitAsk, flags: AskFlags, rpcUrl: string | undefined): StableAskOptions {
  const { feed, priceTolerance, feedMaxJump } = flags
  if (feed.length === 0) throw new UsageError(`--ask in ${ask.unit} needs a --feed that says what a BTT is worth in it`)
  if (feed.length > feedsMax) throw new UsageError(`--feed: at most ${feedsMax}`)
  if (new Set(feed).size < feed.length) throw new UsageError('--feed: one feed twice is one voice with two votes')
  if (ask.unit !== oracleUnit && feed.some(isOracle)) {
    throw new UsageError(`an oracle's price is in ${oracleUnit}, and --ask is in ${ask.unit}`)
  }
  if (priceTolerance > feedMaxJump) throw new UsageError('--price-tolerance: expected at most --feed-max-jump')
  return {
    ask,
    feeds: feed.map((address) => openFeed(address, { rpcUrl, wallMs: Date.now })),
    intervalMs: flags.feedInterval * 1000,
    limits: {
      ageMsMax: flags.feedMaxAge * 1000,
      jumpPpmMax: feedMaxJump,
      tolerancePpm: priceTolerance,
      holdMs: flags.feedHold * 1000,
    },
  }
}

function parseAsk(text: string): UnitAsk {
  const ask = parseUnitAsk(text)
  if (ask !== undefined) return ask
  throw new InvalidArgumentError('Expected BTT a MiB like 1.5, or a price like "0.02 USD/GiB" or "3 BTT/GiB".')
}

function parseInterval(text: string): number {
  const seconds = parseDecimal(text)
  if (seconds < intervalSecondsMin) throw new InvalidArgumentError(`Expected at least ${intervalSecondsMin} seconds.`)
  return seconds
}
