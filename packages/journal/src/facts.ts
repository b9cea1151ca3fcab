/** What the log records, and the books that follow from it. Amounts are decimal strings in the files. */

import { assert, type Btt, btt, fromHex, toHex, zeroBtt } from '@millrace/base'
import {
  type Account,
  agreedSum,
  nothingSetOff,
  type ReserveMark,
  type SetOffNote,
  type SignedVoucher,
} from '@millrace/voucher'
import {
  acceptedEntry,
  type Balances,
  billedEntry,
  type Entry,
  issuedEntry,
  post,
  setOffEntry,
  sum,
  writtenOffEntry,
} from './accounts.ts'
import { count, type Turnover } from './turnover.ts'

export type Fact =
  /** `place`: see place.ts. `isCopy`: they were opened last elsewhere. */
  | { readonly t: 'opened'; readonly bootId: number; readonly place?: string; readonly isCopy?: boolean }
  /** Their owner says that they were moved, and that no other copy is in use. */
  | { readonly t: 'moved' }
  | { readonly t: 'mark'; readonly mark: ReserveMark }
  | { readonly t: 'issued'; readonly voucher: SignedVoucher }
  | { readonly t: 'adopted'; readonly payee: Account; readonly cumulative: Btt }
  | { readonly t: 'accepted'; readonly voucher: SignedVoucher }
  | { readonly t: 'billed'; readonly payer: Account; readonly billed: Btt; readonly billedBytes: number }
  /** `atSeconds`: since 1970; absent in files of before. */
  | { readonly t: 'writtenOff'; readonly payer: Account; readonly amount: Btt; readonly atSeconds?: number }
  | { readonly t: 'setOff'; readonly account: Account; readonly note: SetOffNote }
  | { readonly t: 'entry'; readonly entry: Entry }
  /** What follows happened on this day: whole days since 1970, UTC. */
  | { readonly t: 'day'; readonly day: number }

export interface Billing {
  readonly billed: Btt
  readonly billedBytes: number
  /** Absent: nothing was ever lost with this payer. */
  readonly writeOffs?: {
    readonly count: number
    /** What it had paid by the last one. */
    readonly paidThen: Btt
    /** Of the last one, seconds since 1970; 0 in books of before times were noted. */
    readonly atSeconds: number
  }
}

/** Everything that is known, folded from the facts. */
export interface Books {
  bootId: number
  /** Of the last opening. Absent in files of before. */
  place?: string
  /** Other books of this key may have gone on without these. */
  isCopy?: boolean
  mark: ReserveMark
  /** Our cumulative sums by payee; the newest voucher where it is remembered. */
  readonly issued: Map<Account, Btt>
  readonly newestIssued: Map<Account, SignedVoucher>
  /** Of `issued`, what payees were believed to hold without proof. Absent in files of before: 0. */
  adopted?: Btt
  readonly accepted: Map<Account, SignedVoucher>
  readonly billing: Map<Account, Billing>
  readonly setOffs: Map<Account, SetOffNote>
  readonly balances: Balances
  /** Undefined in books of before days were noted. */
  day: number | undefined
  readonly turnover: Turnover
}

export function emptyBooks(): Books {
  return {
    bootId: 0,
    mark: { seq: 0n, totalIssued: zeroBtt },
    issued: new Map(),
    newestIssued: new Map(),
    accepted: new Map(),
    billing: new Map(),
    setOffs: new Map(),
    balances: new Map(),
    day: undefined,
    turnover: new Map(),
  }
}

/** Takes a fact in and returns the entry that it makes in the journal, if it moves money. */
export function apply(books: Books, fact: Fact): Entry | undefined {
  const entry = change(books, fact)
  if (entry !== undefined) {
    post(books.balances, entry)
    count(books.turnover, books.day, entry)
  }
  return entry
}

/** What does not add up: the journal's own sum, and its totals against vouchers and bills. Must be 0. */
export function imbalanceOf(books: Books): bigint {
  const { balances } = books
  const own = sum(balances.values())
  const spent = (balances.get('expense') ?? 0n) - sum(books.issued.values()) - setOffOf(books)
  const billed = sum([...books.billing.values()].map((billing) => billing.billed))
  const earned = (balances.get('income') ?? 0n) + billed + (balances.get('writtenOff') ?? 0n)
  return absolute(own) + absolute(spent) + absolute(earned)
}

/** Over all time, with everybody. */
export function setOffOf(books: Books): bigint {
  return sum([...books.setOffs.values()].map(agreedSum))
}

function change(books: Books, fact: Fact): Entry | undefined {
  switch (fact.t) {
    case 'opened':
      books.bootId = fact.bootId
      if (fact.place !== undefined) books.place = fact.place
      if (fact.isCopy === true) books.isCopy = true
      return undefined
    case 'moved':
      books.isCopy = false
      return undefined
    case 'mark':
      books.mark = fact.mark
      return undefined
    case 'issued': {
      const { payee, cumulative } = fact.voucher
      books.newestIssued.set(payee, fact.voucher)
      return raiseIssued(books, payee, cumulative)
    }
    case 'adopted': {
      const added = fact.cumulative - (books.issued.get(fact.payee) ?? 0n)
      books.adopted = btt((books.adopted ?? 0n) + added)
      // What was lost stays promised to whoever holds it: see the payer's book.
      books.mark = { ...books.mark, totalIssued: btt(books.mark.totalIssued + added) }
      return raiseIssued(books, fact.payee, fact.cumulative)
    }
    case 'accepted': {
      const { payer, cumulative } = fact.voucher
      const before = books.accepted.get(payer)?.cumulative ?? 0n
      assert(cumulative > before, 'an accepted voucher above the one before')
      books.accepted.set(payer, fact.voucher)
      return acceptedEntry(payer, cumulative - before)
    }
    case 'billed': {
      const known = books.billing.get(fact.payer)
      const before = known?.billed ?? 0n
      books.billing.set(fact.payer, { ...known, billed: fact.billed, billedBytes: fact.billedBytes })
      if (fact.billed === before) return undefined
      // A bill that fell is a write-off by another name.
      if (fact.billed < before) return writtenOffEntry(fact.payer, before - fact.billed)
      return billedEntry(fact.payer, fact.billed - before)
    }
    case 'writtenOff': {
      const before: Billing = books.billing.get(fact.payer) ?? { billed: zeroBtt, billedBytes: 0 }
      assert(fact.amount <= before.billed, 'a write-off of no more than was billed')
      const paidThen = btt(before.billed - fact.amount)
      const count = (before.writeOffs?.count ?? 0) + 1
      const writeOffs = { count, paidThen, atSeconds: fact.atSeconds ?? 0 }
      books.billing.set(fact.payer, { ...before, billed: paidThen, writeOffs })
      return writtenOffEntry(fact.payer, fact.amount)
    }
    case 'setOff': {
      const rise = agreedSum(fact.note) - agreedSum(books.setOffs.get(fact.account) ?? nothingSetOff)
      assert(rise >= 0n, 'a set-off that does not fall')
      books.setOffs.set(fact.account, fact.note)
      return rise === 0n ? undefined : setOffEntry(fact.account, rise)
    }
    case 'entry':
      return fact.entry
    case 'day':
      books.day = fact.day
      return undefined
  }
}

function raiseIssued(books: Books, payee: Account, cumulative: Btt): Entry {
  const before = books.issued.get(payee) ?? zeroBtt
  assert(cumulative > before, 'an issued sum above the one before')
  books.issued.set(payee, cumulative)
  return issuedEntry(payee, cumulative - before)
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value
}

/** Bigints as `"123n"` and bytes as `"0x..b"`: plain strings that no other field can hold. */
export function encodeJson(value: unknown): string {
  return JSON.stringify(value, function (this: Readonly<Record<string, unknown>>, key: string, item: unknown) {
    // A Buffer has turned itself into something else before it gets here: look at the holder's own value.
    const own = this[key]
    if (own instanceof Uint8Array) return `0x${toHex(own)}b`
    if (typeof item === 'bigint') return `${item}n`
    if (item instanceof Map) return { map: [...item] }
    return item
  })
}

/** The inverse of `encodeJson`. Throws on text that is no JSON. */
export function decodeJson(text: string): unknown {
  return JSON.parse(text, (_key, item: unknown) => {
    if (typeof item === 'string' && /^-?\d+n$/.test(item)) return BigInt(item.slice(0, -1))
    if (typeof item === 'string' && /^0x(?:[0-9a-f]{2})*b$/.test(item)) return fromHex(item.slice(0, -1))
    if (typeof item === 'object' && item !== null && 'map' in item && Array.isArray(item.map)) return new Map(item.map)
    return item
  })
}
