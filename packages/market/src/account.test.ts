import { bytesPerMiB } from '@millrace/base'
import { expect, test } from 'vitest'
import {
  availableOf,
  bill,
  billedOf,
  canBill,
  checkLateness,
  coolDownMsFirst,
  loadBooks,
  openAccount,
  receivePayment,
  renewCredit,
  stateBilled,
  writeOffDebt,
} from './account.ts'
import { bytePriceOf } from './bid.ts'
import { creditLimit, securedSpend } from './credit.ts'

const price = 1_000_000n

test('a bill is the floor of the exact sum, whatever the blocks', () => {
  const account = openAccount('a', 16_384)
  let rises = 0n
  // 7 base units a MiB: a block costs 7/64.
  for (let block = 0; block < 640; block++) rises += bill(account, 16_384, bytePriceOf(16_384, 7n))
  expect(billedOf(account)).toBe(70n)
  expect(rises).toBe(70n)
  bill(account, 16_384, bytePriceOf(16_384, 7n))
  expect(billedOf(account)).toBe(70n)
})
test('credit is the lesser of an eighth of what was paid and what a round needs', () => {
  const terms = { pricePerMiB: price, spendRatePerSecond: 0n, settleMs: 500, unitBytes: 16_384 }
  expect(creditLimit({ ...terms, paid: 8_000_000n })).toBe(1_000_000n)
  expect(creditLimit({ ...terms, paid: 10n ** 12n })).toBe(8n * price)
  expect(creditLimit({ ...terms, paid: 10n ** 12n, spendRatePerSecond: 50n * price })).toBe(100_031_250n)
  expect(creditLimit({ ...terms, paid: 10n ** 12n, unitBytes: 16 * bytesPerMiB })).toBe(32n * price)
})
test('a bid is as loud as its secured money, and bids of one account share it', () => {
  expect(securedSpend(100n, 100n, 10n, 1n)).toBe(40n)
  expect(securedSpend(100n, 400n, 10n, 1n)).toBe(10n)
  expect(securedSpend(100n, 100n, 100n, 1n)).toBe(100n)
  expect(securedSpend(100n, 100n, 10n, 11n)).toBe(0n)
  expect(securedSpend(100n, 100n, -1n, 0n)).toBe(0n)
})
test('prepaid money is available and billing stops at K + L to the base unit', () => {
  const account = openAccount('a', 16_384)
  receivePayment(account, 8_000_000n, price, 0)
  renewCredit(account, price, 0n, 0)
  expect(availableOf(account)).toBe(9_000_000n)
  expect(canBill(account, bytePriceOf(9 * bytesPerMiB, price))).toBe(true)
  expect(canBill(account, bytePriceOf(9 * bytesPerMiB, price) + 1n)).toBe(false)
})
test('settled statements give their time to Ts', () => {
  const account = openAccount('a', 16_384)
  receivePayment(account, price, price, 0)
  bill(account, 2 * bytesPerMiB, bytePriceOf(2 * bytesPerMiB, price))
  stateBilled(account, 1000)
  receivePayment(account, 2n * price, price, 1100)
  expect(account.settleMs).toBe(400)
})
test('a late voucher takes the credit away until it comes', () => {
  const account = openAccount('a', 16_384)
  receivePayment(account, 80n * price, price, 0)
  bill(account, 84 * bytesPerMiB, bytePriceOf(84 * bytesPerMiB, price))
  stateBilled(account, 1000)
  checkLateness(account, price, 5000, 6000)
  expect(account.late).toBe(false)
  checkLateness(account, price, 5000, 6001)
  renewCredit(account, price, 0n, 6001)
  expect(account.credit).toBe(0n)
  receivePayment(account, 84n * price, price, 6002)
  renewCredit(account, price, 0n, 6002)
  expect(account.credit).toBe(8n * price)
})
test('a voucher that does not cover its statement leaves the account late', () => {
  const account = openAccount('a', 16_384)
  bill(account, bytesPerMiB, bytePriceOf(bytesPerMiB, price))
  stateBilled(account, 0)
  checkLateness(account, price, 5000, 6000)
  receivePayment(account, price / 2n, price, 6001)
  expect(account.late).toBe(true)
})
test('a write-off sets the bill to what was paid, earns credit anew and cools down twice as long each time', () => {
  const account = openAccount('a', 16_384)
  receivePayment(account, 80n * price, price, 0)
  bill(account, 84 * bytesPerMiB, bytePriceOf(84 * bytesPerMiB, price))
  expect(writeOffDebt(account, 0)).toBe(4n * price)
  expect(writeOffDebt(account, 0)).toBe(0n)
  renewCredit(account, price, 0n, 0)
  expect([billedOf(account), account.credit, account.coolUntilMs]).toEqual([80n * price, 0n, 0])
  receivePayment(account, 96n * price, price, 0)
  renewCredit(account, price, 0n, 0)
  expect(account.credit).toBe(2n * price)
  const coolDowns: number[] = []
  for (let time = 0; time < 2; time++) {
    bill(account, 20 * bytesPerMiB, bytePriceOf(20 * bytesPerMiB, price))
    writeOffDebt(account, 0)
    coolDowns.push(account.coolUntilMs)
  }
  expect(coolDowns).toEqual([coolDownMsFirst, 2 * coolDownMsFirst])
})

test('an account that comes back earns credit from its last write-off on, and its cool-down goes on', () => {
  const account = openAccount('a', 16_384)
  const kept = { paid: 1000n * price, billed: 1000n * price }
  loadBooks(account, { ...kept, writeOffs: { count: 3, paidThen: 1000n * price, agoMs: 30_000 } }, 500)
  expect(account.coolUntilMs).toBe(500 - 30_000 + 2 * coolDownMsFirst)
  renewCredit(account, price, 0n, account.coolUntilMs)
  expect(account.credit).toBe(0n)
  receivePayment(account, 1016n * price, price, 1000)
  renewCredit(account, price, 0n, account.coolUntilMs - 1)
  expect(account.credit).toBe(0n)
  renewCredit(account, price, 0n, account.coolUntilMs)
  expect(account.credit).toBe(2n * price)
  bill(account, 1020 * bytesPerMiB, bytePriceOf(1020 * bytesPerMiB, price))
  const before = account.coolUntilMs
  writeOffDebt(account, before)
  expect(account.coolUntilMs - before).toBe(4 * coolDownMsFirst)
})

test('an account that never failed has all of its credit when it comes back', () => {
  const account = openAccount('a', 16_384)
  loadBooks(account, { paid: 80n * price, billed: 80n * price }, 500)
  renewCredit(account, price, 0n, 500)
  expect([account.credit, account.writeOffs]).toEqual([8n * price, 0])
})
