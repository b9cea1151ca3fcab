/** The ledger against a real chain: identity, coverage, deposits, withdrawals, cashing. */

import { btt, oneBtt, silentLogger, systemClock } from '@millrace/base'
import { type ChainNode, devAccount } from '@millrace/chain'
import { vaultAbi, vaultBytecode } from '@millrace/contracts'
import { bindLedger, type ChainLedger, openLedger, type VaultEvent } from '@millrace/ledger'
import { ledgerId } from '@millrace/voucher'
import { createWalletClient, encodeDeployData, type Hex, http, publicActions } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { minedReceipt } from '../../packages/chain/testing/receipt.ts'
import { eventually, openTestLedger, pauper, person, pollMs, signVoucher, startTestChain, ten } from './world.ts'

let chain: ChainNode
let ledger: ChainLedger
const [alice, bob, carol, dave] = [person(1), person(2), person(3), person(4)]

beforeAll(async () => {
  chain = await startTestChain()
  ledger = await openTestLedger(chain)
})
afterAll(async () => {
  await ledger.close()
  await chain.close()
})

test('states chain id, genesis, vault, delay and the id by which peers name it', () => {
  const { identity } = ledger
  expect(identity).toMatchObject({
    chainId: 19_990,
    genesisHash: chain.genesisHash,
    vault: chain.vaultAddress.toLowerCase(),
    withdrawDelaySeconds: 2n,
  })
  expect(identity.ledgerId).toEqual(ledgerId(identity.domain))
})

test('an address without code, another chain id and what is no address are refused with what was expected', async () => {
  const open = (vault: string, expectedChainId?: number) =>
    openLedger(
      { rpcUrl: chain.rpcUrl, vault, ...(expectedChainId === undefined ? {} : { expectedChainId }) },
      { clock: systemClock, logger: silentLogger },
    )
  await expect(open(`0x${'12'.repeat(20)}`)).rejects.toMatchObject({
    code: 'wrong-vault',
    message: /no contract at .*--vault/,
  })
  await expect(open(chain.vaultAddress, 199)).rejects.toMatchObject({
    code: 'wrong-chain',
    message: /19990, expected chain 199/,
  })
  await expect(open('vault')).rejects.toMatchObject({ code: 'bad-input' })
})

test('a contract that is no vault, and a vault of another chain, are refused', async () => {
  const client = createWalletClient({ account: devAccount(6), transport: http(chain.rpcUrl) }).extend(publicActions)
  const deploy = async (data: Hex): Promise<Hex> => {
    const hash = await client.sendTransaction({ data, chain: null })
    const { contractAddress } = await minedReceipt(client, hash)
    return contractAddress ?? '0x'
  }
  const stop = await deploy('0x60016000f3') // a contract of one byte that stops at once
  const args = [`0x${'5a'.repeat(32)}`, 2n] as const
  const foreign = await deploy(encodeDeployData({ abi: vaultAbi, bytecode: vaultBytecode, args }))
  const open = (vault: Hex) => openTestLedger({ ...chain, vaultAddress: vault })
  await expect(open(stop)).rejects.toMatchObject({ code: 'wrong-vault', message: /is no vault/ })
  await expect(open(foreign)).rejects.toMatchObject({ code: 'wrong-vault', message: /block 0 is 0x5a5a/ })
})

test('coverage is unknown until watched, then follows deposits of others by itself', async () => {
  expect(ledger.coverage(alice.account)).toBeUndefined()
  await ledger.watch(alice.account, [bob.account])
  expect(ledger.coverage(alice.account)).toEqual({
    deposited: 0n,
    withdrawn: 0n,
    planned: 0n,
    plannedAtSeconds: undefined,
    paidOut: 0n,
    bond: { amount: 0n, planned: 0n, provenAtSeconds: undefined },
  })
  const other = await openTestLedger(chain)
  await other.depositFor(bob.signer, alice.account, ten)
  await other.close()
  await eventually(ledger, () => ledger.coverage(alice.account)?.deposited === ten)
  expect(await ledger.vaultAccount(alice.account)).toMatchObject({ deposited: ten, balance: ten })
})

test('an account that cannot pay is told what is missing', async () => {
  const poor = pauper(9)
  await expect(ledger.depositFor(poor.signer, poor.account, ten)).rejects.toMatchObject({
    code: 'insufficient-funds',
    message: /has 0 BTT, but the deposit needs 10 BTT .* send it at least/,
    missing: ten,
  })
  const all = await ledger.balanceOf(carol.account)
  await expect(ledger.depositFor(carol.signer, carol.account, all)).rejects.toMatchObject({
    code: 'insufficient-funds',
    message: /for gas/,
  })
})

test('a plan and a withdrawal move coverage; too early is refused with the time', async () => {
  await ledger.watch(carol.account)
  await ledger.depositFor(carol.signer, carol.account, ten)
  await expect(ledger.withdraw(carol.signer, carol.account)).rejects.toMatchObject({
    code: 'reverted',
    message: /no withdrawal is planned/,
  })
  const planned = await ledger.planWithdraw(carol.signer, btt(4n * oneBtt))
  expect(ledger.coverage(carol.account)).toMatchObject({ planned: 4n * oneBtt })
  expect(ledger.coverage(carol.account)?.plannedAtSeconds).toBeGreaterThan(0n)
  expect(planned.succeeded).toBe(true)
  // Blocks of this chain are a second apart: three make the delay of two pass.
  for (let i = 0; i < 3; i++) await ledger.depositFor(dave.signer, dave.account, btt(1n))
  await ledger.withdraw(carol.signer, carol.account)
  expect(ledger.coverage(carol.account)).toMatchObject({
    deposited: ten,
    withdrawn: 4n * oneBtt,
    planned: 0n,
    plannedAtSeconds: undefined,
  })
})

test('cashes vouchers into the payee’s balance and reports what the vault skips', async () => {
  await ledger.watch(alice.account, [bob.account])
  const events: VaultEvent[] = []
  const stop = ledger.subscribe({ onEvents: (batch) => events.push(...batch) })
  const good = signVoucher(ledger, alice, {
    payee: bob.account,
    cumulative: btt(3n * oneBtt),
    seq: 1n,
    totalIssued: btt(3n * oneBtt),
  })
  const older = signVoucher(ledger, alice, {
    payee: bob.account,
    cumulative: btt(oneBtt),
    seq: 0n,
    totalIssued: btt(oneBtt),
  })
  const forged = signVoucher(
    ledger,
    carol,
    { payee: bob.account, cumulative: btt(oneBtt), seq: 1n, totalIssued: btt(oneBtt) },
    dave,
  )
  const empty = signVoucher(ledger, person(5), {
    payee: bob.account,
    cumulative: btt(7n),
    seq: 1n,
    totalIssued: btt(7n),
  })
  const report = await ledger.cashMany(bob.signer, [older, good, forged, empty])
  stop()
  expect(report.total).toBe(3n * oneBtt)
  expect(report.cashed).toEqual([{ voucher: good, amount: 3n * oneBtt, cashed: 3n * oneBtt }])
  expect(new Map(report.skipped.map(({ voucher, reason }) => [voucher.payer, reason]))).toEqual(
    new Map([
      [carol.account, 'bad-signature'],
      [person(5).account, 'empty-balance'],
    ]),
  )
  expect(report.gasCost).toBeGreaterThan(0n)
  expect(ledger.cashed(alice.account, bob.account)).toBe(3n * oneBtt)
  expect(ledger.coverage(alice.account)).toMatchObject({ paidOut: 3n * oneBtt })
  expect(events.filter((event) => event.type === 'cashed')).toMatchObject([
    { payer: alice.account, payee: bob.account, amount: 3n * oneBtt, cashed: 3n * oneBtt },
  ])
  await expect(ledger.cash(bob.signer, good)).rejects.toMatchObject({ code: 'reverted', message: /nothing-new/ })
})

test('the port of vouchers: deposit, watch, cash, outcomes in base units', async () => {
  const port = bindLedger(ledger, dave.signer)
  let blocks = 0
  const stop = port.onBlock(() => {
    blocks += 1
  })
  await port.watch(dave.account, alice.account)
  const before = port.coverage(dave.account)?.deposited ?? 0n
  await port.depositFor(dave.account, btt(5n))
  expect(port.coverage(dave.account)?.deposited).toBe(before + 5n)
  const voucher = signVoucher(ledger, dave, {
    payee: alice.account,
    cumulative: btt(2n),
    seq: 1n,
    totalIssued: btt(2n),
  })
  expect(await port.cash([voucher])).toEqual([{ payer: dave.account, payee: alice.account, paid: 2n, cashed: 2n }])
  expect(await port.cash([voucher])).toEqual([
    { payer: dave.account, payee: alice.account, paid: 0n, cashed: 2n, skipped: 'nothing-new' },
  ])
  expect(port.cashed(dave.account, alice.account)).toBe(2n)
  stop()
  expect(blocks).toBeGreaterThanOrEqual(3)
})

test('many transactions of one key at once are all mined, in order', async () => {
  await ledger.watch(alice.account)
  const before = ledger.coverage(alice.account)?.deposited ?? 0n
  const receipts = await Promise.all(
    Array.from({ length: 12 }, (_, i) => ledger.depositFor(alice.signer, alice.account, btt(BigInt(i + 1)))),
  )
  expect(new Set(receipts.map((receipt) => receipt.transactionHash)).size).toBe(12)
  const order = receipts.map((receipt) => receipt.blockNumber)
  expect(order).toEqual([...order].sort((a, b) => Number(a - b)))
  expect(ledger.coverage(alice.account)?.deposited).toBe(before + 78n)
})

test('two clients with one key find each other’s nonces and both get through', async () => {
  const other = await openTestLedger(chain)
  const before = (await ledger.vaultAccount(carol.account)).deposited
  await Promise.all(
    [ledger, other, ledger, other].map((client, i) =>
      client.depositFor(carol.signer, carol.account, btt(10n ** BigInt(i))),
    ),
  )
  await other.close()
  expect((await ledger.vaultAccount(carol.account)).deposited).toBe(before + 1111n)
})

test('a run that saved its cursor gets every event since, once', async () => {
  const first = await openTestLedger(chain)
  await first.poll()
  const { cursor } = first
  await first.close()
  await ledger.depositFor(bob.signer, bob.account, btt(11n))
  await ledger.depositFor(bob.signer, bob.account, btt(12n))
  const second = await openLedger(
    { rpcUrl: chain.rpcUrl, vault: chain.vaultAddress, pollMs, cursor },
    { clock: systemClock, logger: silentLogger },
  )
  const amounts: bigint[] = []
  second.subscribe({
    onEvents: (events) =>
      amounts.push(...events.flatMap((event) => (event.type === 'deposited' ? [event.amount] : []))),
  })
  await eventually(second, () => amounts.length >= 2)
  await second.poll()
  expect(amounts).toEqual([11n, 12n])
  await second.close()
  await expect(second.balanceOf(bob.account)).rejects.toMatchObject({ code: 'closed' })
})
