/**
 * Transactions that wait for a block: a queue an account in the order of its nonces, gaps allowed; across accounts the
 * best price goes first, and of equals what came first. Pure memory: the chain tells it the accounts' state.
 */

import { type Clock, ok, type Result, refuse } from '@millrace/base'
import type { Hex } from 'viem'
import type { ChainTransaction } from '../block.ts'
import { type Bid, bidOf, costMost, priceFault } from '../execution/price.ts'
import { isBelow, rankOf } from './eviction.ts'
import { type Selection, selectionOf } from './selection.ts'
import { type Account, afterRun, createWaiting } from './waiting.ts'

export const accountTransactionsMax = 64
export const poolTransactionsMax = 4096
/** A replacement must offer this much more on both prices. */
export const replacementPercent = 10n
/** The state that a new transaction is judged by. */
export interface Admission {
  readonly nonce: bigint
  readonly balance: bigint
  /** Of the block that would be built now. */
  readonly baseFeePerGas: bigint
  readonly floor: bigint
}

/** Messages are worded as geth's, since clients tell errors apart by them. */
export interface PoolRefusal {
  readonly code:
    | 'known'
    | 'nonce-too-low'
    | 'nonce-too-high'
    | 'underpriced'
    | 'replacement'
    | 'funds'
    | 'full'
    | 'contract'
  readonly message: string
}

export interface Pool {
  add(transaction: ChainTransaction, admission: Admission): Result<Hex, PoolRefusal>
  get(hash: Hex): ChainTransaction | undefined
  /** All that wait, in the order they came. */
  waiting(): Iterable<ChainTransaction>
  /** The nonce after the account's unbroken run of waiting transactions; `nonce` is its state's. */
  pendingNonce(sender: Hex, nonce: bigint): bigint
  /** Waiting transactions in the order a block should try them. */
  ordered(baseFeePerGas: bigint): Selection
  /** Whether a block with this base fee would find a transaction. */
  hasExecutable(baseFeePerGas: bigint, floor: bigint): boolean
  /** A block has brought the account to this nonce: forgets what lies below. */
  settle(sender: Hex, nonce: bigint): void
  /** The account has this balance: forgets the last of what waits until it can pay for the rest. */
  afford(sender: Hex, balance: bigint): void
  /** Whether anything of this account waits. */
  holds(sender: Hex): boolean
  drop(hash: Hex): void
  /** Whether no block could take it now, since an earlier nonce of its account is missing. */
  waitsForGap(transaction: ChainTransaction): boolean
  /** Forgets what has waited behind gaps for `gapMsMax`: looks once a minute, however often it is called. */
  sweep(): void
  size(): number
  /** Every account that has something waiting. */
  content(): readonly PoolAccount[]
}

export interface PoolAccount {
  readonly sender: Hex
  /** Of the account's state. */
  readonly nonce: bigint
  /** By rising nonce. */
  readonly transactions: readonly ChainTransaction[]
}

export interface PoolOptions {
  readonly transactionsMax?: number
}

/** @example const pool = createPool({ clock: systemClock }) */
export function createPool(
  { clock }: { readonly clock: Clock },
  { transactionsMax = poolTransactionsMax }: PoolOptions = {},
): Pool {
  const waiting = createWaiting(clock)
  const { accounts, byHash, arrivals } = waiting

  /** Takes the place of another, if that is worth less. */
  const makeRoom = (transaction: ChainTransaction, admission: Admission, queue: Queue): PoolRefusal | undefined => {
    if (byHash.size < transactionsMax) {
      waiting.forgetOrder()
      return undefined
    }
    const { nonce, baseFeePerGas } = admission
    const victim = waiting.first(baseFeePerGas)
    if (victim === undefined || !isBelow(victim, rankOf({ nonce, queue }, transaction, baseFeePerGas))) {
      return { code: 'full', message: 'txpool is full: pay a higher price or try again later' }
    }
    waiting.remove(victim.transaction)
    return undefined
  }

  return {
    add(transaction, admission) {
      waiting.sweep()
      const { hash, sender, tx } = transaction
      if (byHash.has(hash)) return refuse({ code: 'known', message: 'already known' })
      const account = accounts.get(sender)
      const queue: Queue = account?.queue ?? new Map()
      const old = queue.get(tx.nonce)
      const fault =
        nonceFault(transaction, admission) ??
        priceRefusal(transaction, admission, old) ??
        fundsFault(transaction, admission, account?.cost ?? 0n, old) ??
        (old === undefined ? makeRoom(transaction, admission, queue) : undefined)
      if (fault !== undefined) return refuse(fault)
      waiting.put(transaction, admission.nonce)
      return ok(hash)
    },
    get: (hash) => byHash.get(hash),
    waiting: () => byHash.values(),
    pendingNonce: (sender, nonce) => afterRun(accounts.get(sender)?.queue, nonce),
    ordered: (baseFeePerGas) => selectionOf(accounts, baseFeePerGas, arrivals),
    hasExecutable(baseFeePerGas, floor) {
      for (const { nonce, queue } of accounts.values()) {
        const head = queue.get(nonce)
        if (head !== undefined && priceFault(bidOf(head.tx), baseFeePerGas, floor) === undefined) return true
      }
      return false
    },
    settle: waiting.settle,
    afford: waiting.afford,
    holds: (sender) => accounts.has(sender),
    drop(hash) {
      const transaction = byHash.get(hash)
      if (transaction !== undefined) waiting.remove(transaction)
    },
    waitsForGap({ sender, tx }) {
      const account = accounts.get(sender)
      return account !== undefined && afterRun(account.queue, account.nonce) < tx.nonce
    },
    sweep: waiting.sweep,
    size: () => byHash.size,
    content: () => contentOf(accounts),
  }
}

type Queue = ReadonlyMap<bigint, ChainTransaction>

function contentOf(accounts: ReadonlyMap<Hex, Account>): readonly PoolAccount[] {
  return [...accounts].map(([sender, { nonce, queue }]) => {
    const transactions = [...queue.values()].sort((a, b) => (a.tx.nonce < b.tx.nonce ? -1 : 1))
    return { sender, nonce, transactions }
  })
}

function nonceFault({ tx }: ChainTransaction, { nonce }: Admission): PoolRefusal | undefined {
  if (tx.nonce < nonce) {
    return { code: 'nonce-too-low', message: `nonce too low: next nonce ${nonce}, tx nonce ${tx.nonce}` }
  }
  if (tx.nonce < nonce + BigInt(accountTransactionsMax)) return undefined
  const most = `at most ${accountTransactionsMax} transactions of an account wait`
  return { code: 'nonce-too-high', message: `nonce too high: next nonce ${nonce}, tx nonce ${tx.nonce}; ${most}` }
}

function priceRefusal(
  { tx }: ChainTransaction,
  { baseFeePerGas, floor }: Admission,
  old: ChainTransaction | undefined,
): PoolRefusal | undefined {
  const bid = bidOf(tx)
  const message = priceFault(bid, baseFeePerGas, floor)
  if (message !== undefined) return { code: 'underpriced', message }
  if (old === undefined || outbids(bid, bidOf(old.tx))) return undefined
  const least = `both of its prices must be at least ${replacementPercent} % above the waiting transaction's`
  return { code: 'replacement', message: `replacement transaction underpriced: ${least}` }
}

function outbids(bid: Bid, old: Bid): boolean {
  const least = (price: bigint) => price * (100n + replacementPercent)
  return (
    bid.maxFeePerGas * 100n >= least(old.maxFeePerGas) &&
    bid.maxPriorityFeePerGas * 100n >= least(old.maxPriorityFeePerGas)
  )
}

/** The account must be able to pay for all that it has waiting, in whatever order that came. */
function fundsFault(
  { tx }: ChainTransaction,
  { balance }: Admission,
  queued: bigint,
  old: ChainTransaction | undefined,
): PoolRefusal | undefined {
  const cost = costMost(tx)
  const bump = old === undefined ? cost : cost - costMost(old.tx)
  const needed = queued + bump
  if (needed <= balance) return undefined
  const refused = (sums: string): PoolRefusal => {
    return { code: 'funds', message: `insufficient funds for gas * price + value: balance ${balance}, ${sums}` }
  }
  if (cost > balance) return refused(`tx cost ${cost}, overshot ${cost - balance}`)
  const added = old === undefined ? `tx cost ${cost}` : `tx bumped ${bump}`
  return refused(`queued cost ${queued}, ${added}, overshot ${needed - balance}`)
}
