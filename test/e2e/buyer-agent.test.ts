/** Budget and deadline between separate processes: the agent buys what it needs and no more. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startChain, type TestChain, tradeOn } from '../support/economy.ts'
import { untilBytes } from '../support/millrace.ts'
import { type Seeder, TestSwarm } from '../support/swarm.ts'

const mib = 1 << 20
const bytes = 48 * mib
const sellerBytesPerSecond = mib
const oneBtt = 10n ** 18n
const swarm = new TestSwarm('agent', { bytes, pieceLength: 1 << 16, seed: 12 })
let chain: TestChain
let sellers: readonly Seeder[]

interface Report {
  readonly paid: string
  readonly paidBytes: number
  readonly billed: string
  readonly estimate: { readonly secondsLeft: number; readonly cost: string }
  readonly benefit: { readonly known: boolean; readonly intervals: number }
  readonly deadline?: { readonly by: string; readonly expected: string; readonly met: boolean; readonly notBefore?: string }
}

beforeAll(async () => {
  chain = await startChain(swarm.home('chain').folder)
  const limits = ['--upload-limit', String(sellerBytesPerSecond)]
  const start = (name: string, devAccount: number): Promise<Seeder> =>
    swarm.seed(name, ['--ask', '1', ...limits, ...tradeOn(chain, devAccount)])
  sellers = [await start('first', 1), await start('second', 2), await start('third', 3)]
}, 60_000)
afterAll(() => swarm.close())

const addresses = (): string[] => sellers.map(({ address }) => address)

async function buy(name: string, devAccount: number, ...terms: string[]) {
  const args = [...terms, '--yes', ...tradeOn(chain, devAccount), '--jsonl']
  const getting = await swarm.get(name, addresses(), args)
  expect((await getting.end(150_000)).code, getting.printed).toBe(0)
  expect(swarm.difference(name)).toBeUndefined()
  const events = getting.out.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Report & { event: string })
  const result = events.at(-1)
  for (const e of events.filter((e: any) => e.event === 'progress').filter((_, i) => i % 4 === 0) as any[]) console.log(JSON.stringify([e.bytes / mib, Number(e.spendRatePerSecond) / 1e18, Number(e.paid) / 1e18, Number(e.billed) / 1e18, e.paidBytes / mib, Number(e.pricePerMiB) / 1e18, e.sources.map((x: any) => Math.round(x.receivedBytes / mib * 10) / 10)]))
  if (result?.event !== 'result') throw new Error(getting.printed)
  return { result, events }
}

/** Somebody who takes what it gets for nothing, for as long as `action` runs. */
async function contended<T>(name: string, action: () => Promise<T>): Promise<T> {
  const other = await swarm.get(name, addresses(), ['--upload-limit', '16K', '--jsonl', '--stay'])
  await untilBytes(other, mib)
  try {
    return await action()
  } finally {
    await other.stop('SIGINT')
  }
}

describe('a buyer with a budget and a time to be done by', () => {
  it('pays nothing while it would be in time for nothing', { timeout: 200_000 }, async () => {
    const { result } = await buy('alone', 4, '--budget', '100', '--done-by', '60s')
    expect(result).toMatchObject({ paid: '0', paidBytes: 0, deadline: { met: true } })
  })

  it('pays when others want the bytes too, keeps the time, and less than the budget', { timeout: 200_000 }, async () => {
    const { result } = await contended('rival', () => buy('hurried', 5, '--budget', '100', '--max-price', '10', '--done-by', '27s'))
    console.log(JSON.stringify(result))
    expect(result.deadline?.met).toBe(true)
    expect(BigInt(result.paid)).toBeGreaterThan(0n)
    expect(BigInt(result.paid)).toBeLessThan(100n * oneBtt)
  })
})
