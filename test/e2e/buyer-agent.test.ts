/** Budget and deadline between separate processes: the agent buys what it needs and no more. Amounts are decimal strings. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startChain, type TestChain, tradeOn } from '../support/economy.ts'
import { untilBytes } from '../support/millrace.ts'
import { eventually, type Running } from '../support/processes.ts'
import { type Seeder, TestSwarm } from '../support/swarm.ts'

const mib = 1 << 20
const oneBtt = 10n ** 18n
const budget = 100n * oneBtt
const swarm = new TestSwarm('agent', { bytes: 48 * mib, pieceLength: 1 << 16, seed: 12 })
let chain: TestChain
/** Three of 1 MiB/s: a third of that for nothing beside two others, up to 85 % of it for money. */
let sellers: readonly Seeder[]

type Benefit =
  | { readonly known: false; readonly intervals: number }
  | { readonly known: true; readonly intervals: number; readonly low: number; readonly high: number }

/** Of `progress` and `result`, what the agent says. */
interface Report {
  readonly event: string
  readonly paid: string
  readonly paidBytes: number
  readonly estimate?: { readonly secondsLeft?: number; readonly cost: string; readonly costHigh: string }
  readonly benefit?: Benefit
  readonly deadline?: { readonly by: string; readonly met?: boolean; readonly notBefore?: string }
}

beforeAll(async () => {
  chain = await startChain(swarm.home('chain').folder)
  sellers = [await sell('first', 1, '1M'), await sell('second', 2, '1M'), await sell('third', 3, '1M')]
}, 60_000)
afterAll(() => swarm.close())

function sell(name: string, devAccount: number, limit: string): Promise<Seeder> {
  return swarm.seed(name, ['--ask', '1', '--upload-limit', limit, ...tradeOn(chain, devAccount)])
}

function buy(name: string, devAccount: number, from: readonly Seeder[], terms: readonly string[]): Promise<Running> {
  const args = [...terms, '--upload-limit', '16K', '--yes', ...tradeOn(chain, devAccount), '--jsonl']
  return swarm.get(
    name,
    from.map(({ address }) => address),
    args,
  )
}

function reportsOf(running: Running): Report[] {
  const events = running.out.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Report)
  return events.filter(({ event }) => event === 'progress' || event === 'result')
}

/** Everything it said; the result is last. */
async function bought(name: string, devAccount: number, ...terms: string[]): Promise<Report[]> {
  const getting = await buy(name, devAccount, sellers, terms)
  expect((await getting.end(150_000)).code, getting.printed).toBe(0)
  expect(swarm.difference(name)).toBeUndefined()
  return reportsOf(getting)
}

/** Runs `action` while two others take what they get for nothing, and give little on. */
async function contended<T>(name: string, from: readonly Seeder[], action: () => Promise<T>): Promise<T> {
  const addresses = from.map(({ address }) => address)
  const args = ['--upload-limit', '16K', '--jsonl', '--stay']
  const rivals = [await swarm.get(`${name}-1`, addresses, args), await swarm.get(`${name}-2`, addresses, args)]
  for (const rival of rivals) await untilBytes(rival, mib)
  try {
    return await action()
  } finally {
    for (const rival of rivals) await rival.stop('SIGINT')
  }
}

// Side by side, each with sellers of its own: what both do is wait.
describe.concurrent('a buyer with a budget and a time to be done by', () => {
  it.sequential('pays nothing when it is alone', { timeout: 200_000 }, async () => {
    const result = (await bought('alone', 4, '--budget', '100', '--done-by', '60s')).at(-1)
    expect(result).toMatchObject({ paid: '0', paidBytes: 0, deadline: { met: true } })
  })

  // That the time is kept is shown in virtual time, where no busy machine can break it.
  it.sequential('pays when others want the bytes, too, and only when it is in a hurry: a part of the budget', {
    timeout: 200_000,
  }, async () => {
    const terms = ['--budget', '100', '--max-price', '10', '--done-by']
    const hurried = await contended('rivals', sellers, () => bought('hurried', 5, ...terms, '38s'))
    const relaxed = await contended('other', sellers, () => bought('relaxed', 6, ...terms, '150s'))
    const paid = BigInt(hurried.at(-1)?.paid ?? 0)
    expect(paid).toBeGreaterThan(oneBtt)
    expect(paid).toBeLessThan(budget)
    expect(hurried.at(-1)?.paidBytes).toBeGreaterThan(mib)
    expect(relaxed.at(-1)).toMatchObject({ paid: '0', deadline: { met: true } })
    const costs = hurried.flatMap(({ estimate }) => (estimate === undefined ? [] : [BigInt(estimate.costHigh)]))
    expect(costs.length).toBeGreaterThan(0)
    for (const cost of costs) expect(cost).toBeLessThanOrEqual(budget)
  })

  it.sequential('spends no more than the budget and says when it is too small', { timeout: 200_000 }, async () => {
    const terms = ['--budget', '2.000000000000000001', '--max-price', '10', '--done-by', '20s']
    const reports = await contended('third-rival', sellers, () => bought('poor', 7, ...terms))
    expect(BigInt(reports.at(-1)?.paid ?? 0)).toBeLessThanOrEqual(2n * oneBtt + 1n)
    expect(reports.at(-1)?.deadline?.met).toBe(false)
    const said = reports.filter(({ deadline }) => deadline?.notBefore !== undefined)
    expect(said.length).toBeGreaterThan(0)
    for (const { deadline } of said)
      expect(Date.parse(deadline?.notBefore ?? '')).toBeGreaterThan(Date.parse(deadline?.by ?? ''))
  })
})

describe.concurrent('what paying is worth', () => {
  it.sequential('is measured on the same seller, and above nothing beside rivals', { timeout: 300_000 }, async () => {
    // So slow that it lasts longer than the intervals that a range needs, however they fall.
    const slow = [await sell('slow', 8, '320K')]
    const terms = ['--bid', '2', '--budget', '1000', '--max-price', '10', '--measure', '50']
    const benefit = await contended('last-rival', slow, async () => {
      const getting = await buy('curious', 9, slow, terms)
      const known = await eventually('the benefit is known', 240_000, () => {
        if (getting.isOver) throw new Error(`ended before the benefit was known: ${getting.printed.slice(-3_000)}`)
        const last = reportsOf(getting).at(-1)?.benefit
        return last?.known === true ? last : undefined
      })
      await getting.stop('SIGINT')
      return known
    })
    expect(benefit.intervals).toBeGreaterThanOrEqual(6)
    expect(benefit.low).toBeGreaterThan(0)
    // It cannot be more than the line of the seller.
    expect(benefit.high).toBeLessThan(mib / 2)
  })
})
