import { type Btt, btt } from '@millrace/base'
import { rejectCodes } from '@millrace/wire'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Account } from './account.ts'
import { accept, type Backing, emptyPayeeBook, isCovered } from './payee-book.ts'
import {
  adopt,
  closingMark,
  emptyPayerBook,
  issue,
  type PayerBook,
  type ReserveMark,
  recoverPayerBook,
  unattributed,
  wantedMark,
  withMark,
} from './payer-book.ts'
import type { SignedVoucher, Voucher } from './typed-data.ts'

const accountOfByte = (byte: number): Account => `0x${byte.toString(16).padStart(2, '0').repeat(20)}`
const payer = accountOfByte(1)
const payees = [2, 3, 4].map(accountOfByte)
const signature = new Uint8Array(65)

describe('a payer’s book', () => {
  test('asks for a mark before the first voucher, and for the next one before the last is used up', () => {
    const [payee = payer] = payees
    const limit = btt(6_400n)
    const first = issue(emptyPayerBook(payer), payee, btt(1n), limit)
    if (first.ok || first.error.kind !== 'reserve') throw new Error('a voucher without a mark')
    let book = withMark(emptyPayerBook(payer), first.error.mark)
    expect(book.mark.totalIssued).toBe(100n)
    let asked = 0
    for (let i = 0; i < 1_000; i++) {
      const mark = wantedMark(book, btt(1n), limit)
      if (mark !== undefined) {
        asked += 1
        book = withMark(book, mark)
      }
      const step = issue(book, payee, btt(1n), limit)
      if (!step.ok) throw new Error('a voucher had to wait')
      book = step.value.book
    }
    expect(book.issued.get(payee)).toBe(1_000n)
    expect(asked).toBeLessThan(100)
  })

  test('after a clean end goes on where it was', () => {
    const [payee = payer] = payees
    const book: PayerBook = {
      ...emptyPayerBook(payer),
      issued: new Map([[payee, btt(5n)]]),
      seq: 3n,
      totalIssued: btt(5n),
    }
    const again = recoverPayerBook(payer, book.issued, closingMark(book))
    expect(again).toMatchObject({ seq: 3n, totalIssued: 5n })
    expect(unattributed(again)).toBe(0n)
  })

  test('never issues twice or above the limit, through crashes that lose whatever was not on disk', () => {
    const act = fc.oneof(
      fc.record({
        kind: fc.constant('pay' as const),
        to: fc.constantFrom(...payees),
        amount: fc.bigInt(1n, 40n).map(btt),
      }),
      fc.record({ kind: fc.constant('flush' as const) }),
      // What of the log survives is any prefix beyond the last flush.
      fc.record({ kind: fc.constant('crash' as const), kept: fc.nat(20) }),
    )
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), fc.bigInt(1n, 600n).map(btt), (acts, limit) => {
        const sent: Voucher[] = []
        let durableMark: ReserveMark = { seq: 0n, totalIssued: btt(0n) }
        let durable: readonly Voucher[] = []
        let volatile: Voucher[] = []
        let book = emptyPayerBook(payer)
        for (const it of acts) {
          if (it.kind === 'flush') {
            durable = [...durable, ...volatile]
            volatile = []
          } else if (it.kind === 'crash') {
            durable = [...durable, ...volatile.slice(0, it.kept)]
            volatile = []
            const known = new Map<Account, Btt>()
            for (const voucher of durable) known.set(voucher.payee, voucher.cumulative)
            book = recoverPayerBook(payer, known, durableMark)
          } else {
            let step = issue(book, it.to, it.amount, limit)
            if (!step.ok && step.error.kind === 'reserve') {
              durableMark = step.error.mark
              book = withMark(book, durableMark)
              step = issue(book, it.to, it.amount, limit)
            }
            if (!step.ok) {
              expect(step.error).toEqual({ kind: 'limit', left: limit - book.totalIssued })
              continue
            }
            book = step.value.book
            sent.push(step.value.voucher)
            volatile.push(step.value.voucher)
          }
        }
        const newest = new Map<Account, bigint>()
        let seq = 0n
        for (const voucher of sent) {
          expect(voucher.seq > seq).toBe(true)
          seq = voucher.seq
          const before = newest.get(voucher.payee) ?? 0n
          newest.set(voucher.payee, before > voucher.cumulative ? before : voucher.cumulative)
          const sum = [...newest.values()].reduce((a, b) => a + b, 0n)
          // The payer never promised more than it says, nor says more than it may spend.
          expect(sum <= voucher.totalIssued).toBe(true)
          expect(voucher.totalIssued <= limit).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('believes a payee about lost vouchers only as far as something is unattributed', () => {
    const [a = payer, b = payer] = payees
    const book = recoverPayerBook(payer, new Map([[a, btt(10n)]]), { seq: 9n, totalIssued: btt(15n) })
    expect(adopt(book, a, btt(16n))).toBeUndefined()
    const adopted = adopt(book, a, btt(13n))
    expect(adopted?.issued.get(a)).toBe(13n)
    expect(adopted && unattributed(adopted)).toBe(2n)
    expect(adopted?.totalIssued).toBe(18n)
    expect(adopted && adopt(adopted, b, btt(3n))).toBeUndefined()
    expect(adopt(book, a, btt(9n))).toBe(book)
  })
})

test('a limit that falls takes nothing back that was reserved', () => {
  const [payee = payer] = payees
  const book = recoverPayerBook(payer, new Map(), { seq: 0n, totalIssued: btt(0n) })
  const ahead = withMark(book, { seq: 0n, totalIssued: btt(100n) })
  const step = issue(ahead, payee, btt(5n), btt(50n))
  expect(step).toMatchObject({ ok: false, error: { kind: 'reserve', mark: { seq: 1_024n, totalIssued: 100n } } })
})

describe('a payee’s book', () => {
  const [payee = payer, other = payer] = payees
  const voucher = (cumulative: bigint, seq: bigint, totalIssued = cumulative): SignedVoucher => ({
    payer,
    payee,
    cumulative: btt(cumulative),
    seq,
    totalIssued: btt(totalIssued),
    signature,
  })
  const backing = (deposited: bigint, changes: Partial<Backing['coverage']> = {}, cashed = 0n): Backing => ({
    coverage: { deposited: btt(deposited), withdrawn: btt(0n), planned: btt(0n), paidOut: btt(0n), ...changes },
    cashed: btt(cashed),
  })

  test('takes what rises and is covered', () => {
    const first = accept(emptyPayeeBook(payee), voucher(5n, 1n), backing(10n))
    if (!first.ok) throw new Error('refused')
    expect(first.value.added).toBe(5n)
    const second = accept(first.value.book, voucher(8n, 4n), backing(10n))
    expect(second).toMatchObject({ ok: true, value: { added: 3n } })
  })

  test.each([
    ['the same again', voucher(5n, 7n), rejectCodes.notRising],
    ['a lower sum', voucher(4n, 8n), rejectCodes.notRising],
    ['a lower seq', voucher(6n, 6n), rejectCodes.notRising],
    ['one for somebody else', { ...voucher(6n, 8n), payee: other }, rejectCodes.identity],
    ['one with a total below its own sum', voucher(6n, 8n, 5n), rejectCodes.malformed],
    ['one above the deposit', voucher(11n, 8n), rejectCodes.notCovered],
    ['one whose total is above the deposit', voucher(6n, 8n, 11n), rejectCodes.notCovered],
  ])('refuses %s', (_, late, code) => {
    const first = accept(emptyPayeeBook(payee), voucher(5n, 7n), backing(10n))
    if (!first.ok) throw new Error('refused')
    expect(accept(first.value.book, late, backing(10n))).toEqual({ ok: false, error: code })
  })

  test('counts planned withdrawals as gone, and unknown payers as not covered', () => {
    expect(isCovered(voucher(6n, 1n), backing(10n, { planned: btt(5n) }))).toBe(false)
    expect(isCovered(voucher(5n, 1n), backing(10n, { planned: btt(5n) }))).toBe(true)
    expect(isCovered(voucher(5n, 1n), backing(10n, { withdrawn: btt(6n) }))).toBe(false)
    expect(accept(emptyPayeeBook(payee), voucher(5n, 1n), undefined)).toEqual({
      ok: false,
      error: rejectCodes.notCovered,
    })
  })

  test('takes nothing more from a payer that was proven to over-issue, and counts no bond as cover', () => {
    const bond = { amount: btt(100n), planned: btt(0n), provenAtSeconds: undefined }
    expect(isCovered(voucher(10n, 1n), backing(10n, { bond }))).toBe(true)
    expect(isCovered(voucher(11n, 1n), backing(10n, { bond }))).toBe(false)
    expect(isCovered(voucher(5n, 1n), backing(10n, { bond: { ...bond, provenAtSeconds: 7n } }))).toBe(false)
  })

  test('sees through a deposit that went in circles', () => {
    // 100 deposited, paid to an own second key, deposited again from there: lifetime deposits say 200, the balance 100.
    const circled = backing(200n, { paidOut: btt(100n) })
    expect(isCovered(voucher(150n, 2n, 150n), circled)).toBe(false)
    expect(isCovered(voucher(50n, 2n, 50n), circled)).toBe(false)
    expect(isCovered(voucher(100n, 2n, 200n), circled)).toBe(true)
  })
})
