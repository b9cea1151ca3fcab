import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { btt } from '@millrace/base'
import type { Account, SignedVoucher } from '@millrace/voucher'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FileBookStore } from './book-store.ts'
import { journalName } from './export.ts'
import type { VaultSums } from './vault-sums.ts'

const accountOfByte = (byte: number): Account => `0x${byte.toString(16).padStart(2, '0').repeat(20)}`
const [own, seller, buyer] = [accountOfByte(1), accountOfByte(2), accountOfByte(3)]
const ledgerId = new Uint8Array(32).fill(7)
let folder: string
let store: FileBookStore

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'millrace-sums-'))
  store = await FileBookStore.open({ folder, account: own, ledgerId })
  await store.reserve({ seq: 10n, totalIssued: btt(500n) })
  store.issued(voucher(own, seller, 100n))
  store.accepted(voucher(buyer, own, 70n))
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

function voucher(payer: Account, payee: Account, cumulative: bigint): SignedVoucher {
  const sums = { cumulative: btt(cumulative), seq: 1n, totalIssued: btt(cumulative) }
  return { payer, payee, ...sums, signature: new Uint8Array(65) }
}

/** 1,000 came from the wallet and 50 by cashing; 80 were paid to the seller, 200 went back. */
const sums: VaultSums = {
  deposited: btt(1_050n),
  withdrawn: btt(200n),
  paidOut: new Map([[seller, btt(80n)]]),
  cashed: new Map([[buyer, btt(50n)]]),
}
const expected = {
  wallet: -1_000n,
  withdrawn: 200n,
  vault: 770n,
  [`payable:${seller}`]: -20n,
  [`voucher:${buyer}`]: 20n,
}

test('the journal reaches what the chain says, however often and in whatever parts it is said', () => {
  store.agree({ paidOut: new Map([[seller, btt(30n)]]) })
  store.agree(sums)
  expect(Object.fromEntries(store.balances())).toMatchObject(expected)
  store.agree(sums)
  store.agree({ paidOut: new Map([[seller, btt(30n)]]), deposited: btt(10n) })
  expect(Object.fromEntries(store.balances())).toMatchObject(expected)
  expect(store.imbalance()).toBe(0n)
})

test('a deposit is told apart from what cashing brought, also when that was entered before', () => {
  store.agree({ cashed: new Map([[buyer, btt(50n)]]) })
  store.agree({ deposited: btt(50n) })
  expect(store.balances().get('wallet')).toBeUndefined()
  store.agree(sums)
  expect(store.balances().get('wallet')).toBe(-1_000n)
})

test('pairs are open until all of their vouchers is cashed', () => {
  expect(store.openPairs()).toEqual({ payees: [seller], payers: [buyer] })
  store.agree({ paidOut: new Map([[seller, btt(100n)]]), cashed: new Map([[buyer, btt(69n)]]) })
  expect(store.openPairs()).toEqual({ payees: [], payers: [buyer] })
  expect(store.cashedFrom(buyer)).toBe(69n)
})

test('the journal that closing leaves names payer, payee and sums of each pair', async () => {
  store.agree(sums)
  await store.close()
  const text = readFileSync(path.join(folder, journalName), 'utf8')
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
  expect(lines).toEqual(
    expect.arrayContaining([
      { type: 'issued', payer: own, payee: seller, cumulative: '100' },
      { type: 'cashed', payer: own, payee: seller, cashed: '80' },
      expect.objectContaining({ type: 'accepted', payer: buyer, payee: own, cumulative: '70' }),
      { type: 'cashed', payer: buyer, payee: own, cashed: '50' },
    ]),
  )
})
