/**
 * The market's promises on real processes: each leecher in a network namespace of its own, the seeder's line shaped.
 * Ratios of bytes and sums of money, never speeds, in the epochs in which every leecher kept asking. Promise 7 (kills) and
 * 10 (hostile messages) have files of their own in test/faults.
 */

import { maxBig } from '@millrace/base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { vaultAtEachBlock } from '../support/conservation.ts'
import { type Contender, Contest, type Window } from '../support/contest.ts'
import { canMakeNamespaces } from '../support/network.ts'
import { canUse } from '../support/skips.ts'

const mib = 1 << 20
/** So little that each process needs a small part of a core, and gets it on a machine that others use too. */
const capacity = 2 * mib
/** C is at most 95 % of what the line carries as payload: 1,448 of 1,514 bytes of a frame. */
const line = Math.ceil((capacity / 0.93) * (1514 / 1448))
const freeShare = 0.15
const windowSeconds = 10
const blockBytes = 16_384
/** A seeder that is ready to send and has no core for a larger part of the time may stand longer than its bucket holds. */
const waitedPartMax = 0.5
const oneBtt = 10n ** 18n
const canRun = canUse('network namespaces', canMakeNamespaces(), 'run as root on Linux with iproute2')

function contestOf(name: string, contenders: readonly Contender[]): Contest {
  return new Contest(name, { capacity, line, contenders, bytes: 128 * mib })
}

async function windowOf(name: string, contenders: readonly Contender[]): Promise<Window> {
  const contest = contestOf(name, contenders)
  try {
    await contest.start()
    return await contest.measure(windowSeconds)
  } finally {
    await contest.close()
  }
}

function totalOf(window: Window, ...names: readonly string[]): number {
  return names.map(window.of).reduce((sum, { paidBytes, freeBytes }) => sum + paidBytes + freeBytes, 0)
}

function within(value: number, part: number, of: number): void {
  expect(value).toBeGreaterThan(of * (1 - part))
  expect(value).toBeLessThan(of * (1 + part))
}

describe.skipIf(!canRun)('one that pays nothing and bids of 1 : 2 : 4', { timeout: 300_000 }, () => {
  const bids = { '1x': 10, '2x': 20, '4x': 40 }
  const contest = canRun
    ? contestOf('contention', [
        { name: 'free', subnet: 1 },
        ...Object.entries(bids).map(([name, bid], index) => ({ name, bid, subnet: index + 2 })),
      ])
    : undefined
  let window: Window

  beforeAll(async () => {
    await contest?.start()
    if (contest !== undefined) window = await contest.measure(windowSeconds)
  }, 300_000)
  afterAll(() => contest?.close())

  it('promise 1: twice the spend is twice the paid bytes, within 10 %', () => {
    const one = window.of('1x').paidBytes
    expect(one).toBeGreaterThan(0)
    within(window.of('2x').paidBytes, 0.1, 2 * one)
    within(window.of('4x').paidBytes, 0.1, 4 * one)
  })

  it('promise 2: at least 98 % of the capacity is used', () => {
    const waited = window.waitedSeconds / window.seconds
    const seconds = waited < waitedPartMax ? window.seconds : window.seconds - window.waitedSeconds
    expect(window.uploadedBytes / (seconds * capacity)).toBeGreaterThan(0.98)
  })

  it('promise 3: who does not pay gets the free share while it asks for it', () => {
    expect(window.of('free').freeBytes / window.uploadedBytes).toBeGreaterThan(freeShare * 0.97)
  })

  it('promise 8: no bill is above w (t + 250 ms) plus a block at the dearest quote, nor above the bytes received', () => {
    for (const [name, bid] of Object.entries(bids)) {
      const { billed, start, dearest } = billsOf(contest, name)
      for (const purchase of billed) {
        const allowed = BigInt(Math.ceil(bid * (purchase.at - start + 250))) * (oneBtt / 1000n)
        expect(BigInt(purchase.billed)).toBeLessThanOrEqual(allowed + (dearest * BigInt(blockBytes)) / BigInt(mib))
        expect(purchase.paidBytes).toBeLessThanOrEqual(purchase.receivedBytes)
      }
    }
  })

  it('promise 9: at every block the deposits are what is held, paid out and withdrawn', async () => {
    if (contest?.chain === undefined) throw new Error('the contest has no chain')
    await contest.seeder?.stop('SIGINT')
    const sums = await vaultAtEachBlock(contest.chain, contest.net.hub)
    expect(sums.at(-1)?.paidOut).toBeGreaterThan(0n)
    for (const { held, deposited, balances, paidOut, withdrawn } of sums) {
      expect(held).toBe(balances)
      expect(deposited).toBe(balances + paidOut + withdrawn)
    }
  })
})

/** What a contender was billed, the time before which it bid nothing, and the dearest quote that it saw. */
function billsOf(contest: Contest | undefined, name: string) {
  const purchases = contest?.purchases(name) ?? []
  const first = purchases.findIndex(({ spendRatePerSecond }) => BigInt(spendRatePerSecond) > 0n)
  expect(first).toBeGreaterThanOrEqual(0)
  const billed = purchases.filter((purchase) => BigInt(purchase.billed) > 0n)
  expect(billed.length).toBeGreaterThan(windowSeconds)
  const quotes = purchases.map(({ pricePerMiB }) => BigInt(pricePerMiB ?? 0n))
  const dearest = quotes.reduce((most, quote) => maxBig(most, quote), 0n)
  // The report before the first that has a bid was made without one.
  return { billed, start: purchases[Math.max(0, first - 1)]?.at ?? 0, dearest }
}

describe.skipIf(!canRun)('a bid whose cap binds', { timeout: 300_000 }, () => {
  it('promise 8: no bill is above m a MiB, and at that price the money that was bid is not spent', async () => {
    // Alone in the paid class, 60 BTT a second would make the price 35 BTT a MiB.
    const [bid, priceMax] = [60, 10]
    const contest = contestOf('cap', [
      { name: 'free', subnet: 1 },
      { name: 'capped', subnet: 2, bid, priceMax },
    ])
    try {
      await contest.start()
      const { paidBytes } = (await contest.measure(windowSeconds)).of('capped')
      expect(paidBytes).toBeGreaterThan(0)
      const { billed, start, dearest } = billsOf(contest, 'capped')
      const cap = BigInt(priceMax) * oneBtt
      for (const purchase of billed) {
        expect(BigInt(purchase.billed) * BigInt(mib)).toBeLessThanOrEqual(cap * BigInt(purchase.paidBytes))
      }
      // It did bind: the price stood at it, and the spend rate would have allowed more than twice the bill.
      expect(dearest).toBe(cap)
      const last = billed.at(-1)
      if (last === undefined) throw new Error('nothing was billed')
      const spendable = BigInt(Math.floor(bid * (last.at - start))) * (oneBtt / 1000n)
      expect(BigInt(last.billed) * 2n).toBeLessThan(spendable)
    } finally {
      await contest.close()
    }
  })
})

describe.skipIf(!canRun)('paying', { timeout: 600_000 }, () => {
  it('promise 4: never slows: the total does not fall as the bid rises', async () => {
    const totals: number[] = []
    // Two at a time: they need little of the machine, and most of their time is waiting.
    for (const pair of [
      [0, 4],
      [20, 60],
    ]) {
      totals.push(...(await Promise.all(pair.map(partWithBid))))
    }
    for (const [i, total] of totals.slice(1).entries()) expect(total).toBeGreaterThan((totals[i] ?? 1) * 0.97)
    expect(totals.at(-1)).toBeGreaterThan(3 * (totals[0] ?? 1))
  })
})

/** The part of the seeder that one gets beside a rival who bids 20 and one who pays nothing. */
async function partWithBid(bid: number): Promise<number> {
  const window = await windowOf(`bid-${bid}`, [
    { name: 'free', subnet: 1 },
    { name: 'rival', subnet: 2, bid: 20 },
    { name: 'own', subnet: 3, ...(bid === 0 ? {} : { bid }) },
  ])
  return totalOf(window, 'own') / window.uploadedBytes
}

describe.skipIf(!canRun)('identities', { timeout: 400_000 }, () => {
  const whole = { name: 'whole', subnet: 2, bid: 20 }
  const riders = [
    { name: 'rider', subnet: 1 },
    { name: 'other-rider', subnet: 5 },
  ]
  it.each([
    ['in one address group', 3, 3],
    ['in two address groups', 3, 4],
  ])('promises 5 and 6: splitting a buyer gains nothing %s, and riders get the free share', async (_, left, right) => {
    const window = await windowOf(`split-${right}`, [
      whole,
      { name: 'left', subnet: left, bid: 10 },
      { name: 'right', subnet: right, bid: 10 },
      ...riders,
    ])
    within(totalOf(window, 'left', 'right'), 0.1, totalOf(window, 'whole'))
    // Who never uploads and never pays: an equal part of the free share, and no more but for what payers were too slow
    // to take on a busy machine.
    const free = totalOf(window, ...riders.map(({ name }) => name))
    for (const { name } of riders) within(totalOf(window, name), 0.1, free / riders.length)
    expect(free).toBeGreaterThan(freeShare * 0.97 * window.uploadedBytes)
    expect(free).toBeLessThan(freeShare * 1.3 * window.uploadedBytes)
  })
})
