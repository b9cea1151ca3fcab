// One epoch of many bids: its price and shares alone, and all of it with who is awake and what each would have for nothing.
// Over books of different kinds, made anew for each turn from a seed.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { cpuMilliseconds, median } from './support.js'

setFlagsFromString('--expose-gc')
/** What making a book leaves behind is not the epoch's to clear away. */
const collectGarbage = runInNewContext('gc')

const ask = 10n ** 15n
const warmUps = 10
const freshSeed = 12_345

/** Each a way in which books differ: what bids say, what they can take, who was awake before. */
const kinds = {
  'all awake': {},
  'few spend rates, one cap': { spends: 8, caps: 'one' },
  'six caps': { caps: 'six' },
  'any cap, limited peers': { caps: 'any', limited: true },
  'shared address groups': { caps: 'six', limited: true, peersPerGroup: 10 },
  'one address group, half asleep': { limited: true, peersPerGroup: Number.POSITIVE_INFINITY, awake: 0.5 },
  'half asleep': { caps: 'six', limited: true, awake: 0.5 },
  'all asleep': { awake: 0 },
  'all asleep, one cap': { spends: 8, caps: 'one', limited: true, awake: 0 },
  'more room than money': { spends: 8, caps: 'one', roomPerBid: 1e7 },
  'as the epoch before left it': { caps: 'six', limited: true, isSettled: true },
}

/** @returns milliseconds of CPU and of time, by kind of book: of the price and the shares, and of an epoch as a whole */
export function epochTimes(market, bids, rounds) {
  const random = randomFrom(freshSeed)
  for (const kind of Object.values(kinds)) timesOf(market, kind, bids, warmUps, random)
  return Object.entries(kinds).map(([book, kind]) => {
    const times = timesOf(market, kind, bids, rounds, random)
    const figures = (key) => {
      const [cpu, wall] = ['cpu', 'wall'].map((clock) => times.map((time) => time[key][clock]))
      return { median: median(cpu), max: Math.max(...cpu), wallMedian: median(wall), wallMax: Math.max(...wall) }
    }
    return { book, clearing: figures('clearing'), epoch: figures('epoch') }
  })
}

function timesOf({ decideEpoch, clear }, kind, bids, rounds, random) {
  return Array.from({ length: rounds }, () => {
    const input = bookOf(kind, bids, random)
    if (kind.isSettled) settled(decideEpoch, input)
    const { bidders, askPerMiB, capacity, freeShare } = input
    const epoch = timed(() => decideEpoch(input))
    // All of them, as if they were awake.
    return { epoch, clearing: timed(() => clear(bidders, askPerMiB, (1 - freeShare) * capacity)) }
  })
}

function timed(work) {
  collectGarbage({ type: 'minor' })
  const start = performance.now()
  const startCpu = cpuMilliseconds()
  work()
  return { cpu: cpuMilliseconds() - startCpu, wall: performance.now() - start }
}

/** The same book after epochs enough that few bids change any more. */
function settled(decideEpoch, input) {
  for (let epoch = 0; epoch < 4; epoch += 1) {
    const { bidders } = decideEpoch(input)
    for (const [i, bidder] of input.bidders.entries()) bidder.awake = bidders[i].awake
  }
}

function bookOf(kind, bids, random) {
  const { roomPerBid = 1e5, awake = 1, peersPerGroup = 1 } = kind
  const groups = Math.max(1, Math.floor(bids / peersPerGroup))
  const bidders = Array.from({ length: bids }, () => {
    const spendRate = spendOf(kind, random)
    const demand = kind.limited ? Math.floor(10 ** (4 + 4 * random())) : 1e9
    return {
      spendRate,
      spendRateBid: spendRate,
      priceMax: capOf(kind, random),
      demand,
      taken: kind.limited ? 0.9 * demand : demand,
      group: Math.floor(random() * groups),
      awake: random() < awake,
      unchoked: random() < 0.9,
    }
  })
  const free = Array.from({ length: bids / 10 }, (_, group) => ({ group, demand: 1 + Math.floor(1e6 * random()) }))
  const wake = { wakePpm: 1_050_000, sleepPpm: 1_000_000 }
  return { bidders, free, capacity: bids * roomPerBid, freeShare: 0.15, askPerMiB: ask, wake }
}

function spendOf({ spends }, random) {
  if (spends !== undefined) return 10n ** 14n * BigInt(1 + Math.floor(random() * spends))
  return BigInt(Math.floor(10 ** (13 + 3 * random())))
}

function capOf({ caps }, random) {
  if (caps === 'one') return 2n * ask
  if (caps === 'six') return ask * BigInt(1 + Math.floor(random() * 6))
  return caps === 'any' ? BigInt(Math.floor(10 ** (15 + 3 * random()))) : 10n ** 20n
}

/** A linear congruential generator: the same books in each run. */
function randomFrom(seed) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) / 2 ** 24
  }
}
