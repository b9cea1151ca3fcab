import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { btt, silentLogger } from '@millrace/base'
import { FileBookStore } from '@millrace/journal'
import { type Account, keySigner, type Ledger, type PayerCoverage, type Signer } from '@millrace/voucher'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DeskBooks } from './desk-books.ts'
import { Payer } from './payer.ts'

const seller: Account = `0x${'02'.repeat(20)}`
const key = keySigner(new Uint8Array(32).fill(7))
const ledgerId = new Uint8Array(32).fill(1)
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-payer-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const coverage: PayerCoverage = { deposited: btt(1_000n), withdrawn: btt(0n), planned: btt(0n), paidOut: btt(0n) }
const ledger: Ledger = {
  domain: { chainId: 19_990n, verifyingContract: seller, genesisHash: new Uint8Array(32) },
  coverage: () => coverage,
  cashed: () => btt(0n),
  watch: async () => {},
  unwatch() {},
  onBlock: () => () => {},
  depositFor: async () => {},
  cash: async () => [],
}

const openBooks = (): Promise<DeskBooks> =>
  DeskBooks.open(() => FileBookStore.open({ folder, account: key.account, ledgerId }), silentLogger)

test('a budget is promised to the base unit and not beyond', async () => {
  const books = await openBooks()
  const payer = new Payer({ ledger, signer: key, books }, btt(10n))
  expect((await payer.issue(seller, btt(7n)))?.cumulative).toBe(7n)
  expect((await payer.issue(seller, btt(7n)))?.cumulative).toBe(10n)
  expect(await payer.issue(seller, btt(1n))).toBeUndefined()
  expect(payer.budgetLeft).toBe(0n)
  await books.close(await payer.finish())
})

test('a seller that claims a lost voucher while another is being signed breaks no book', async () => {
  const crashed = await openBooks()
  await crashed.store.reserve({ seq: 50n, totalIssued: btt(100n) })
  await crashed.close()
  const books = await openBooks()
  let finishSigning = (): void => {}
  const slow: Signer = {
    ...key,
    signVoucher: async (domain, voucher) => {
      await new Promise<void>((resolve) => {
        finishSigning = resolve
      })
      return key.signVoucher(domain, voucher)
    },
  }
  const payer = new Payer({ ledger, signer: slow, books }, btt(500n))
  const signing = payer.issue(seller, btt(5n))
  await vi.waitUntil(() => payer.paidTo(seller) > 0n)
  expect(payer.adopt(seller, btt(60n))).toBe(60n)
  finishSigning()
  expect((await signing)?.cumulative).toBe(5n)
  expect(books.store.imbalance()).toBe(0n)
  await books.close(await payer.finish())
  const again = await openBooks()
  expect(again.store.payerBook().issued.get(seller)).toBe(60n)
  await again.close()
})
