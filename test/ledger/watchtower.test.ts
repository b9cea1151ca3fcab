/** Bonds and the watch over payers, on a real chain: what others cash is read from its blocks. */

import { type Btt, btt, oneBtt, silentLogger } from '@millrace/base'
import { type ChainNode, defaultGenesis, startChain } from '@millrace/chain'
import type { ChainLedger } from '@millrace/ledger'
import { inlineVerifier, type SignedVoucher } from '@millrace/voucher'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Watchtower } from '../../packages/node/src/payments/watchtower.ts'
import { eventually, openTestLedger, type Person, person, signVoucher } from './world.ts'

const [payer, bob, carol, dave] = [person(1), person(2), person(3), person(4)]
const bonded = btt(1_600n * oneBtt)
const claimSeconds = 3_600
/** Blocks that follow each other at once carry times ahead of the clock. */
const slackSeconds = 60
const units = (amount: bigint): Btt => btt(amount * oneBtt)

let chain: ChainNode
let ledger: ChainLedger
/** What the clock of the chain is ahead of the wall's. */
let aheadSeconds = 0
const nowSeconds = () => BigInt(Math.floor(Date.now() / 1000) + aheadSeconds)

beforeEach(async () => {
  aheadSeconds = 0
  chain = await startChain({
    genesis: { ...defaultGenesis, vault: { withdrawDelaySeconds: claimSeconds } },
    blockTime: { kind: 'on-demand', leastSeconds: 0 },
    rpc: { host: '127.0.0.1', port: 0 },
    wallSeconds: () => Date.now() / 1000 + aheadSeconds,
  })
  ledger = await openTestLedger(chain)
})
afterEach(async () => {
  await ledger.close()
  await chain.close()
})

/** Bob's watch over whoever paid him. */
function watch(held: SignedVoucher[], by = bob, clock = nowSeconds) {
  return new Watchtower({
    chain: ledger,
    signer: by.signer,
    account: by.account,
    verifier: inlineVerifier,
    newest: (account) => held.findLast((voucher) => voucher.payer === account),
    cashedFrom: (account) => ledger.cashed(account, by.account) ?? btt(0n),
    cashNow: async () => {
      await ledger.cashMany(by.signer, held)
    },
    nowSeconds: clock,
    logger: silentLogger,
  })
}

const bondsOf = (each: ChainLedger) => {
  if (each.bonds === undefined) throw new Error('a ledger without bonds')
  return each.bonds
}
const voucher = (to: Person, cumulative: bigint, seq: bigint, total = cumulative) =>
  signVoucher(ledger, payer, { payee: to.account, cumulative: units(cumulative), seq, totalIssued: units(total) })

async function setUp(deposit: bigint): Promise<void> {
  await ledger.watch(payer.account, [bob.account])
  await ledger.depositFor(payer.signer, payer.account, units(deposit))
  await bondsOf(ledger).act(payer.signer, { type: 'bond', payer: payer.account, amount: bonded })
}

test('a bond is seen beside what covers, follows its plan, and leaves after the delay', async () => {
  await setUp(10n)
  const bonds = bondsOf(ledger)
  expect(ledger.coverage(payer.account)).toMatchObject({
    deposited: units(10n),
    bond: { amount: bonded, planned: 0n, provenAtSeconds: undefined },
  })
  await bonds.act(payer.signer, { type: 'plan-withdraw', amount: units(600n) })
  expect(ledger.coverage(payer.account)?.bond?.planned).toBe(units(600n))
  const early = bonds.act(payer.signer, { type: 'withdraw', to: payer.account })
  await expect(early).rejects.toMatchObject({ code: 'reverted', message: /available from/ })
  aheadSeconds += claimSeconds + slackSeconds
  await bonds.act(payer.signer, { type: 'withdraw', to: payer.account })
  expect(ledger.coverage(payer.account)?.bond).toMatchObject({ amount: units(1_000n), planned: 0n })
})

test('a payee proves an over-issue by what another payee cashed, cashes first, claims, and takes its part', async () => {
  await setUp(10n)
  const [toBob, toCarol] = [voucher(bob, 10n, 1n), voucher(carol, 9n, 1n)]
  const tower = watch([toBob])
  tower.accepted(toBob)
  await ledger.cash(carol.signer, toCarol)
  await tower.look([])
  expect(ledger.coverage(payer.account)?.bond).toMatchObject({ amount: 0n })
  expect(ledger.coverage(payer.account)?.bond?.provenAtSeconds).toBeGreaterThan(0n)
  expect(await ledger.cashedOf(payer.account, bob.account)).toBe(units(1n))
  expect(await bondsOf(ledger).potOf(payer.account, bob.account)).toEqual({
    size: bonded / 2n,
    claimed: units(9n),
    ownClaim: units(9n),
  })
  await tower.look([payer.account])
  expect((await ledger.vaultAccount(bob.account)).balance).toBe(units(1n) + bonded / 16n)
  aheadSeconds += claimSeconds + slackSeconds
  await tower.look([payer.account])
  expect((await ledger.vaultAccount(bob.account)).balance).toBe(units(10n) + bonded / 16n)
  await tower.close()
  const late = signVoucher(ledger, payer, {
    payee: dave.account,
    cumulative: units(1n),
    seq: 9n,
    totalIssued: units(30n),
  })
  const claim = bondsOf(ledger).act(dave.signer, { type: 'claim', voucher: late })
  await expect(claim).rejects.toMatchObject({ code: 'reverted' })
})

test('what the chain refuses to pay out is asked for again: a clock ahead of the chain’s loses no claim', async () => {
  await setUp(10n)
  const [toBob, toCarol] = [voucher(bob, 10n, 1n), voucher(carol, 9n, 1n)]
  let early = 0n
  const tower = watch([toBob], bob, () => nowSeconds() + early)
  tower.accepted(toBob)
  await ledger.cash(carol.signer, toCarol)
  await tower.look([])
  await tower.look([payer.account])
  const before = (await ledger.vaultAccount(bob.account)).balance
  early = BigInt(claimSeconds + slackSeconds)
  await tower.look([payer.account])
  expect((await ledger.vaultAccount(bob.account)).balance).toBe(before)
  early = 0n
  aheadSeconds += claimSeconds + slackSeconds
  await tower.look([payer.account])
  expect((await ledger.vaultAccount(bob.account)).balance).toBe(before + units(9n))
  await tower.close()
})

test('sums above the total that the payer named to us are found in batches that others cash', async () => {
  await setUp(30n)
  const toBob = voucher(bob, 10n, 9n, 20n)
  const tower = watch([toBob])
  tower.accepted(toBob)
  await ledger.cashMany(carol.signer, [voucher(carol, 8n, 3n), voucher(dave, 7n, 4n, 15n)])
  await tower.look([])
  expect(ledger.coverage(payer.account)?.bond?.provenAtSeconds).toBeGreaterThan(0n)
  // All of it could be cashed, so there is nothing to claim.
  expect(await ledger.cashedOf(payer.account, bob.account)).toBe(units(10n))
  expect((await bondsOf(ledger).potOf(payer.account, bob.account)).ownClaim).toBe(0n)
  await tower.close()
})

test('another’s proof lets a payee claim, and honest payers are left alone', async () => {
  await setUp(10n)
  const toBob = voucher(bob, 10n, 2n, 19n)
  const tower = watch([toBob])
  tower.accepted(toBob)
  await ledger.cash(carol.signer, voucher(carol, 9n, 1n))
  await tower.look([payer.account])
  expect(ledger.coverage(payer.account)?.bond).toMatchObject({ amount: bonded, provenAtSeconds: undefined })
  const proof = { statement: voucher(dave, 1n, 7n), others: [voucher(dave, 2n, 7n)] }
  await bondsOf(ledger).act(dave.signer, { type: 'prove', proof })
  await tower.look([payer.account])
  expect((await bondsOf(ledger).potOf(payer.account, bob.account)).ownClaim).toBe(units(9n))
  await tower.close()
})

test('a proof that costs more than it brings is not sent', async () => {
  await ledger.watch(payer.account, [bob.account])
  await ledger.depositFor(payer.signer, payer.account, units(30n))
  await bondsOf(ledger).act(payer.signer, { type: 'bond', payer: payer.account, amount: btt(oneBtt / 10n) })
  const toBob = voucher(bob, 10n, 1n)
  const tower = watch([toBob])
  tower.accepted(toBob)
  await ledger.cash(carol.signer, voucher(carol, 9n, 1n))
  await tower.look([payer.account])
  expect(tower.isContradicted(payer.account)).toBe(true)
  expect(ledger.coverage(payer.account)?.bond?.provenAtSeconds).toBeUndefined()
  expect(await ledger.cashedOf(payer.account, bob.account)).toBe(units(10n))
  await tower.close()
})

test('bonds of another vault are refused', async () => {
  await expect(openTestLedger(chain, { bond: chain.vaultAddress })).rejects.toMatchObject({ code: 'wrong-vault' })
  const other = await openTestLedger(chain, { bond: chain.bondAddress })
  expect(other.bonds?.identity).toMatchObject({ address: chain.bondAddress.toLowerCase(), claimSeconds: 3_600n })
  await other.watch(payer.account)
  await eventually(other, () => other.coverage(payer.account) !== undefined)
  expect(other.coverage(payer.account)?.bond).toEqual({ amount: 0n, planned: 0n, provenAtSeconds: undefined })
  await other.close()
})
