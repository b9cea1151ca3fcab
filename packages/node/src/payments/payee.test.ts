import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Btt, btt, silentLogger } from '@millrace/base'
import { FileBookStore } from '@millrace/journal'
import type { Account, CashOutcome, Ledger, SignedVoucher } from '@millrace/voucher'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DeskBooks } from './desk-books.ts'
import { type Claim, Payee } from './payee.ts'

const own: Account = `0x${'01'.repeat(20)}`
const payer: Account = `0x${'02'.repeat(20)}`
let folder: string
let books: DeskBooks

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-payee-'))
  const open = () => FileBookStore.open({ folder, account: own, ledgerId: new Uint8Array(32) })
  books = await DeskBooks.open(open, silentLogger)
})
afterEach(async () => {
  await books.close()
  rmSync(folder, { recursive: true, force: true })
})

const voucher = (cumulative: bigint): SignedVoucher => ({
  payer,
  payee: own,
  cumulative: btt(cumulative),
  seq: cumulative,
  totalIssued: btt(cumulative),
  signature: new Uint8Array(65),
})

/** A vault that pays a voucher when `pay` is called. */
function slowVault() {
  let cashed: Btt = btt(0n)
  const waiting: (() => void)[] = []
  const asked: bigint[] = []
  const ledger: Ledger = {
    domain: { chainId: 19_990n, verifyingContract: own, genesisHash: new Uint8Array(32) },
    coverage: () => undefined,
    cashed: () => cashed,
    watch: async () => {},
    unwatch() {},
    onBlock: () => () => {},
    depositFor: async () => {},
    cash: async (vouchers): Promise<readonly CashOutcome[]> => {
      asked.push(...vouchers.map(({ cumulative }) => cumulative))
      await new Promise<void>((resolve) => waiting.push(resolve))
      return vouchers.map(({ cumulative }) => {
        const paid = btt(cumulative - cashed)
        cashed = cumulative
        return { payer, payee: own, paid, cashed }
      })
    },
  }
  return { ledger, asked, waiting }
}

test('a chain that cannot say what cashing costs ends nothing: the vouchers stay', async () => {
  const { ledger, asked } = slowVault()
  const isWorthCashing = async (): Promise<boolean> => {
    throw new Error('no chain answers')
  }
  const payee = new Payee({ ledger, books, logger: silentLogger, isWorthCashing })
  payee.accept(voucher(5n))
  await expect(payee.cashWhenWorth()).resolves.toBeUndefined()
  expect(asked).toEqual([])
  expect(payee.newest(payer)?.cumulative).toBe(5n)
})

test('cashing at the end waits for the one under way, and asks only for what that left', async () => {
  const { ledger, asked, waiting } = slowVault()
  const payee = new Payee({ ledger, books, logger: silentLogger, isWorthCashing: async () => true })
  payee.accept(voucher(5n))
  const first = payee.cashWhenWorth()
  await vi.waitUntil(() => waiting.length > 0)
  payee.accept(voucher(8n))
  const last = payee.cashWhenWorth(true)
  waiting.shift()?.()
  await first
  await vi.waitUntil(() => waiting.length > 0)
  waiting.shift()?.()
  await last
  expect(asked).toEqual([5n, 8n])
  expect(payee.cashed).toBe(8n)
  expect(books.store.cashedFrom(payer)).toBe(8n)
})

test('what the books know to be cashed is not asked for again while nobody watches its payer', async () => {
  const { ledger, asked } = slowVault()
  books.store.accepted(voucher(5n))
  books.store.agree({ cashed: new Map([[payer, btt(5n)]]) })
  const unwatched = { ...ledger, cashed: () => undefined }
  const payee = new Payee({ ledger: unwatched, books, logger: silentLogger, isWorthCashing: async () => true })
  await payee.cashWhenWorth(true)
  expect(asked).toEqual([])
})

test('what is not worth its gas stays in the books, also at the end', async () => {
  const { ledger, asked } = slowVault()
  const claims: [bigint, boolean][] = []
  const isWorthCashing = async (all: readonly Claim[], atExit: boolean): Promise<boolean> => {
    claims.push(...all.map(({ unclaimed }): [bigint, boolean] => [unclaimed, atExit]))
    return false
  }
  const payee = new Payee({ ledger, books, logger: silentLogger, isWorthCashing })
  payee.accept(voucher(5n))
  await payee.cashWhenWorth()
  payee.accept(voucher(7n))
  await payee.cashWhenWorth(true)
  expect(claims).toEqual([
    [5n, false],
    [7n, true],
  ])
  expect(asked).toEqual([])
  expect(books.store.openPairs().payers).toEqual([payer])
})
