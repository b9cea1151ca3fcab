/**
 * A virtual hour of two sellers with the same line, one that asks in dollars over three feeds by the client's own rules and one
 * that asks in BTT, and of downloaders that come all the time: some bid what is worth the same in dollars, some in BTT.
 */

import { type Btt, btt } from '@millrace/base'
import { askAt, type ExchangeRate, type StableAskTerms, splitSpend } from '@millrace/market'
import type { Behaviour } from '../../behaviour.ts'
import type { LabResult } from '../../result.ts'
import type { PeerClass, Scenario } from '../../scenario.ts'
import { runScenario, type SwarmRun } from '../../swarm-run.ts'
import { AskFollower, rateOf, unitAskOf } from '../ask-follower.ts'
import { taker } from '../attacks/attackers.ts'
import { amountOf, bttOf, mib } from '../measuring.ts'
import { CountedMarket, SalesDiary } from './sales-diary.ts'
import { hourSeconds, type TokenPath } from './token-price.ts'

/** The client's defaults (`millrace seed --ask`). */
export const limits: StableAskTerms = {
  feeds: 3,
  ageMsMax: 600_000,
  jumpPpmMax: 200_000,
  tolerancePpm: 20_000,
  holdMs: 900_000,
}
export const intervalMs = 30_000
/** No two markets say the same: each feed is off by so many millionths, and the middle one is right. */
const feedErrorsPpm = [-4_000, 0, 4_000] as const
/** 0.01 dollars a MiB at 0.001 dollars a BTT at the start: 10 BTT a MiB. */
const ask = unitAskOf('10.24 USD/GiB')
const startRate = '0.001'
const millionths = 1_000_000n
const askBttAtStart = 10
/** BTT a second at the start: pays for 0.3 MiB a second at the ask. */
const spendBtt = 3
const uploadKib = 512
/** Of each of the three kinds of downloaders: together they want about four fifths of what the sellers can send. */
const comersPerHour = 60

export interface Hour {
  readonly result: LabResult
  readonly stable: SalesDiary
  readonly fixed: SalesDiary
  /** On what the ask in dollars stood, by second. */
  readonly phases: readonly StandsOn[]
  /** Dollars that a class spent, each amount at the rate of its second. */
  readonly spentUsd: ReadonlyMap<string, number>
  /** What an ask in dollars was in BTT at the rate of a second. */
  trueAskAt(second: number): Btt
  /** Base units in dollars at the rate of a second. */
  usdOf(amount: bigint, second: number): number
}

export type StandsOn = AskFollower['phase']['kind']

export function runHour(path: TokenPath, seed: number): Hour {
  const rateAt = (second: number, errorPpm = 0): ExchangeRate =>
    rateOf(startRate, BigInt(path.at(second)) * (millionths + BigInt(errorPpm)), millionths * millionths)
  const usdOf = (amount: bigint, second: number): number => bttOf(amount) * Number(startRate) * (path.at(second) / 1e6)
  const [stable, fixed] = [new SalesDiary(), new SalesDiary()]
  const phases: StandsOn[] = []
  const follower = new AskFollower({
    ask,
    limits,
    intervalMs,
    feed(feed, nowMs) {
      const second = Math.floor(nowMs / 1_000)
      return path.speaks?.(second) === false ? undefined : rateAt(second, feedErrorsPpm[feed])
    },
  })
  const behaviours = {
    taker: () => taker,
    'bids dollars': () => dollarBuyer(path),
    'asks BTT': () => counted('asks BTT', fixed),
    'asks dollars': (): Behaviour => ({
      ...counted('asks dollars', stable),
      asks(_agent, nowMs) {
        const quoted = follower.askAt(nowMs)
        stable.noteAsk(quoted, nowMs)
        phases[Math.floor(nowMs / 1_000)] = follower.phase.kind
        return quoted
      },
    }),
  }
  const spending = new Spending(usdOf)
  const result = runScenario(scenario(seed), { behaviours, onSecond: (run, second) => spending.onSecond(run, second) })
  const trueAskAt = (second: number): Btt => askAt(ask, rateAt(second))
  return { result, stable, fixed, phases, spentUsd: spending.byClass, trueAskAt, usdOf }
}

/** Vouchers in dollars of the second they were signed in. */
class Spending {
  readonly byClass = new Map<string, number>()
  readonly #usdOf: Hour['usdOf']
  readonly #seen = new Map<number, bigint>()

  constructor(usdOf: Hour['usdOf']) {
    this.#usdOf = usdOf
  }

  onSecond({ peers }: SwarmRun, second: number): void {
    for (const { id, wallet, terms } of peers) {
      if (wallet === undefined) continue
      const { issued } = wallet.purse
      const fresh = issued - (this.#seen.get(id) ?? 0n)
      if (fresh === 0n) continue
      this.#seen.set(id, issued)
      const { name } = terms.plan
      this.byClass.set(name, (this.byClass.get(name) ?? 0) + this.#usdOf(fresh, second))
    }
  }
}

function counted(kind: string, diary: SalesDiary): Behaviour {
  return { kind, scheduler: (_agent, options) => new CountedMarket(options, diary) }
}

/** Spends as many dollars a second as at the start, whatever a BTT is worth. */
function dollarBuyer(path: TokenPath): Behaviour {
  return {
    ...taker,
    kind: 'bids dollars',
    bids(_agent, plan, offers, nowMs) {
      const part = BigInt(path.at(Math.floor(nowMs / 1_000)))
      const spendRatePerSecond = btt((plan.spendRatePerSecond * millionths) / part) // down: never more dollars
      return splitSpend({ ...plan, spendRatePerSecond }, offers)
    },
  }
}

function scenario(seed: number): Scenario {
  const seller = (name: string): PeerClass => ({
    name,
    count: 1,
    uploadBytesPerSecond: uploadKib * 1_024,
    downloadBytesPerSecond: mib,
    arrival: { kind: 'at', second: 0 },
    departure: {},
    has: 'all',
    behaviour: { kind: name },
    sells: { askPerMiB: amountOf(askBttAtStart) },
  })
  const pays = {
    budget: amountOf(1e6),
    spendPerSecond: amountOf(spendBtt),
    priceMaxPerMiB: amountOf(20 * askBttAtStart),
  }
  const comer = (name: string, kind: string): PeerClass => ({
    name,
    count: comersPerHour,
    uploadBytesPerSecond: 32 * 1_024,
    downloadBytesPerSecond: 2 * mib,
    arrival: { kind: 'flash', fromSecond: 0, overSeconds: hourSeconds },
    departure: { seedSeconds: 0 },
    has: 'nothing',
    behaviour: { kind },
  })
  return {
    name: 'volatility',
    title: 'An hour of two sellers',
    seed,
    secondsMax: hourSeconds,
    contentBytes: 16 * mib,
    pieceBytes: mib / 8,
    blocksPerUnit: 1,
    latencyMs: { min: 10, max: 50 },
    connectionsMax: 60,
    unchokeSlots: 6,
    classes: [
      seller('asks dollars'),
      seller('asks BTT'),
      { ...comer('bids dollars', 'bids dollars'), pays },
      { ...comer('bids BTT', 'taker'), pays },
      comer('pays nothing', 'taker'),
    ],
  }
}
