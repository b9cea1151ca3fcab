import { btt } from '@millrace/base'
import type { Account, SignedVoucher } from '@millrace/voucher'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CashingView, cashBatches, cashBatchMax, cashingGas, cashingReason } from './cashing.ts'
import { transactionGasMax } from './fees.ts'

const view: CashingView = {
  unclaimed: 50n,
  gasCost: 1n,
  plannedAtSeconds: undefined,
  withdrawDelaySeconds: 86_400n,
  nowSeconds: 1_000_000n,
  nextLookSeconds: 60n,
  atExit: false,
  asked: false,
}

test('waits until the unclaimed sum is more than a hundred times the gas', () => {
  expect(cashingReason({ ...view, unclaimed: 100n })).toBeUndefined()
  expect(cashingReason({ ...view, unclaimed: 101n })).toBe('worth-the-gas')
})

test('cashes before half the delay of a planned withdrawal has passed', () => {
  const planned = { ...view, plannedAtSeconds: 1_000_000n - 43_000n }
  expect(cashingReason(planned)).toBeUndefined()
  expect(cashingReason({ ...planned, nextLookSeconds: 200n })).toBe('payer-withdraws')
  expect(cashingReason({ ...planned, nowSeconds: 1_000_000n + 200n })).toBe('payer-withdraws')
})

test('cashes at once what is owed by a payer that over-issued, unless the gas is more', () => {
  expect(cashingReason({ ...view, isContradicted: true })).toBe('payer-overissued')
  expect(cashingReason({ ...view, isContradicted: true, unclaimed: 1n })).toBeUndefined()
})

test('cashes at exit and when asked, nothing at a loss unless asked, and never nothing', () => {
  expect(cashingReason({ ...view, atExit: true })).toBe('exit')
  expect(cashingReason({ ...view, asked: true, unclaimed: 1n })).toBe('asked')
  expect(cashingReason({ ...view, atExit: true, unclaimed: 1n })).toBeUndefined()
  expect(cashingReason({ ...view, plannedAtSeconds: 0n, unclaimed: 1n })).toBeUndefined()
  expect(cashingReason({ ...view, asked: true, atExit: true, unclaimed: 0n })).toBeUndefined()
})

test('batches hold the newest voucher of each pair once, below the gas cap', () => {
  const accountOf = (n: number): Account => `0x${n.toString(16).padStart(40, '0')}`
  const pair = fc.record({
    payer: fc.integer({ min: 0, max: 40 }),
    payee: fc.integer({ min: 0, max: 40 }),
    sum: fc.bigInt(1n, 99n),
  })
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 1_500 }), (pairs) => {
      const vouchers = pairs.map(
        ({ payer, payee, sum }): SignedVoucher => ({
          payer: accountOf(payer),
          payee: accountOf(payee),
          cumulative: btt(sum),
          seq: 1n,
          totalIssued: btt(sum),
          signature: new Uint8Array(65),
        }),
      )
      const newest = new Map<string, bigint>()
      for (const { payer, payee, cumulative } of vouchers) {
        const known = newest.get(payer + payee) ?? 0n
        newest.set(payer + payee, known > cumulative ? known : cumulative)
      }
      const batches = cashBatches(vouchers)
      const out = batches.flat().map(({ payer, payee, cumulative }) => [payer + payee, cumulative] as const)
      expect(out).toHaveLength(newest.size)
      expect(new Map(out)).toEqual(newest)
      for (const batch of batches) expect(cashingGas(batch.length)).toBeLessThan(transactionGasMax)
      const payees = batches.flat().map(({ payee }) => payee)
      expect(payees).toEqual([...payees].sort())
    }),
    { numRuns: 30 },
  )
  expect(cashingGas(cashBatchMax + 1)).toBeGreaterThan(cashingGas(cashBatchMax) + 40_000n)
})
