/** Honest payers through crashes and lying payees, and payers that sign anything, judged by us and by the real contract. */

import { type Btt, btt } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bondWorld } from '../../contracts/testing/bond-world.ts'
import { testKey } from '../../contracts/testing/evm.ts'
import { type Account, parseAccount } from './account.ts'
import { findContradiction } from './overissue.ts'
import {
  adopt,
  emptyPayerBook,
  issue,
  type ReserveMark,
  recoverPayerBook,
  unattributed,
  withMark,
} from './payer-book.ts'
import { cashEntry, voucherOfEntry } from './signature.ts'
import type { SignedVoucher, Voucher } from './typed-data.ts'

const keys = [testKey(1), testKey(2), testKey(3)] as const
const payerKey = testKey(0)
const lower = (address: string) => parseAccount(address) as Account // an account of viem's is well formed
const payer = lower(payerKey.address)
const payees = keys.map(({ address }) => lower(address))
const signature = new Uint8Array(65)

const act = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      t: fc.constant('pay' as const),
      to: fc.constantFrom(...payees),
      amount: fc.bigInt(1n, 40n).map(btt),
    }),
  },
  fc.record({ t: fc.constant('flush' as const) }),
  // What of the log survives is any prefix beyond the last flush.
  fc.record({ t: fc.constant('crash' as const), kept: fc.nat(8) }),
  // A payee says that it holds so much more, or all that was lost.
  fc.record({ t: fc.constant('say' as const), who: fc.constantFrom(...payees), more: fc.option(fc.bigInt(1n, 60n)) }),
)
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never
type Note = { readonly payee: Account; readonly cumulative: Btt; readonly isAdopted: boolean }

/** Everything that an honest payer signs in a history; its log may lose what was not flushed, never what was reserved. */
function honestVouchers(acts: readonly Act[], limit: Btt): readonly Voucher[] {
  const sent: Voucher[] = []
  let durable: readonly (Note | ReserveMark)[] = []
  const pending: (Note | ReserveMark)[] = []
  let book = emptyPayerBook(payer)
  for (const it of acts) {
    if (it.t === 'flush') {
      durable = [...durable, ...pending.splice(0)]
    } else if (it.t === 'crash') {
      durable = [...durable, ...pending.splice(0).slice(0, it.kept)]
      book = recover(durable)
    } else if (it.t === 'say') {
      const claimed = btt((book.issued.get(it.who) ?? 0n) + (it.more ?? unattributed(book)))
      const believed = adopt(book, it.who, claimed)
      if (believed === undefined) continue
      book = believed
      pending.push({ payee: it.who, cumulative: claimed, isAdopted: true })
    } else {
      let step = issue(book, it.to, it.amount, limit)
      if (!step.ok && step.error.kind === 'reserve') {
        durable = [...durable, ...pending.splice(0), step.error.mark]
        book = withMark(book, step.error.mark)
        step = issue(book, it.to, it.amount, limit)
      }
      if (!step.ok) continue
      book = step.value.book
      const { voucher } = step.value
      sent.push(voucher)
      pending.push({ payee: voucher.payee, cumulative: voucher.cumulative, isAdopted: false })
    }
  }
  return sent
}

/** As the journal's facts are folded. */
function recover(notes: readonly (Note | ReserveMark)[]) {
  let mark: ReserveMark = { seq: 0n, totalIssued: btt(0n) }
  let adopted = 0n
  const issued = new Map<Account, Btt>()
  for (const note of notes) {
    if (!('payee' in note)) {
      mark = note
      continue
    }
    const added = note.cumulative - (issued.get(note.payee) ?? 0n)
    issued.set(note.payee, note.cumulative)
    if (!note.isAdopted) continue
    adopted += added
    mark = { ...mark, totalIssued: btt(mark.totalIssued + added) }
  }
  return recoverPayerBook(payer, issued, mark, btt(adopted))
}

const signed = (voucher: Voucher): SignedVoucher => ({ ...voucher, signature })

test('nothing that an honest payer signs is a contradiction, through crashes and payees that lie about what was lost', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), fc.bigInt(1n, 20_000n).map(btt), (acts, limit) => {
      const sent = honestVouchers(acts, limit)
      expect(findContradiction(sent.map(signed))).toBeUndefined()
      for (const { totalIssued } of sent) expect(totalIssued <= limit).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})

test('a payee that says it holds all that a crash lost does not make its payer a liar', () => {
  const [liar = payer, loser = payer] = payees
  const lost: Act = { t: 'pay', to: loser, amount: btt(10n) }
  const paid: Act = { t: 'pay', to: liar, amount: btt(5n) }
  const acts: readonly Act[] = [lost, { t: 'crash', kept: 0 }, { t: 'say', who: liar, more: null }, paid]
  const sent = honestVouchers(acts, btt(900n))
  expect(sent.map(({ cumulative, totalIssued }) => [cumulative, totalIssued])).toEqual([
    [10n, 10n],
    [165n, 325n],
  ])
  expect(findContradiction(sent.map(signed))).toBeUndefined()
})

/** By trying every choice of one voucher a payee. */
function isContradicted(vouchers: readonly Voucher[]): boolean {
  return vouchers.some((statement) => {
    const earlier = vouchers.filter(({ seq }) => seq <= statement.seq)
    const differs = earlier.some(
      (other) =>
        other.seq === statement.seq &&
        (other.payee !== statement.payee ||
          other.cumulative !== statement.cumulative ||
          other.totalIssued !== statement.totalIssued),
    )
    const choices: { readonly payees: ReadonlySet<Account>; readonly sum: bigint }[] = [{ payees: new Set(), sum: 0n }]
    for (const { payee, cumulative } of earlier) {
      const without = choices.filter(({ payees }) => !payees.has(payee))
      choices.push(
        ...without.map(({ payees, sum }) => ({ payees: new Set([...payees, payee]), sum: sum + cumulative })),
      )
    }
    return differs || choices.some(({ sum }) => sum > statement.totalIssued)
  })
}

const anything = fc.array(
  fc.record({
    payer: fc.constant(payer),
    payee: fc.constantFrom(...payees),
    cumulative: fc.bigInt(1n, 30n).map(btt),
    seq: fc.bigInt(0n, 9n),
    totalIssued: fc.bigInt(20n, 60n).map(btt),
  }),
  { maxLength: 6 },
)

test('finds a contradiction exactly where trying every choice finds one', () => {
  fc.assert(
    fc.property(anything, (vouchers) => {
      expect(findContradiction(vouchers.map(signed)) !== undefined).toBe(isContradicted(vouchers))
    }),
    { numRuns: 2_000 },
  )
})

test('what is found the contract takes as proof, and of an honest payer it takes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(anything, fc.array(act, { maxLength: 20 }), fc.nat(), async (lies, acts, pick) => {
      const world = await bondWorld([payerKey, ...keys])
      const sign = async (voucher: Voucher): Promise<SignedVoucher> => {
        const entry = await world.vault.sign(payerKey, voucher)
        return voucherOfEntry({ ...entry, payer: voucher.payer, payee: voucher.payee })
      }
      const prove = async (statement: SignedVoucher, others: readonly SignedVoucher[]) =>
        (await world.bond.call(keys[0], 'proveOverissue', [cashEntry(statement), others.map(cashEntry)])).revert
      const honest = await Promise.all(honestVouchers(acts, btt(20_000n)).map(sign))
      const statement = honest[pick % Math.max(1, honest.length)]
      if (statement !== undefined) {
        const newest = new Map(
          honest
            .filter(({ seq }) => seq <= statement.seq)
            .toSorted((a, b) => (a.cumulative < b.cumulative ? -1 : 1))
            .map((voucher) => [voucher.payee, voucher]),
        )
        const others = [...newest.values()].toSorted((a, b) => (a.payee < b.payee ? -1 : 1))
        expect(world.bond.errorIn(await prove(statement, others))).toBe('NoContradiction')
      }
      const found = findContradiction(await Promise.all(lies.map(sign)))
      if (found !== undefined) expect(await prove(found.statement, found.others)).toBeUndefined()
    }),
    { numRuns: 40, interruptAfterTimeLimit: 5_000 },
  )
})
