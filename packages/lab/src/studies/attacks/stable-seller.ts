/** A seller whose ask is in another unit and follows three feeds, by the client's own rules; what the feeds say is scripted. */

import { askAt, type ExchangeRate, type StableAskTerms } from '@millrace/market'
import type { Behaviour } from '../../behaviour.ts'
import { AskFollower, rateOf, unitAskOf } from '../ask-follower.ts'

/** By the client's defaults but for the times: a run is minutes long, so feeds are read each second and age fast. */
const limits: StableAskTerms = { feeds: 3, ageMsMax: 5_000, jumpPpmMax: 200_000, tolerancePpm: 20_000, holdMs: 20_000 }
const intervalMs = 1_000
/** 0.01 units a MiB at 0.001 units a BTT: 10 BTT a MiB. */
const ask = unitAskOf('10.24 USD/GiB')
const rateText = '0.001'

/** A whole multiple of the true rate or a part of it. */
interface Multiple {
  readonly times: number
  readonly over: number
}

/** What one feed reads at a time; undefined when it is silent. */
export type FeedScript = (feed: number, second: number) => Multiple | undefined

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
  const follower = new AskFollower({
    ask,
    limits,
    intervalMs,
    feed: (feed, nowMs) => multiple(script(feed, Math.floor(nowMs / 1_000))),
  })
  return {
    kind: 'stable-seller',
    asks(_agent, nowMs) {
      const quoted = follower.askAt(nowMs)
      diary.asks.push(quoted)
      diary.trueAsks.push(askAt(ask, multiple(trueRate(0, Math.floor(nowMs / 1_000)) ?? inLine)))
      return quoted
    },
  }
}

function multiple(said: Multiple): ExchangeRate
function multiple(said: Multiple | undefined): ExchangeRate | undefined
function multiple(said: Multiple | undefined): ExchangeRate | undefined {
  return said && rateOf(rateText, BigInt(said.times), BigInt(said.over))
}
