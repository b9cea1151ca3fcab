/** Any readable message, in any order, to either side: nothing throws, and nothing is credited without a signature. */

import { bytesPerMiB } from '@millrace/base'
import type { BttSpeedMessage } from '@millrace/wire'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Pair, payer } from '../testing/pair.ts'
import { accountBytes } from './account.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const amount = fc.oneof(fc.bigInt(0n, 20_000n), fc.bigInt(0n, 2n ** 256n - 1n))
const count = fc.oneof(fc.nat(100_000), fc.nat(Number.MAX_SAFE_INTEGER))
const account = fc.oneof(bytes(20), fc.constant(accountBytes(payer)))

const message: fc.Arbitrary<BttSpeedMessage> = fc.oneof(
  fc.record({ t: fc.constant('hello' as const), account, signature: bytes(65) }),
  fc.record({
    t: fc.constant('quote' as const),
    askPerMiB: amount,
    pricePerMiB: amount,
    credit: amount,
    expiresInSeconds: fc.nat(600),
  }),
  fc.record({ t: fc.constant('bid' as const), number: count, spendRatePerSecond: amount, priceMaxPerMiB: amount }),
  fc.record({
    t: fc.constant('account' as const),
    bootId: fc.nat(3),
    counter: count,
    bidNumber: fc.nat(4),
    billedBytes: count,
    billed: amount,
    accepted: amount,
    credit: amount,
  }),
  fc.record({
    t: fc.constant('voucher' as const),
    payer: account,
    cumulative: amount,
    seq: fc.bigInt(0n, 2n ** 64n - 1n),
    totalIssued: amount,
    signature: bytes(65),
  }),
  fc.record({ t: fc.constant('reject' as const), refused: fc.nat(7), code: fc.nat(13), words: fc.string() }),
  fc.record({ t: fc.constant('setOff' as const), bootId: count, sum: amount }),
)

test('hostile messages neither throw nor move money beyond the promises', () => {
  const act = fc.record({ message, toSeller: fc.boolean(), waitMs: fc.nat(1_500), bytes: fc.nat(100_000) })
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      const pair = new Pair({ budget: 15_000n, prepayMax: 1_000n })
      pair.want(20_000n, 10_000n)
      let received = 0
      for (const it of acts) {
        pair.pass(it.waitMs)
        received += it.bytes
        pair.arrive(it.bytes, it.bytes)
        const event = { type: 'message', connection: 0, message: it.message } as const
        if (it.toSeller) pair.toSeller(event)
        else pair.toBuyer(event)
        // What the seller credited is what the buyer signed, and that keeps to cap, bytes and budget.
        expect(pair.paid <= pair.payerBook.totalIssued).toBe(true)
        const bytesCost = (BigInt(received) * 10_000n) / BigInt(bytesPerMiB) + 1n
        expect(pair.payerBook.totalIssued <= 15_000n).toBe(true)
        expect(pair.payerBook.totalIssued <= bytesCost + 1_000n).toBe(true)
      }
    }),
    { numRuns: 300, interruptAfterTimeLimit: 4_000 },
  )
})
