/** A payee cashes through the network's incentive pool where that pays, on the real chain, and at the vault where not. */

import { btt, oneBtt, silentLogger, systemClock } from '@millrace/base'
import { type ChainNode, defaultGenesis } from '@millrace/chain'
import { incentivesAbi, issueAddresses } from '@millrace/contracts'
import { type ChainLedger, openContracts } from '@millrace/ledger'
import { encodeFunctionData, type Hex } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rpc } from '../../packages/chain/testing/clients.ts'
import { openTestLedger, type Person, pauper, person, signVoucher, startTestChain } from './world.ts'

let chain: ChainNode
let ledger: ChainLedger
const [alice, bob, carol, dave, patron] = [person(1), person(2), person(3), person(4), person(5)]
const pool = issueAddresses.incentives

beforeAll(async () => {
  chain = await startTestChain()
  ledger = await openTestLedger(chain)
  for (const payer of [alice, carol, dave]) await ledger.depositFor(payer.signer, payer.account, btt(1_000n * oneBtt))
})
afterAll(async () => {
  await ledger.close()
  await chain.close()
})

const issued = new Map<Person, bigint>()
let seq = 0n

/** A voucher of `amount` more than the last. */
function voucher(payer: Person, payee: Person, amount: bigint) {
  const cumulative = btt((issued.get(payer) ?? 0n) + amount)
  issued.set(payer, cumulative)
  seq += 1n
  return signVoucher(ledger, payer, { payee: payee.account, cumulative, seq, totalIssued: cumulative })
}

async function back(payer: Person, amount: bigint) {
  const client = await openContracts({ rpcUrl: chain.rpcUrl, pollMs: 20 }, { clock: systemClock, logger: silentLogger })
  const data = encodeFunctionData({ abi: incentivesAbi, functionName: 'back', args: [payer.account] })
  await client.send(patron.signer, { to: pool, data, value: amount, purpose: 'backing' })
}

async function calledBy(hash: Hex | undefined): Promise<unknown> {
  const { result } = await rpc(chain.rpcUrl, 'eth_getTransactionByHash', hash)
  return (result as { to: Hex }).to // eth's shape
}

const balanceOf = async (person: Person) => (await ledger.vaultAccount(person.account)).balance

test('vouchers of a payer that somebody backs are cashed through the pool: its tenth comes on top', async () => {
  await back(alice, 100n * oneBtt)
  const rewards: bigint[] = []
  const end = ledger.subscribe({ onReward: (amount) => rewards.push(amount) })
  const before = await ledger.balanceOf(bob.account)
  const report = await ledger.cashMany(bob.signer, [voucher(alice, bob, 50n * oneBtt)])
  end()
  expect(await calledBy(report.transactions[0])).toBe(pool)
  expect(report.total).toBe(50n * oneBtt)
  // A tenth of what was cashed, and a part of the gas.
  expect(report.rewards).toBeGreaterThan(5n * oneBtt)
  expect(report.rewards).toBeLessThan(5n * oneBtt + report.gasCost)
  expect(rewards).toEqual([report.rewards])
  expect(await balanceOf(bob)).toBe(50n * oneBtt + report.rewards)
  expect(before - (await ledger.balanceOf(bob.account))).toBe(report.gasCost)
  expect(await ledger.vouchersIn(report.transactions[0] ?? '0x')).toMatchObject([{ payer: alice.account }])
})

test('where the pool adds less than its gas, and where dust was burned, the vault alone is called', async () => {
  await back(carol, 10n ** 9n)
  const report = await ledger.cashMany(bob.signer, [voucher(carol, bob, 50n * oneBtt)])
  expect(await calledBy(report.transactions[0])).toBe(chain.vaultAddress.toLowerCase())
  expect(report).toMatchObject({ total: 50n * oneBtt, rewards: 0n })
})

test('what backing gives for vouchers cashed before is claimed, and once', async () => {
  await ledger.cashMany(bob.signer, [voucher(dave, bob, 40n * oneBtt)])
  expect(await ledger.claimRewards(bob.signer, [alice.account, dave.account])).toBeUndefined()
  await back(dave, 100n * oneBtt)
  const before = await balanceOf(bob)
  const claimed = await ledger.claimRewards(bob.signer, [alice.account, dave.account])
  expect(claimed?.rewards).toBe(4n * oneBtt)
  expect((await balanceOf(bob)) - before).toBe(4n * oneBtt)
  expect(await ledger.claimRewards(bob.signer, [alice.account, dave.account])).toBeUndefined()
})

test('vouchers cashed to another address, or for several payees at once, go to the vault', async () => {
  await back(alice, 100n * oneBtt)
  const away = await ledger.cashMany(bob.signer, [voucher(alice, bob, 50n * oneBtt)], pauper(7).account)
  expect(await calledBy(away.transactions[0])).toBe(chain.vaultAddress.toLowerCase())
  expect(await ledger.balanceOf(pauper(7).account)).toBe(50n * oneBtt)
})

test('an empty pool, and a chain without one, are left out', async () => {
  const elsewhere = `0x${'ee'.repeat(20)}`
  const allocation = defaultGenesis.allocation.map((row) =>
    row.address === pool ? { ...row, address: elsewhere } : row,
  )
  const poor = await startTestChain({ genesis: { ...defaultGenesis, allocation } })
  const own = await openTestLedger(poor)
  try {
    await own.depositFor(alice.signer, alice.account, btt(100n * oneBtt))
    const fields = { payee: bob.account, cumulative: btt(50n * oneBtt), seq: 1n, totalIssued: btt(50n * oneBtt) }
    const report = await own.cashMany(bob.signer, [signVoucher(own, alice, fields)])
    expect(report).toMatchObject({ total: 50n * oneBtt, rewards: 0n })
    const { result } = await rpc(poor.rpcUrl, 'eth_getTransactionByHash', report.transactions[0])
    expect(result).toMatchObject({ to: poor.vaultAddress.toLowerCase() })
  } finally {
    await own.close()
    await poor.close()
  }
})
