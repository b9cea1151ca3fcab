/**
 * What seeding one torrent should bring in, by what its buyers say they would pay and who else sells there. The price is
 * found by the market's own rule: the least at which what is wanted fits into what can be sold.
 */

import { assert, type Btt, btt, bytesPerMiB, maxBig, minBig, zeroBtt } from '@millrace/base'

/** A buyer, as its beacon and its deposit say. */
export interface Demand {
  readonly wantedBytesPerSecond: number
  readonly priceMaxPerMiB: Btt
  /** What it can spend at most: stated, and covered by its deposit. */
  readonly budget: Btt
}

/** Another seller in the same torrent. */
export interface Rival {
  readonly askPerMiB: Btt
  /** Its account holds money that a vault paid it or that it deposited: names without any cost nothing to make. */
  readonly isBacked: boolean
}

export interface OwnOffer {
  readonly askPerMiB: Btt
  /** What the paid class can send: bytes a second. */
  readonly paidBytesPerSecond: number
  /** Over this time: income beyond what is known now is a guess. */
  readonly horizonSeconds: number
}

export interface ExpectedIncome {
  /** Base units over the horizon, rounded down. */
  readonly income: Btt
  /** Bytes sold over the horizon. */
  readonly soldBytes: number
  readonly pricePerMiB: Btt
  /** Who would pay our ask, and with how many others we share them at most. */
  readonly buyers: number
  readonly rivals: number
}

/** Prices are looked for in steps of this part of the ask, up to so many times the ask: above that nobody is believed. */
const stepsPerAsk = 1_024n
const asksMax = 1_024n

/**
 * Each buyer is shared equally with the rivals whose ask it would pay. All rivals without money of their own count as one
 * together, so that a crowd of invented sellers cannot talk a real one out of a torrent.
 *
 * More demand never lowers the income, one more rival never raises it.
 *
 * @example
 * expectedIncome([{ wantedBytesPerSecond: 1e6, priceMaxPerMiB: btt(9n), budget: btt(1_000n) }], [], own).income
 */
export function expectedIncome(demands: readonly Demand[], rivals: readonly Rival[], own: OwnOffer): ExpectedIncome {
  assert(own.horizonSeconds > 0 && own.paidBytesPerSecond >= 0, 'a time and a rate to sell')
  const ask = maxBig(own.askPerMiB, btt(1n))
  const parts = demands.flatMap((demand) => partOf(demand, rivalsFor(demand, rivals), ask, own.horizonSeconds) ?? [])
  const room = BigInt(Math.floor(own.paidBytesPerSecond * own.horizonSeconds))
  const counts = { buyers: parts.length, rivals: parts.reduce((most, part) => Math.max(most, part.rivals), 0) }
  if (parts.length === 0 || room === 0n) {
    return { income: zeroBtt, soldBytes: 0, pricePerMiB: ask, ...counts }
  }
  const wantedAtAsk = wanted(parts, ask)
  const pricePerMiB = wantedAtAsk <= room ? ask : clearingPrice(parts, ask, room)
  const sold = minBig(wantedAtAsk, room)
  const income = btt((sold * pricePerMiB) / BigInt(bytesPerMiB)) // down: a promise to ourselves
  return { income, soldBytes: Number(sold), pricePerMiB, ...counts }
}

/** Our part of a buyer over the horizon. */
interface Part {
  readonly bytesMax: bigint
  readonly priceMax: bigint
  readonly budget: bigint
  readonly rivals: number
}

function partOf(demand: Demand, rivals: number, ask: Btt, horizonSeconds: number): Part | undefined {
  const { wantedBytesPerSecond, priceMaxPerMiB, budget } = demand
  if (priceMaxPerMiB < ask || budget <= 0n || wantedBytesPerSecond <= 0) return undefined
  const sellers = BigInt(rivals + 1)
  const bytesMax = (BigInt(Math.floor(wantedBytesPerSecond)) * BigInt(horizonSeconds)) / sellers
  return { bytesMax, priceMax: priceMaxPerMiB, budget: budget / sellers, rivals }
}

function rivalsFor(demand: Demand, rivals: readonly Rival[]): number {
  const eligible = rivals.filter((rival) => rival.askPerMiB <= demand.priceMaxPerMiB)
  const backed = eligible.filter((rival) => rival.isBacked).length
  return backed + (eligible.length > backed ? 1 : 0)
}

/** The dearest step at which more is wanted than there is: at it all of `room` is sold. More is wanted at the ask. */
function clearingPrice(parts: readonly Part[], ask: bigint, room: bigint): Btt {
  const step = maxBig(ask / stepsPerAsk, 1n)
  let low = 0n
  let high = (ask * asksMax) / step + 1n
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    if (wanted(parts, ask + middle * step) > room) low = middle
    else high = middle
  }
  return btt(ask + low * step)
}

/** Bytes that are wanted at a price; falls as the price rises. */
function wanted(parts: readonly Part[], price: bigint): bigint {
  let sum = 0n
  for (const { bytesMax, priceMax, budget } of parts) {
    if (priceMax >= price) sum += minBig(bytesMax, (budget * BigInt(bytesPerMiB)) / price)
  }
  return sum
}
