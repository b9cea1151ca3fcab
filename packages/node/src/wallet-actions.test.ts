import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Btt, btt, oneBtt, silentLogger } from '@millrace/base'
import { type ChainNode, defaultGenesis, startChain } from '@millrace/chain'
import { domainSeparator, type SignedVoucher, voucherDigest } from '@millrace/voucher'
import { devMnemonic } from '@millrace/wallet'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OpenLedger, openBooksOf } from './payments/open-money.ts'
import type { LedgerAccess } from './payments/terms.ts'
import { addressOf, cash, deposit, readJournal, viewWallet, withdraw, withWallet } from './wallet-actions.ts'
import { addToBond, withdrawBond } from './wallet-bond.ts'
import { createKey } from './wallet-keys.ts'
import type { Spend } from './wallet-spend.ts'

const withdrawDelaySeconds = 2
const yes = async (): Promise<boolean> => true
const no = async (): Promise<boolean> => false
let chain: ChainNode
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'millrace-wallet-'))
  chain = await startChain({
    genesis: { ...defaultGenesis, vault: { withdrawDelaySeconds } },
    blockTime: { kind: 'on-demand', leastSeconds: 0 },
    rpc: { host: '127.0.0.1', port: 0 },
    logger: silentLogger,
  })
})
afterAll(async () => {
  await chain.close()
  rmSync(folder, { recursive: true, force: true })
})

function accessOf(index: number): LedgerAccess {
  const key = { kind: 'dev', index } as const
  return { rpcUrl: chain.rpcUrl, vault: chain.vaultAddress, key, booksFolder: path.join(folder, 'books') }
}

const on = <T>(index: number, use: (opened: OpenLedger) => Promise<T>): Promise<T> => withWallet(accessOf(index), use)

/** Signed by the payer of `opened` to the payee. */
async function voucherTo(opened: OpenLedger, payee: `0x${string}`, cumulative: Btt): Promise<SignedVoucher> {
  const voucher = { payer: opened.account, payee, cumulative, seq: 1n, totalIssued: cumulative }
  const digest = voucherDigest(domainSeparator(opened.ledger.domain), voucher)
  return { ...voucher, signature: await opened.key.signDigest(digest) }
}

test('a deposit moves the sum and its gas, after a yes that saw both', async () => {
  const amount = btt(12n * oneBtt + 3n)
  const before = await on(1, viewWallet)
  await expect(on(1, (opened) => deposit(opened, amount, no))).rejects.toMatchObject({ code: 'not-confirmed' })
  const asked: Spend[] = []
  const sent = await on(1, (opened) =>
    deposit(opened, amount, async (spend) => {
      asked.push(spend)
      return true
    }),
  )
  const after = await on(1, viewWallet)
  expect(after.vaultBalance).toBe(amount)
  expect(after.balance).toBe(before.balance - amount - sent.gasCost)
  expect(asked).toMatchObject([{ action: 'deposit', amount }])
  expect(sent.gasCost).toBeLessThanOrEqual(asked[0]?.gasCost ?? 0n)
})

test('a deposit of more than there is, or of nothing, is refused before anything is asked', async () => {
  const ask = async (): Promise<never> => expect.fail('asked')
  const much = btt(10n ** 36n)
  await expect(on(2, (opened) => deposit(opened, much, ask))).rejects.toMatchObject({ code: 'insufficient-funds' })
  await expect(on(2, (opened) => deposit(opened, btt(0n), ask))).rejects.toMatchObject({ code: 'bad-input' })
})

test('a withdrawal is planned, waits for the delay, then leaves; another amount plans anew and 0 cancels', async () => {
  const [five, three] = [btt(5n * oneBtt), btt(3n * oneBtt)]
  await on(3, (opened) => deposit(opened, five, yes))
  const step = (amount: Btt, nowSeconds: number) => on(3, (opened) => withdraw(opened, amount, nowSeconds, yes))
  await expect(step(btt(five + 1n), 0)).rejects.toMatchObject({ code: 'insufficient-funds' })
  expect(await step(three, 0)).toMatchObject({ state: 'planned', amount: three })
  expect(await step(btt(0n), 0)).toMatchObject({ state: 'cancelled' })
  expect((await on(3, viewWallet)).planned).toBeUndefined()
  await step(three, 0)
  const planned = await step(five, 0)
  if (planned.state !== 'planned') return expect.fail(planned.state)
  const { availableAtSeconds } = planned
  expect(await step(five, availableAtSeconds - 1)).toEqual({ state: 'waiting', amount: five, availableAtSeconds })
  await untilChainTime(availableAtSeconds)
  expect(await step(five, availableAtSeconds)).toMatchObject({ state: 'withdrawn', amount: five })
  expect(await on(3, viewWallet)).toMatchObject({ vaultBalance: 0n, withdrawn: five })
})

/** Each deposit makes a block whose time is that of the clock or just behind it. */
async function untilChainTime(seconds: number): Promise<void> {
  await on(9, async (opened) => {
    const now = (): number => Number(opened.chain.status.head.timestamp)
    while (now() < seconds) await deposit(opened, btt(1n), yes)
  })
}

test('cashing takes every voucher of the books once, and the journal of both sides says so', async () => {
  const [buyer, seller] = [4, 5]
  const amount = btt(7n * oneBtt)
  const sellerAccount = await on(seller, async ({ account }) => account)
  const voucher = await on(buyer, async (opened) => {
    await deposit(opened, btt(10n * oneBtt), yes)
    const signed = await voucherTo(opened, sellerAccount, amount)
    const books = await openBooksOf(accessOf(buyer), opened)
    await books.reserve({ seq: 1n, totalIssued: amount })
    books.issued(signed)
    await books.close()
    return signed
  })
  await on(seller, async (opened) => {
    const books = await openBooksOf(accessOf(seller), opened)
    books.accepted(voucher)
    await expect(cash(accessOf(seller), opened, yes)).rejects.toMatchObject({ code: 'locked' })
    await books.close()
    await expect(cash(accessOf(seller), opened, no)).rejects.toMatchObject({ code: 'not-confirmed' })
    expect(await cash(accessOf(seller), opened, yes)).toMatchObject({ vouchers: 1, cashed: amount, skipped: [] })
    expect(await cash(accessOf(seller), opened, yes)).toMatchObject({ vouchers: 0, cashed: 0n })
    expect(await viewWallet(opened)).toMatchObject({ vaultBalance: amount })
  })
  // The buyer's books learn of it when they are opened next: nothing is left to cash of its own.
  await on(buyer, (opened) => cash(accessOf(buyer), opened, yes))
  const cashed = { type: 'cashed', payer: voucher.payer, payee: sellerAccount, cashed: amount.toString() }
  for (const index of [buyer, seller]) {
    const lines = await on(index, async (opened) => [...readJournal(accessOf(index), opened)])
    expect(lines.map((line): unknown => JSON.parse(line))).toContainEqual(cashed)
  }
})

test('a key comes from a phrase, is kept under a password, and is never written over', async () => {
  const file = path.join(folder, 'key.json')
  const password = async (): Promise<string> => 'correct horse battery staple'
  const made = await createKey({ path: file, password, mnemonic: `${devMnemonic}\n`, index: 1 })
  expect(made).toEqual({
    address: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8',
    path: file,
    mnemonic: undefined,
  })
  expect(await addressOf({ kind: 'keystore', path: file, password })).toBe(made.address)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const text = readFileSync(file, 'utf8')
  await expect(createKey({ path: file, password, index: 0 })).rejects.toMatchObject({ code: 'exists' })
  expect(readFileSync(file, 'utf8')).toBe(text)
  const other = await createKey({ path: path.join(folder, 'new.json'), password, index: 0 })
  expect(other.mnemonic?.split(' ')).toHaveLength(12)
})

test('a bond is added to after a yes, shown beside the vault, and leaves in two steps', async () => {
  const [nine, four] = [btt(9n * oneBtt), btt(4n * oneBtt)]
  await expect(on(5, (opened) => addToBond(opened, nine, no))).rejects.toMatchObject({ code: 'not-confirmed' })
  const asked: Spend[] = []
  const noting = async (spend: Spend): Promise<boolean> => {
    asked.push(spend)
    return true
  }
  await on(5, (opened) => addToBond(opened, nine, noting))
  expect(await on(5, viewWallet)).toMatchObject({ bond: { amount: nine, planned: undefined } })
  const step = (amount: Btt, nowSeconds: number) => on(5, (opened) => withdrawBond(opened, amount, nowSeconds, noting))
  await expect(step(btt(nine + 1n), 0)).rejects.toMatchObject({ code: 'insufficient-funds' })
  expect(await step(nine, 0)).toMatchObject({ state: 'planned' })
  expect(await step(btt(0n), 0)).toMatchObject({ state: 'cancelled' })
  const planned = await step(four, 0)
  if (planned.state !== 'planned') throw new Error(planned.state)
  expect(await step(four, planned.availableAtSeconds - 1)).toMatchObject({ state: 'waiting' })
  // Blocks of this chain are a second apart: three make the delay of two pass.
  for (let i = 0; i < 3; i++) await on(6, (opened) => deposit(opened, btt(1n), yes))
  expect(await step(four, planned.availableAtSeconds)).toMatchObject({ state: 'withdrawn', amount: four })
  expect((await on(5, viewWallet)).bond).toMatchObject({ amount: nine - four, planned: undefined })
  expect(asked.map(({ action }) => action)).toEqual([
    'bond',
    'plan-withdraw-bond',
    'plan-withdraw-bond',
    'plan-withdraw-bond',
    'withdraw-bond',
  ])
})
