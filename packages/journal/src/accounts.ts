/** Double entry: each BTT that moves has two sides. Debits are positive, credits negative, and an entry sums to zero. */

import { assert, type Btt } from '@millrace/base'
import type { Account } from '@millrace/voucher'

export interface Line {
  /**
   * `wallet` (what came from it), `withdrawn` and `cashedOut` (what went back), `vault`, `payable:0x...`, `voucher:0x...`,
   * `receivable:0x...`, `income`, `expense`, `writtenOff`, `gas`, `incentives`.
   */
  readonly account: string
  readonly amount: bigint
}

/** What an entry is for: each has one function here that makes it. */
export const entryKinds = [
  'billed',
  'writtenOff',
  'accepted',
  'cashed',
  'issued',
  'paidOut',
  'setOff',
  'deposited',
  'withdrawn',
  'gas',
  'rewarded',
] as const

export type EntryKind = (typeof entryKinds)[number]

export interface Entry {
  readonly kind: EntryKind
  readonly lines: readonly Line[]
}

export type Balances = Map<string, bigint>

/** Adds an entry. An entry that does not sum to zero is a bug. */
export function post(balances: Balances, entry: Entry): void {
  assert(sum(entry.lines.map((line) => line.amount)) === 0n, `a balanced ${entry.kind} entry`)
  for (const { account, amount } of entry.lines) balances.set(account, (balances.get(account) ?? 0n) + amount)
}

export function sum(amounts: Iterable<bigint>): bigint {
  let total = 0n
  for (const amount of amounts) total += amount
  return total
}

function move(kind: EntryKind, amount: bigint, debit: string, credit: string): Entry {
  return {
    kind,
    lines: [
      { account: debit, amount },
      { account: credit, amount: -amount },
    ],
  }
}

/** A buyer promised `amount` more: spent, and owed until the payee cashes it. */
export function issuedEntry(payee: Account, amount: bigint): Entry {
  return move('issued', amount, 'expense', `payable:${payee}`)
}

/** A payee cashed: paid from our vault balance. */
export function paidOutEntry(payee: Account, amount: Btt): Entry {
  return move('paidOut', amount, `payable:${payee}`, 'vault')
}

/** A seller served `amount` worth of blocks: earned, and owed by the payer. */
export function billedEntry(payer: Account, amount: bigint): Entry {
  return move('billed', amount, `receivable:${payer}`, 'income')
}

/** A voucher came: what the payer owed, or pays ahead, is now a claim on its vault balance. */
export function acceptedEntry(payer: Account, amount: bigint): Entry {
  return move('accepted', amount, `voucher:${payer}`, `receivable:${payer}`)
}

/** A voucher was cashed, into our vault balance or out to a wallet. */
export function cashedEntry(payer: Account, amount: Btt, to: 'vault' | 'wallet'): Entry {
  return move('cashed', amount, to === 'vault' ? 'vault' : 'cashedOut', `voucher:${payer}`)
}

export function writtenOffEntry(payer: Account, amount: bigint): Entry {
  return move('writtenOff', amount, 'writtenOff', `receivable:${payer}`)
}

/** Set off with an account: what we owe it for and what it owes us are both paid by as much, without a voucher. */
export function setOffEntry(account: Account, amount: bigint): Entry {
  return move('setOff', amount, 'expense', `receivable:${account}`)
}

export function depositedEntry(amount: Btt): Entry {
  return move('deposited', amount, 'vault', 'wallet')
}

export function withdrawnEntry(amount: Btt): Entry {
  return move('withdrawn', amount, 'withdrawn', 'vault')
}

/** What a transaction of ours cost, paid from the wallet. */
export function gasEntry(amount: Btt): Entry {
  return move('gas', amount, 'gas', 'wallet')
}

/** The network's incentive pool paid into our vault balance. */
export function rewardedEntry(amount: Btt): Entry {
  return move('rewarded', amount, 'vault', 'incentives')
}
