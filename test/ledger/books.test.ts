/** Books that are lost, restored from a backup, or at work twice: real books on disk against a real chain. */

import { cpSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Btt, btt, oneBtt, silentLogger } from '@millrace/base'
import type { ChainNode } from '@millrace/chain'
import { UploadMarket } from '@millrace/market'
import { accept, findContradiction, isCovered, keySigner, type SignedVoucher } from '@millrace/voucher'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DeskBooks } from '../../packages/node/src/payments/desk-books.ts'
import { buildPayments, openBooksOf, openLedgerAccess } from '../../packages/node/src/payments/open-money.ts'
import { Payer } from '../../packages/node/src/payments/payer.ts'
import { followVault } from '../../packages/node/src/payments/vault-follower.ts'
import { viewWallet, withdraw } from '../../packages/node/src/wallet-actions.ts'
import { openTestLedger, type Person, pauper, person, startTestChain } from './world.ts'

const units = (amount: bigint): Btt => btt(amount * oneBtt)
const [payer, bob, carol] = [person(1), person(2), person(3)]
const budget = units(1_000n)
let chain: ChainNode
let folder: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-books-'))
  chain = await startTestChain()
  const ledger = await openTestLedger(chain)
  await ledger.depositFor(payer.signer, payer.account, units(100n))
  await ledger.close()
})
afterEach(async () => {
  await chain.close()
  rmSync(folder, { recursive: true, force: true })
})

const accessOf = (books: string) => ({
  rpcUrl: chain.rpcUrl,
  vault: chain.vaultAddress,
  key: { kind: 'dev', index: 1 } as const,
  booksFolder: join(folder, books),
})

/** A buyer's side as a node opens it, without peers. */
async function openBuyer(name: string) {
  const access = accessOf(name)
  const opened = await openLedgerAccess(access, silentLogger)
  const books = await DeskBooks.open((onError) => openBooksOf(access, opened, onError), silentLogger)
  let isHalted = false
  const vault = followVault(opened, books, silentLogger, (paidTo) => {
    isHalted ||= buyer.paidOut(paidTo)
  })
  const buyer = new Payer({ ledger: opened.ledger, signer: keySigner(payer.key), books }, budget)
  await vault.catchUp()
  return {
    buyer,
    chain: opened.chain,
    isHalted: () => isHalted,
    async pay(payee: Person, amount: bigint): Promise<SignedVoucher> {
      const voucher = await buyer.issue(payee.account, units(amount))
      if (voucher === undefined) throw new Error('nothing was signed')
      return voucher
    },
    async close() {
      await vault.close()
      await books.close(await buyer.finish())
      await opened.chain.close()
    },
  }
}

/** As `millrace get` starts: refuses or answers a desk. */
function startBuying(name: string, areBooksMoved = false) {
  const buying = { spendRatePerSecond: units(1n), priceMaxPerMiB: units(1n), budget: units(10n) }
  const capacity = { kind: 'limited', bytesPerSecond: 1 << 20 } as const
  const options = { ...accessOf(name), buying, areBooksMoved, sells: false, confirmDeposit: async () => true }
  return buildPayments(options, new UploadMarket({ capacity, askPerMiB: undefined }), silentLogger)
}

async function cashBy(payee: Person, voucher: SignedVoucher): Promise<void> {
  const ledger = await openTestLedger(chain)
  await ledger.cash(payee.signer, voucher)
  await ledger.close()
}

test('a restored backup whose key was used since is refused, and its money goes to a new key', async () => {
  const first = await openBuyer('books')
  await first.pay(bob, 50n)
  await first.close()
  cpSync(join(folder, 'books'), join(folder, 'backup'), { recursive: true })
  const second = await openBuyer('books')
  const toCarol = await second.pay(carol, 20n)
  await second.close()
  await cashBy(carol, toCarol)
  // Also against its owner's word. Less was paid than the backup knows to be promised: by the sum alone it would pass.
  await expect(startBuying('backup', true)).rejects.toMatchObject({ code: 'outdated-books', message: /never promised/ })
  const desk = await startBuying('books')
  await desk.close()

  const fresh = pauper(77)
  const opened = await openLedgerAccess(accessOf('backup'), silentLogger)
  const yes = async () => true
  const left = (await viewWallet(opened)).vaultBalance
  expect(left).toBe(units(80n))
  await withdraw(opened, left, 0, yes)
  // Blocks of this chain are a second apart: three make the delay of two pass.
  for (let i = 0; i < 3; i++) await opened.chain.depositFor(bob.signer, bob.account, btt(1n))
  expect(await withdraw(opened, left, Math.floor(Date.now() / 1000) + 60, yes)).toMatchObject({ state: 'withdrawn' })
  await opened.chain.depositFor(opened.key, fresh.account, left)
  expect((await opened.chain.vaultAccount(fresh.account)).balance).toBe(left)
  await opened.chain.close()
})

test('a restored backup is refused although nothing was cashed since, and put back over newer books, too', async () => {
  const [books, backup] = [join(folder, 'books'), join(folder, 'backup')]
  const first = await openBuyer('books')
  const toBob = await first.pay(bob, 50n)
  await first.close()
  cpSync(books, backup, { recursive: true, preserveTimestamps: true })
  const second = await openBuyer('books')
  const toCarol = await second.pay(carol, 20n)
  await second.close()
  await expect(startBuying('backup')).rejects.toMatchObject({ code: 'outdated-books', message: /copied or restored/ })
  cpSync(backup, books, { recursive: true, preserveTimestamps: true })
  await expect(startBuying('books')).rejects.toMatchObject({ code: 'outdated-books', message: /copied or restored/ })
  // It is not forgotten by opening them for something else.
  await expect(startBuying('books')).rejects.toMatchObject({ code: 'outdated-books' })
  // What it would have signed is what a bond is lost for.
  const forced = await openBuyer('books')
  expect(findContradiction([toBob, toCarol, await forced.pay(bob, 1n)])).toBeDefined()
  await forced.close()
})

test('books that were moved are taken at their owner’s word, and renaming their folder is no move', async () => {
  const first = await openBuyer('books')
  await first.pay(bob, 5n)
  await first.close()
  renameSync(join(folder, 'books'), join(folder, 'renamed'))
  await (await startBuying('renamed')).close()
  cpSync(join(folder, 'renamed'), join(folder, 'moved'), { recursive: true })
  await expect(startBuying('moved')).rejects.toMatchObject({ code: 'outdated-books' })
  await (await startBuying('moved', true)).close()
  await (await startBuying('moved')).close()
})

test('of two nodes with one key the one that did not sign what was cashed signs nothing more', async () => {
  const first = await openBuyer('books')
  await first.pay(bob, 5n)
  await first.close()
  cpSync(join(folder, 'books'), join(folder, 'copy'), { recursive: true })
  const [one, other] = [await openBuyer('books'), await openBuyer('copy')]
  const toBob = await one.pay(bob, 1n)
  const toCarol = await other.pay(carol, 2n)
  // Whoever sees both can prove it: the key's bond is at stake.
  expect(findContradiction([toBob, toCarol])).toBeDefined()
  await cashBy(carol, toCarol)
  await one.chain.poll()
  expect(one.isHalted()).toBe(true)
  expect(await one.buyer.issue(bob.account, units(1n))).toBeUndefined()
  await other.chain.poll()
  expect(other.isHalted()).toBe(false)
  await other.pay(carol, 1n)
  await Promise.all([one.close(), other.close()])
})

test('a second node on the same books is refused by their lock', async () => {
  const first = await openBuyer('books')
  await expect(startBuying('books')).rejects.toMatchObject({ code: 'locked' })
  await first.close()
})

test('a payer that lost its books after somebody cashed is refused instead of signing from nothing', async () => {
  const first = await openBuyer('books')
  const toCarol = await first.pay(carol, 3n)
  await first.close()
  await cashBy(carol, toCarol)
  rmSync(join(folder, 'books'), { recursive: true })
  await expect(startBuying('books')).rejects.toMatchObject({ code: 'outdated-books' })
})

test('a payee that lost its books gets the newest voucher again, and cashes what the chain has not paid', async () => {
  const first = await openBuyer('books')
  await cashBy(bob, await first.pay(bob, 5n))
  const newest = await first.pay(bob, 7n)
  await first.close()
  const again = await openBuyer('books')
  const sent = again.buyer.newest(bob.account)
  expect(sent).toEqual(newest)
  if (sent === undefined) throw new Error('nothing to send')
  const ledger = await openTestLedger(chain)
  await ledger.watch(payer.account, [bob.account])
  const coverage = ledger.coverage(payer.account)
  const cashed = ledger.cashed(payer.account, bob.account)
  if (coverage === undefined || cashed === undefined) throw new Error('the chain did not answer')
  expect(isCovered(sent, { coverage, cashed })).toBe(true)
  const taken = accept({ payee: bob.account, accepted: new Map() }, sent, { coverage, cashed })
  expect(taken).toMatchObject({ ok: true, value: { added: units(12n) } })
  expect((await ledger.cashMany(bob.signer, [sent])).total).toBe(units(7n))
  await ledger.close()
  // The payer's own journal follows: all that it promised is paid.
  await vi.waitUntil(async () => (await again.chain.cashedOf(payer.account, bob.account)) === units(12n))
  await again.close()
})

test('a payer that is killed goes on at its mark: what it signs after contradicts nothing, and is not taken for a copy', async () => {
  const first = await openBuyer('books')
  const before = [await first.pay(bob, 5n), await first.pay(carol, 6n)]
  // As after kill -9: the log as it stands, no closing mark, and no process that holds the lock.
  const lock = readdirSync(join(folder, 'books'), { recursive: true, encoding: 'utf8' }).find((path) =>
    path.endsWith('lock'),
  )
  rmSync(join(folder, 'books', lock ?? ''))
  for (const voucher of before) await cashBy(voucher.payee === bob.account ? bob : carol, voucher)
  const again = await openBuyer('books')
  const after = [await again.pay(bob, 1n), await again.pay(carol, 2n)]
  expect(findContradiction([...before, ...after])).toBeUndefined()
  expect(after.map(({ cumulative }) => cumulative)).toEqual([units(6n), units(8n)])
  await again.close()
  const desk = await startBuying('books')
  await desk.close()
  await first.chain.close()
})
