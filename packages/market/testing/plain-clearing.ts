/** The clearing price as its definition reads, in big integers: what the fast one is compared with. */

import { btt, divideUp, maxBig, minBig } from '@millrace/base'
import { bytePriceShift } from '../src/bid.ts'
import type { Claim } from '../src/book.ts'
import type { Clearing } from '../src/clearing-price.ts'

interface Wanted {
  /** w^ in byte-price units a second. */
  readonly money: bigint
  readonly priceMax: bigint
  readonly demand: bigint
}

/** See `clear`. */
export function plainClear(claims: readonly Claim[], askPerMiB: bigint, capacity: number): Clearing {
  const room = BigInt(Math.max(0, Math.floor(capacity)))
  const wanted = claims.map(wantedOf)
  const standing = wanted.filter(({ money, demand }) => money > 0n && demand > 0n)
  let low = maxBig(askPerMiB, 1n)
  // At the highest m nobody stands above the price, so it always clears; so does a price at which all the money fits.
  let high = standing.reduce((highest, { priceMax }) => maxBig(highest, priceMax), low)
  if (room > 0n) high = minBig(high, maxBig(low, divideUp(sumOfMoney(standing), room)))
  while (low < high) {
    const middle = (low + high) / 2n
    if (demandAbove(standing, middle) <= room) high = middle
    else low = middle + 1n
  }
  return { price: btt(low), shares: sharesAt(wanted, low, room) }
}

function wantedOf(claim: Claim): Wanted {
  return {
    money: claim.spendRate << bytePriceShift,
    priceMax: claim.priceMax,
    demand: BigInt(Math.max(0, Math.floor(claim.demand))),
  }
}

function sumOfMoney(wanted: readonly Wanted[]): bigint {
  return wanted.reduce((sum, { money }) => sum + money, 0n)
}

function demandAbove(wanted: readonly Wanted[], price: bigint): bigint {
  let sum = 0n
  for (const bid of wanted) if (bid.priceMax > price) sum += amountAt(bid, price)
  return sum
}

function amountAt({ money, demand }: Wanted, price: bigint): bigint {
  return minBig(money / price, demand)
}

function sharesAt(wanted: readonly Wanted[], price: bigint, room: bigint): number[] {
  const rest = room - demandAbove(wanted, price)
  const ration = rationOf(
    wanted.filter(({ priceMax, money, demand }) => priceMax === price && money > 0n && demand > 0n),
    price,
    rest,
  )
  return wanted.map((bid) => {
    if (bid.priceMax < price) return 0
    const full = amountAt(bid, price)
    if (bid.priceMax > price || ration === undefined) return Number(full)
    const part = (bid.money * ration.room) / ration.money
    return Number(minBig(part, full))
  })
}

/** The water level of the tied bids: `room` bytes for each `money`; undefined when all fit in full. */
function rationOf(
  tied: readonly Wanted[],
  price: bigint,
  rest: bigint,
): { readonly room: bigint; readonly money: bigint } | undefined {
  // Those with the least demand for their money fill first; what they leave raises the others.
  const order = [...tied].sort((a, b) => {
    const left = amountAt(a, price) * b.money
    const right = amountAt(b, price) * a.money
    return left < right ? -1 : left > right ? 1 : 0
  })
  let room = rest > 0n ? rest : 0n
  let money = sumOfMoney(order)
  for (const bid of order) {
    const full = amountAt(bid, price)
    if (money > 0n && bid.money * room < full * money) return { room, money }
    room -= full
    money -= bid.money
  }
  return undefined
}
