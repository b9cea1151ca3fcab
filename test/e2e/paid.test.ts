/** Buying and selling between separate processes over a real chain. Amounts are base units in decimal strings. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { audit, rpcCall, startChain, type TestChain, tradeOn } from '../support/economy.ts'
import type { Running } from '../support/processes.ts'
import { TestSwarm } from '../support/swarm.ts'

/** Six seconds at the seller's limit: quote, bid and first voucher take the first. */
const bytes = 24 << 20
const oneBtt = 10n ** 18n
const swarm = new TestSwarm('paid', { bytes, pieceLength: 1 << 16, seed: 4 })
/** A lone buyer would be served for nothing: its bid buys no more than it gets anyway. */
const sells = ['--ask', '1', '--bill', 'always']
let chain: TestChain

interface Sale {
  readonly uploadedBytes: number
  readonly earned: string
  readonly cashed: string
}

interface Purchase {
  readonly bytes: number
  readonly paidBytes: number
  readonly billed: string
  readonly paid: string
  readonly vouchers: number
}

beforeAll(async () => {
  chain = await startChain(swarm.home('chain').folder)
})
afterAll(() => swarm.close())

async function wallet(devAccount: number, ...args: string[]): Promise<Running> {
  const running = swarm.start(`wallet-${devAccount}`, ['wallet', ...args, ...tradeOn(chain, devAccount), '--json'])
  await running.end(30_000)
  return running
}

/** The statement from gross to net, and a journal of rows that sum to nothing, as a person gets them. */
async function expectBooksOf(home: string, devAccount: number, sums: Readonly<Record<string, string>>): Promise<void> {
  const ask = async (...args: string[]): Promise<Running> => {
    const running = swarm.start(home, ['wallet', ...args, ...tradeOn(chain, devAccount)])
    expect((await running.end(30_000)).code, running.printed).toBe(0)
    return running
  }
  const { total } = (await ask('statement', '--by', 'all', '--json')).json<{ total: Record<string, string> }>()
  expect(total).toMatchObject(sums)
  const of = (kind: string): bigint => BigInt(total[kind] ?? '')
  expect(of('gas')).toBeGreaterThan(0n)
  expect(of('net')).toBe(of('billed') + of('rewarded') - of('writtenOff') - of('issued') - of('gas'))
  const [, ...rows] = (await ask('journal', '--csv')).out.map((line) => line.split(','))
  expect(rows.reduce((sum, row) => sum + BigInt(row[4] ?? ''), 0n)).toBe(0n)
  const gasRows = rows.filter((row) => row[2] === 'gas' && row[3] === 'gas')
  expect(gasRows.reduce((sum, row) => sum + BigInt(row[4] ?? ''), 0n)).toBe(of('gas'))
}

describe('a paid download', () => {
  it('is billed, paid by vouchers, cashed as the seller ends, and the sums add up', { timeout: 120_000 }, async () => {
    const limit = ['--upload-limit', String(4 << 20)]
    const seeder = await swarm.seed('seller', [...sells, ...tradeOn(chain, 1), ...limit])
    const terms = ['--bid', '4', '--max-price', '2', '--budget', '1000', '--yes']
    const getting = await swarm.get('buyer', [seeder.address], [...terms, ...tradeOn(chain, 2), '--json'])
    expect((await getting.end(90_000)).code, getting.printed).toBe(0)
    expect(swarm.difference('buyer')).toBeUndefined()
    const purchase = getting.json<Purchase>()
    await seeder.running.stop('SIGINT')
    const sale = seeder.running.json<Sale>()
    expect(purchase.paidBytes).toBeGreaterThan(bytes / 2)
    expect(purchase.vouchers).toBeGreaterThan(0)
    expect(BigInt(purchase.paid)).toBeGreaterThan(0n)
    expect(sale.earned).toBe(purchase.paid)
    expect(sale.cashed).toBe(purchase.paid)
    const { paid } = purchase
    const journals = { files: 2, issued: paid, accepted: paid, cashed: paid }
    expect(await audit(chain, swarm.folder)).toMatchObject({ imbalance: '0', paidOut: paid, journals, warnings: [] })
    await expectBooksOf('seller', 1, { accepted: paid, cashed: paid, issued: '0' })
    await expectBooksOf('buyer', 2, { issued: paid, billed: '0', accepted: '0' })
  })

  it('never spends above its budget, down to the base unit', { timeout: 120_000 }, async () => {
    const limit = ['--upload-limit', String(4 << 20)]
    const seeder = await swarm.seed('seller', [...sells, ...tradeOn(chain, 1), ...limit])
    const budget = 3n * oneBtt + 1n
    const terms = ['--bid', '64', '--max-price', '1', '--budget', '3.000000000000000001', '--yes']
    const getting = await swarm.get('thrifty', [seeder.address], [...terms, ...tradeOn(chain, 3), '--json'])
    const ended = await getting.end(90_000)
    expect([0, 8], getting.printed).toContain(ended.code)
    const paid = BigInt(getting.json<Purchase>().paid)
    expect(paid).toBeLessThanOrEqual(budget)
    expect(paid).toBeGreaterThan((budget * 9n) / 10n)
    await seeder.running.stop('SIGINT')
    expect(seeder.running.json<Sale>().cashed).toBe(String(paid))
  })

  it('is refused with 8 when the account does not hold the budget', async () => {
    const terms = ['--bid', '1', '--max-price', '1', '--budget', '999000000000000000', '--yes']
    const getting = await swarm.get('poor', ['127.0.0.1:1'], [...terms, ...tradeOn(chain, 4), '--json'])
    expect((await getting.end(30_000)).code, getting.printed).toBe(8)
  })

  it('needs a chain: without one the market is off, and one line says so', { timeout: 60_000 }, async () => {
    const seeder = await swarm.seed('seller-without-chain', ['--ask', '1'])
    const getting = await swarm.get('without-chain', [seeder.address], ['--bid', '1', '--max-price', '1', '--json'])
    expect((await getting.end(60_000)).code, getting.printed).toBe(0)
    expect(getting.err.filter((line) => /market (is )?off/i.test(line))).toHaveLength(1)
    expect(swarm.difference('without-chain')).toBeUndefined()
  })
})

describe('wallet', () => {
  it('shows what the chain says', async () => {
    const balance = (await wallet(5, 'balance')).json<{ address: string; balance: string; vaultBalance: string }>()
    const onChain = await rpcCall(chain.rpc, 'eth_getBalance', [balance.address, 'latest'])
    expect(balance.address).toBe('0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc')
    expect(BigInt(balance.balance)).toBe(BigInt(String(onChain)))
    expect(balance.vaultBalance).toBe('0')
  })

  it('deposits to the base unit', async () => {
    const deposit = await wallet(6, 'deposit', '12.000000000000000003', '--yes')
    expect((await deposit.ended).code, deposit.printed).toBe(0)
    const balance = (await wallet(6, 'balance')).json<{ vaultBalance: string }>()
    expect(BigInt(balance.vaultBalance)).toBe(12n * oneBtt + 3n)
  })

  it('plans a withdrawal and says when, then waits for that', async () => {
    expect((await (await wallet(8, 'deposit', '5', '--yes')).ended).code).toBe(0)
    const planned = (await wallet(8, 'withdraw', '5', '--yes')).json<{ state: string; availableAtSeconds: number }>()
    expect(planned.state).toBe('planned')
    expect(planned.availableAtSeconds).toBeGreaterThan(Date.now() / 1000 + 23 * 3600)
    const { availableAtSeconds } = planned
    const again = (await wallet(8, 'withdraw', '5', '--yes')).json<object>()
    expect(again).toEqual({ state: 'waiting', amount: String(5n * oneBtt), availableAtSeconds })
  })

  it('sends nothing without a yes', async () => {
    const deposit = await wallet(9, 'deposit', '1')
    expect((await deposit.ended).code).toBe(1)
    expect((await wallet(9, 'balance')).json<{ vaultBalance: string }>().vaultBalance).toBe('0')
  })

  it('cashes what the books hold: nothing for who sold nothing', async () => {
    const cash = await wallet(9, 'cash', '--yes')
    expect((await cash.ended).code, cash.printed).toBe(0)
    expect(cash.json<object>()).toMatchObject({ vouchers: 0, cashed: '0' })
  })

  it('refuses to deposit what is not there: 8', async () => {
    expect((await (await wallet(7, 'deposit', '999000000000000000', '--yes')).ended).code).toBe(8)
  })

  it('gets 11 from a chain that is not there', async () => {
    const args = ['wallet', 'balance', '--rpc', 'http://127.0.0.1:1', '--vault', chain.vault, '--dev-account', '0']
    const running = swarm.start('no-chain', args)
    expect([3, 11], running.printed).toContain((await running.end(60_000)).code)
  })
})
