import { btt, bytesPerMiB } from '@millrace/base'
import { rejectCodes } from '@millrace/wire'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buyerKey, domain, foreignDomain, Pair, payee, payer, sellerKey, separator } from '../testing/pair.ts'
import { domainSeparator } from './domain.ts'
import { signDigest } from './signature.ts'
import { type SignedVoucher, type Voucher, voucherDigest } from './typed-data.ts'

const signed = (voucher: Voucher, key = buyerKey, where = domain): SignedVoucher => ({
  ...voucher,
  signature: signDigest(key, voucherDigest(where === domain ? separator : domainSeparator(where), voucher)),
})
const plain = (cumulative: bigint, seq: bigint, totalIssued = cumulative): Voucher => ({
  payer,
  payee,
  cumulative: btt(cumulative),
  seq,
  totalIssued: btt(totalIssued),
})

describe('a paid session', () => {
  test('quotes, bids, prepays, states and settles', () => {
    const pair = new Pair()
    expect(pair.wire.map((message) => message.t)).toEqual(['quote'])
    pair.want(1_000n)
    expect(pair.wire.map((message) => message.t)).toEqual(['quote', 'bid', 'account', 'voucher'])
    // Two seconds of the bid, or a piece at the price, whichever is more: 2 000 against 1 600.
    expect(pair.paid).toBe(2_000n)
    pair.nowMs += 1_000
    pair.serve(bytesPerMiB / 8)
    expect(pair.wire.at(-2)).toMatchObject({ t: 'account', bidNumber: 1, billed: 800n, accepted: 2_000n })
    expect(pair.paid).toBe(2_800n)
    expect(pair.rejects()).toEqual([])
  })

  test('a bid counts when its number is echoed, and bids come at most once a second', () => {
    const pair = new Pair()
    pair.want(1_000n)
    pair.want(2_000n)
    pair.want(3_000n)
    const bids = () =>
      pair.sellerEffects.flatMap((effect) => (effect.type === 'bid' ? [effect.bid?.spendRatePerSecond] : []))
    expect(bids()).toEqual([1_000n])
    pair.pass(1_100)
    expect(bids()).toEqual([1_000n, 3_000n])
    expect(pair.buyer.connections.get(0)?.counted).toMatchObject({ number: 2, spendRatePerSecond: 3_000n })
    pair.want(0n)
    pair.pass(20)
    expect(bids()).toEqual([1_000n, 3_000n, undefined])
    expect(pair.rejects()).toEqual([])
  })

  test('a withdrawal that is refused is not repeated, and no number is used twice', () => {
    const pair = new Pair()
    pair.want(1_000n)
    // The seller took a bid with a number that this buyer never used: every bid of the buyer is malformed to it.
    const forged = { t: 'bid', number: 1_000, spendRatePerSecond: btt(18n), priceMaxPerMiB: pair.price } as const
    pair.toSeller({ type: 'message', connection: 0, message: forged })
    pair.pass(1_000)
    pair.toSeller({ type: 'message', connection: 0, message: forged })
    pair.want(2_000n)
    pair.pass(1_100)
    pair.want(0n)
    for (let i = 0; i < 5; i++) pair.pass(1_100)
    const numbers = pair.wire.flatMap((message) => (message.t === 'bid' ? [message.number] : []))
    expect(numbers).toEqual([1, 2, 3])
    expect(pair.rejects().filter((code) => code !== rejectCodes.malformed)).toEqual([rejectCodes.rateLimit])
  })

  test('the seller refuses bids without a quote, below its ask, too often, or with an old number', () => {
    const pair = new Pair()
    const bid = (number: number, w: bigint, m: bigint, connection = 0) =>
      pair.toSeller({
        type: 'message',
        connection,
        message: { t: 'bid', number, spendRatePerSecond: w, priceMaxPerMiB: m },
      })
    bid(1, 5n, 6_399n)
    bid(1, 5n, 6_400n)
    bid(2, 6n, 6_400n)
    bid(1, 0n, 0n)
    pair.toSeller({ type: 'opened', connection: 9 })
    bid(1, 5n, 6_400n, 9)
    expect(pair.wire.filter((message) => message.t === 'reject')).toMatchObject([
      { code: rejectCodes.priceAboveCap },
      { code: rejectCodes.rateLimit },
      { code: rejectCodes.malformed },
      { code: rejectCodes.noQuote },
    ])
  })

  test('quotes again when the price rises, falls by a twentieth, or the quote is about to end', () => {
    const pair = new Pair()
    const prices = () => pair.wire.flatMap((message) => (message.t === 'quote' ? [message.pricePerMiB] : []))
    for (const price of [6_400n, 6_401n, 6_390n, 6_080n]) {
      pair.toSeller({ type: 'price', connection: 0, askPerMiB: btt(6_000n), pricePerMiB: btt(price) })
    }
    expect(prices()).toEqual([6_400n, 6_401n, 6_080n])
    pair.nowMs = 599_000
    pair.toSeller({ type: 'price', connection: 0, askPerMiB: btt(6_000n), pricePerMiB: btt(6_080n) })
    expect(prices()).toHaveLength(4)
  })
})

describe('a voucher', () => {
  test.each([
    ['that is replayed', signed(plain(100n, 1n)), rejectCodes.notRising],
    ['with a lower sum', signed(plain(50n, 2n)), rejectCodes.notRising],
    ['signed by somebody else', signed(plain(200n, 2n), sellerKey), rejectCodes.badSignature],
    [
      'with a garbled signature',
      { ...signed(plain(200n, 2n)), signature: new Uint8Array(65) },
      rejectCodes.badSignature,
    ],
    ['for another ledger', signed(plain(200n, 2n), buyerKey, foreignDomain), rejectCodes.wrongLedger],
    ['that is not covered', signed(plain(200n, 2n, 10n ** 19n)), rejectCodes.notCovered],
    ['of another payer', { ...signed(plain(200n, 2n)), payer: payee }, rejectCodes.identity],
  ])('%s is refused with its code and adds nothing', (_, late, code) => {
    const pair = new Pair()
    pair.deliver(signed(plain(100n, 1n)))
    expect(pair.paid).toBe(100n)
    pair.pass(2_000)
    pair.deliver(late)
    expect(pair.rejects()).toEqual([code])
    expect(pair.paid).toBe(100n)
  })

  test('that is not covered counts as soon as the chain covers it', () => {
    const pair = new Pair({ deposited: 50n })
    pair.deliver(signed(plain(100n, 1n)))
    expect(pair.rejects()).toEqual([rejectCodes.notCovered])
    pair.deposited = 100n
    pair.toSeller({ type: 'block' })
    expect(pair.paid).toBe(100n)
    // Its money came late, but it came: the next one need not wait.
    pair.deposited = 10n ** 18n
    pair.deliver(signed(plain(500n, 2n)))
    expect(pair.paid).toBe(500n)
  })

  test('that brings nothing costs its sender a second before the next check; the newest waits', () => {
    const pair = new Pair()
    const checks = () => pair.sellerEffects.filter((effect) => effect.type === 'recover').length
    for (let seq = 1n; seq <= 50n; seq++) pair.deliver({ ...signed(plain(seq, seq)), signature: new Uint8Array(65) })
    pair.deliver(signed(plain(500n, 51n)))
    expect(checks()).toBe(1)
    expect(pair.paid).toBe(0n)
    pair.pass(1_000)
    expect(checks()).toBe(2)
    expect(pair.paid).toBe(500n)
    // Money earns the next check at once.
    pair.deliver(signed(plain(900n, 52n)))
    expect(pair.paid).toBe(900n)
  })
})

describe.each([
  ['upload', 16_384],
  ['cpu', 4_096],
  ['storage', 65_536],
])('a session about %s', (name, stepUnits) => {
  const resource = { name, unit: 'unit', lot: 'lot', stepUnits }
  /** A base unit for each unit. */
  const price = 1_048_576n

  test('takes one step ahead of w (t + 250 ms) for an honest bill, and no more', () => {
    const pair = new Pair({ resource, price })
    pair.want(1_000n)
    pair.pass(20)
    pair.serve(stepUnits)
    pair.pass(20)
    pair.serve(250)
    expect(pair.rejects()).toEqual([])
    pair.pass(20)
    pair.serve(stepUnits)
    // What is paid ahead puts the statement off.
    pair.pass(250)
    expect(pair.rejects()).toEqual([rejectCodes.overBilled])
  })

  test('checks a voucher at once after one that paid for a step, and a second after one that did not', () => {
    const step = BigInt(stepUnits)
    const pair = new Pair({ resource, price })
    pair.deliver(signed(plain(step, 1n)))
    pair.deliver(signed(plain(2n * step - 1n, 2n)))
    pair.deliver(signed(plain(3n * step, 3n)))
    expect(pair.paid).toBe(2n * step - 1n)
    pair.pass(1_000)
    expect(pair.paid).toBe(3n * step)
  })
})

describe('a buyer', () => {
  test.each([
    [
      'bytes that never came',
      (pair: Pair) => {
        pair.billedBytes += 16_384
        pair.billed += 100n
        pair.bill()
      },
    ],
    ['more than its quote', (pair: Pair) => pair.serve(16_384, { overcharge: 2n })],
    ['faster than its bid', (pair: Pair) => pair.serve(4 * bytesPerMiB)],
  ])('refuses a bill for %s with code 7, stops paying and takes its bids back', (_, breakIt) => {
    const pair = new Pair()
    pair.want(1_000n)
    pair.pass(1_000)
    pair.serve(16_384)
    const { paid } = pair
    pair.nowMs += 1_000
    breakIt(pair)
    pair.pass(1_000)
    expect(pair.rejects()).toEqual([rejectCodes.overBilled])
    expect(pair.paid).toBe(paid)
    expect(pair.sellerEffects).toContainEqual({ type: 'disputed', code: rejectCodes.overBilled })
    expect(pair.sellerEffects.findLast((effect) => effect.type === 'bid')).toMatchObject({ bid: undefined })
    pair.serve(16_384)
    pair.pass(5_000)
    expect(pair.paid).toBe(paid)
  })

  test('pays no piece before it is verified beyond the advance, and none after a bad piece', () => {
    const pair = new Pair({ prepayMax: 0n })
    pair.want(10_000_000n)
    pair.pass(1_000)
    pair.serve(262_144, { verified: false })
    expect(pair.paid).toBe(0n)
    pair.arrive(0, 262_144)
    expect(pair.paid).toBe(1_600n)
    pair.nowMs += 1_000
    pair.serve(262_144, { verified: false })
    // V/2 = 128 KiB are advanced.
    expect(pair.paid).toBe(2_400n)
    pair.toBuyer({ type: 'failed', bytes: 262_144, guilty: true })
    pair.nowMs += 1_000
    pair.serve(262_144, { verified: false })
    expect(pair.paid).toBe(2_400n)
  })

  test('pays no second prepayment to a seller that comes back with the first one billed for nothing', () => {
    const pair = new Pair()
    pair.want(1_000n)
    expect(pair.paid).toBe(2_000n)
    for (let counter = 1; counter < 5; counter++) {
      pair.toBuyer({ type: 'closed', connection: 0 })
      pair.toBuyer({ type: 'opened', connection: 0 })
      const { paid } = pair
      const lie = { bidNumber: 0, billedBytes: 0, billed: paid, accepted: paid, credit: 0n }
      const message = { t: 'account', bootId: 2, counter, ...lie } as const
      pair.toBuyer({ type: 'message', connection: 0, message })
      pair.pass(2_000)
    }
    expect(pair.payerBook.totalIssued).toBe(2_000n)
  })

  test('refuses a first statement that bills the prepayment for nothing', () => {
    const pair = new Pair()
    pair.want(1_000n)
    const lie = { bidNumber: 1, billedBytes: 0, billed: 2_000n, accepted: 2_000n, credit: 0n }
    pair.toBuyer({ type: 'message', connection: 0, message: { t: 'account', bootId: 1, counter: 9, ...lie } })
    pair.pass(2_000)
    expect(pair.rejects()).toEqual([rejectCodes.overBilled])
    expect(pair.payerBook.totalIssued).toBe(2_000n)
  })

  test('spends its budget to the base unit and then takes its bid back', () => {
    const pair = new Pair({ budget: 12_345n })
    pair.want(100_000n)
    const bid = () => pair.sellerEffects.flatMap((effect) => (effect.type === 'bid' ? [effect.bid] : [])).at(-1)
    for (let i = 0; i < 40 && bid() !== undefined; i++) {
      pair.nowMs += 1_000
      pair.serve(65_536)
      pair.pass(20)
    }
    expect(pair.paid).toBe(12_345n)
    expect(bid()).toBeUndefined()
    expect(pair.rejects()).toEqual([])
  })

  test('sends its newest voucher again on a new connection, and a seller that lost its books takes it', () => {
    const pair = new Pair()
    pair.want(1_000n)
    const { paid } = pair
    pair.toBuyer({ type: 'closed', connection: 0 })
    pair.toSeller({ type: 'closed', connection: 0 })
    const fresh = new Pair()
    fresh.payerBook = pair.payerBook
    fresh.newest = pair.newest
    fresh.toBuyer({ type: 'opened', connection: 0 })
    expect(fresh.paid).toBe(paid)
  })

  test('never pays above its budget or its own reckoning, whatever the seller states', () => {
    const act = fc.oneof(
      fc.record({
        kind: fc.constant('serve' as const),
        bytes: fc.integer({ min: 1, max: 300_000 }),
        verified: fc.boolean(),
      }),
      fc.record({ kind: fc.constant('lie' as const), bytes: fc.nat(400_000), amount: fc.bigInt(0n, 5_000n) }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 3_000 }) }),
    )
    fc.assert(
      fc.property(
        fc.array(act, { maxLength: 25 }),
        fc.bigInt(0n, 20_000n),
        fc.bigInt(1n, 50_000n),
        (acts, budget, w) => {
          const pair = new Pair({ budget, prepayMax: 1_000n })
          let received = 0
          pair.want(w)
          for (const it of acts) {
            if (it.kind === 'wait') pair.pass(it.ms)
            else if (it.kind === 'serve') {
              received += it.bytes
              pair.serve(it.bytes, { verified: it.verified })
            } else {
              pair.billedBytes += it.bytes
              pair.billed += it.amount
              pair.nowMs += 20
              pair.bill()
            }
            const paid = pair.payerBook.totalIssued
            expect(paid <= budget).toBe(true)
            // Promise 8, with what was paid ahead.
            const bytesCost = (BigInt(received) * pair.price) / BigInt(bytesPerMiB) + 1n
            expect(paid <= bytesCost + 1_000n).toBe(true)
            const block = (16_384n * pair.price) / BigInt(bytesPerMiB) + 1n
            expect(paid <= (w * BigInt(Math.ceil(pair.nowMs) + 251)) / 1_000n + block + 1_000n).toBe(true)
          }
        },
      ),
      { numRuns: 100 },
    )
  })
})
