/**
 * What the chain says of our money, as sums over all time, and what the journal lacks of it. Sums may come again, late or
 * in any order: nothing is entered twice, and nothing that happened while nobody looked is lost.
 */

import { type Btt, btt } from '@millrace/base'
import type { Account } from '@millrace/voucher'
import { cashedEntry, depositedEntry, type Entry, paidOutEntry, sum, withdrawnEntry } from './accounts.ts'
import type { Books } from './facts.ts'

/** Lifetime sums of the vault; what is absent is not looked at. */
export interface VaultSums {
  /** Into our balance; what cashing added to it included. Read it before `cashed`, so that it never runs ahead of it. */
  readonly deposited?: Btt
  readonly withdrawn?: Btt
  /** By payee: what it was paid for our vouchers. */
  readonly paidOut?: ReadonlyMap<Account, Btt>
  /** By payer: what we were paid, into our balance. */
  readonly cashed?: ReadonlyMap<Account, Btt>
}

/** Pairs whose vouchers are not all cashed, as far as the journal knows. */
export interface OpenPairs {
  readonly payees: readonly Account[]
  readonly payers: readonly Account[]
}

/** The entries by which the journal reaches `sums`. */
export function missingEntries(books: Books, sums: VaultSums): readonly Entry[] {
  const paidOut = [...(sums.paidOut ?? [])].map(([payee, paid]) =>
    paidOutEntry(payee, btt(paid - paidOutTo(books, payee))),
  )
  const cashed = [...(sums.cashed ?? [])].map(([payer, paid]) =>
    cashedEntry(payer, btt(paid - cashedFrom(books, payer)), 'vault'),
  )
  const newlyCashed = sum(cashed.map(amountOf).filter((amount) => amount > 0n))
  const withdrawn = (sums.withdrawn ?? 0n) - withdrawnOf(books)
  const deposited = (sums.deposited ?? 0n) - depositedOf(books) - newlyCashed
  const entries = [...paidOut, ...cashed, withdrawnEntry(btt(withdrawn)), depositedEntry(btt(deposited))]
  return entries.filter((entry) => amountOf(entry) > 0n)
}

export function openPairs(books: Books): OpenPairs {
  return {
    payees: [...books.issued].flatMap(([payee, issued]) => (issued > paidOutTo(books, payee) ? [payee] : [])),
    payers: [...books.accepted.values()].flatMap(({ payer, cumulative }) =>
      cumulative > cashedFrom(books, payer) ? [payer] : [],
    ),
  }
}

/** What the journal knows a payee to have cashed. What is owed is a credit: a negative balance. */
export function paidOutTo(books: Books, payee: Account): bigint {
  return (books.issued.get(payee) ?? 0n) + (books.balances.get(`payable:${payee}`) ?? 0n)
}

/** The same of every payee that was promised or paid something: it may be paid what the books do not know of. */
export function paidOutSums(books: Books): ReadonlyMap<Account, Btt> {
  const prefix = 'payable:'
  const paid = [...books.balances.keys()].flatMap(
    (name) => (name.startsWith(prefix) ? [name.slice(prefix.length) as Account] : []), // as the entries write them
  )
  return new Map([...books.issued.keys(), ...paid].map((payee) => [payee, btt(paidOutTo(books, payee))]))
}

/** What the journal knows us to have cashed of a payer's vouchers. */
export function cashedFrom(books: Books, payer: Account): bigint {
  return (books.accepted.get(payer)?.cumulative ?? 0n) - (books.balances.get(`voucher:${payer}`) ?? 0n)
}

function withdrawnOf(books: Books): bigint {
  return books.balances.get('withdrawn') ?? 0n
}

/** All that ever came into our balance is still there, was paid out or withdrawn. */
function depositedOf(books: Books): bigint {
  const paidOut = sum([...books.issued.keys()].map((payee) => paidOutTo(books, payee)))
  return (books.balances.get('vault') ?? 0n) + paidOut + withdrawnOf(books)
}

/** Of a move: its debit. */
function amountOf({ lines }: Entry): bigint {
  return lines[0]?.amount ?? 0n
}
