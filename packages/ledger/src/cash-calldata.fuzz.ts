/** Input of anybody's transaction: what we encode comes back the same, everything else is vouchers or none. */

import { btt } from '@millrace/base'
import { type Account, accountOfKey, recoverAddress, type SignedVoucher, signDigest } from '@millrace/voucher'
import fc from 'fast-check'
import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { calldataVouchersMax, vouchersOfCalldata } from './cash-calldata.ts'
import { cashCall, cashManyCall, depositCall } from './vault.ts'

const key = new Uint8Array(32).fill(7)
const payer = accountOfKey(key)
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 })
const account = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .map((bytes): Account => `0x${Buffer.from(bytes).toString('hex')}`)
const voucher = fc.record({
  payer: account,
  payee: account,
  cumulative: fc.bigInt(0n, 2n ** 256n - 1n).map(btt),
  seq: fc.bigInt(0n, 2n ** 64n - 1n),
  totalIssued: fc.bigInt(0n, 2n ** 256n - 1n).map(btt),
  signature: digest.map((bytes) => signDigest(key, bytes)),
})

test('vouchers given to the vault come back with their signatures as they were', () => {
  fc.assert(
    fc.property(fc.array(voucher, { minLength: 1, maxLength: 5 }), account, (vouchers: SignedVoucher[], recipient) => {
      expect(vouchersOfCalldata(cashManyCall(vouchers, recipient))).toEqual(vouchers)
      for (const one of vouchers) expect(vouchersOfCalldata(cashCall(one))).toEqual([one])
    }),
    { numRuns: 100 },
  )
})

test('a signature recovers its signer after its way through the compact form', () => {
  fc.assert(
    fc.property(digest, voucher, (bytes, terms) => {
      const [back] = vouchersOfCalldata(cashCall({ ...terms, signature: signDigest(key, bytes) }))
      expect(back && recoverAddress(bytes, back.signature)).toBe(payer)
    }),
    { numRuns: 100 },
  )
})

test('any bytes, and calls with bytes changed or cut off, are vouchers or none', () => {
  const anything = fc.uint8Array({ maxLength: 700 }).map((bytes): Hex => `0x${Buffer.from(bytes).toString('hex')}`)
  const spoilt = fc
    .tuple(fc.array(voucher, { maxLength: 3 }), fc.array(fc.tuple(fc.nat(800), fc.nat(255))), fc.nat(900))
    .map(([vouchers, changes, length]): Hex => {
      const bytes = Buffer.from(cashManyCall(vouchers).slice(2), 'hex').subarray(0, length)
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
      return `0x${bytes.toString('hex')}`
    })
  fc.assert(
    fc.property(fc.oneof(anything, spoilt), (input) => {
      for (const { payer: from, payee, signature } of vouchersOfCalldata(input)) {
        expect(from).toMatch(/^0x[0-9a-f]{40}$/)
        expect(payee).toMatch(/^0x[0-9a-f]{40}$/)
        expect(signature).toHaveLength(65)
      }
    }),
    { numRuns: 1_000 },
  )
})

test('other calls of the vault, and more vouchers than the gas cap allows, hold none', () => {
  expect(vouchersOfCalldata(depositCall(payer))).toEqual([])
  expect(vouchersOfCalldata('0x')).toEqual([])
  const [one] = fc.sample(voucher, 1)
  if (one === undefined) throw new Error('no sample')
  const many = Array.from({ length: calldataVouchersMax + 1 }, () => one)
  expect(vouchersOfCalldata(cashManyCall(many))).toEqual([])
  expect(vouchersOfCalldata(cashManyCall(many.slice(1)))).toHaveLength(calldataVouchersMax)
})
