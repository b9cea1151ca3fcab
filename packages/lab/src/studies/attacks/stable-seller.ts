/** A seller whose ask is in another unit and follows three feeds, by the client's own rules; what the feeds say is scripted. */

import {
  askAt,
  openStableAsk,
  parseExchangeRate,
  parseUnitAsk,
  quotedAsk,
  type StableAskState,
  type StableAskTerms,
  stepStableAsk,
  type UnitAsk,
  UploadMarket,
} from '@millrace/market'
import type { AgentView, Behaviour } from '../../behaviour.ts'

/** By the client's defaults but for the times: a run is minutes long, so feeds are read each second and age fast. */
const terms: StableAskTerms = { feeds: 3, ageMsMax: 5_000, jumpPpmMax: 200_000, tolerancePpm: 20_000, holdMs: 20_000 }
/** 0.01 units a MiB at 0.001 units a BTT: 10 BTT a MiB. */
const askText = '10.24 USD/GiB'
const rateText = '0.001'

/** What one feed reads at a time: a whole multiple of the true rate or a part of it; undefined when it is silent. */
export type FeedScript = (feed: number, second: number) => { readonly times: number; readonly over: number } | undefined

/** What its quotes were, each second. */
export interface AskDiary {
  readonly asks: (bigint | undefined)[]
  readonly trueAsks: bigint[]
}

export const inLine = { times: 1, over: 1 } as const

/**
 * @param trueRate what the rate really is, as a multiple
 * @param diary is written as the run goes
 */
export function stableSeller(script: FeedScript, trueRate: FeedScript, diary: AskDiary): Behaviour {
  let market: UploadMarket | undefined
  let state: StableAskState = openStableAsk(terms)
  const ask = unitAsk()
  return {
    kind: 'stable-seller',
    scheduler(_agent, options) {
      market = new UploadMarket(options)
      return market
    },
    onSecond(_agent: AgentView, nowMs) {
      const second = Math.floor(nowMs / 1_000)
      for (let feed = 0; feed < terms.feeds; feed++) {
        const said = script(feed, second)
        if (said === undefined) continue
        state = stepStableAsk(state, { type: 'reading', feed, rate: rateOf(said), ageMs: 0 }, terms, nowMs)
      }
      state = stepStableAsk(state, { type: 'tick' }, terms, nowMs)
      const quoted = quotedAsk(ask, state)
      market?.setAsk(quoted, nowMs)
      diary.asks.push(quoted)
      diary.trueAsks.push(askAt(ask, rateOf(trueRate(0, second) ?? inLine)))
    },
  }
}

function unitAsk(): UnitAsk {
  const ask = parseUnitAsk(askText)
  if (ask === undefined) throw new Error(`an ask that can be read, not ${askText}`)
  return ask
}

function rateOf({ times, over }: { readonly times: number; readonly over: number }): ReturnType<typeof exact> {
  const rate = (exact(rateText) * BigInt(times)) / BigInt(over)
  return rate as ReturnType<typeof exact> // above 0: the script's numbers are
}

function exact(text: string): Extract<ReturnType<typeof parseExchangeRate>, { readonly ok: true }>['value'] {
  const parsed = parseExchangeRate(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return parsed.value
}
