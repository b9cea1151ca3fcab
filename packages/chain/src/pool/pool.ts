/**
 * Transactions that wait for a block: a queue an account in the order of its nonces, gaps allowed; across accounts the
 * best tip goes first, and of equals what came first. Pure memory: the chain tells it the accounts' state.
 */

import { maxBig, ok, type Result, refuse } from '@millrace/base'
import type { Hex } from 'viem'
import type { ChainTransaction } from '../block.ts'
import { type Bid, bidOf, priceFault } from '../execution/price.ts'
import { Arrivals, type Selection, selectionOf } from './selection.ts'

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
  drop(hash: Hex): void
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

/** One account's waiting transactions by nonce, and the nonce of its state. */
interface Account {
  nonce: bigint
  readonly queue: Map<bigint, ChainTransaction>
}

export function createPool(): Pool {
  const accounts = new Map<Hex, Account>()
  const byHash = new Map<Hex, ChainTransaction>()
  const arrivals = new Arrivals()

  const remove = (transaction: ChainTransaction): void => {
    byHash.delete(transaction.hash)
    arrivals.forget(transaction.hash)
    const account = accounts.get(transaction.sender)
    account?.queue.delete(transaction.tx.nonce)
    if (account?.queue.size === 0) accounts.delete(transaction.sender)
  }

  const makeRoom = (tip: bigint, waitsForGap: boolean): PoolRefusal | undefined => {
    if (byHash.size < poolTransactionsMax) return undefined
    const victim = cheapestTail(accounts)
    // What no block could take now pays nothing for its place, whatever it bids: it never drives out what one could.
    const yields =
      victim !== undefined && (victim.waitsForGap ? !waitsForGap || victim.tip < tip : !waitsForGap && victim.tip < tip)
    if (!yields) return { code: 'full', message: 'txpool is full: pay a higher tip or try again later' }
    remove(victim.transaction)
    return undefined
  }

  return {
    add(transaction, admission) {
      const { hash, sender, tx } = transaction
      if (byHash.has(hash)) return refuse({ code: 'known', message: 'already known' })
      const queue: Account['queue'] = accounts.get(sender)?.queue ?? new Map()
      const old = queue.get(tx.nonce)
      const fault =
        nonceFault(transaction, admission) ??
        priceRefusal(transaction, admission, old) ??
        fundsFault(transaction, admission, queue) ??
        (old === undefined
          ? makeRoom(bidOf(tx).maxPriorityFeePerGas, !reaches(queue, admission.nonce, tx.nonce))
          : undefined)
      if (fault !== undefined) return refuse(fault)
      if (old !== undefined) byHash.delete(old.hash)
      if (old !== undefined) arrivals.forget(old.hash)
      byHash.set(hash, transaction)
      arrivals.note(hash)
      accounts.set(sender, { nonce: admission.nonce, queue: queue.set(tx.nonce, transaction) })
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
    settle(sender, nonce) {
      const account = accounts.get(sender)
      if (account === undefined) return
      account.nonce = nonce
      for (const transaction of account.queue.values()) if (transaction.tx.nonce < nonce) remove(transaction)
    },
    drop(hash) {
      const transaction = byHash.get(hash)
      if (transaction !== undefined) remove(transaction)
    },
    size: () => byHash.size,
    content: () => contentOf(accounts),
  }
}

/** The first nonce from this one on that does not wait here. */
function afterRun(queue: Account['queue'] | undefined, nonce: bigint): bigint {
  let next = nonce
  while (queue?.has(next)) next++
  return next
}

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

/** The account must be able to pay this and all that it has waiting before it. */
function fundsFault(
  { tx }: ChainTransaction,
  { balance }: Admission,
  queue: ReadonlyMap<bigint, ChainTransaction>,
): PoolRefusal | undefined {
  let cost = costMost(tx)
  for (const [nonce, waiting] of queue) if (nonce < tx.nonce) cost += costMost(waiting.tx)
  if (cost <= balance) return undefined
  const sums = `balance ${balance}, tx cost ${cost}, overshot ${cost - balance}`
  return { code: 'funds', message: `insufficient funds for gas * price + value: ${sums}` }
}

function costMost(tx: ChainTransaction['tx']): bigint {
  return tx.value + tx.gasLimit * bidOf(tx).maxFeePerGas
}

interface Tail {
  readonly transaction: ChainTransaction
  readonly tip: bigint
  readonly waitsForGap: boolean
}

/**
 * Among the accounts' last transactions the first to go: one behind a gap before all others, then the lowest tip.
 * Dropping a last one breaks no run of nonces.
 */
function cheapestTail(accounts: ReadonlyMap<Hex, Account>): Tail | undefined {
  let cheapest: Tail | undefined
  for (const { nonce, queue } of accounts.values()) {
    const last = queue.get([...queue.keys()].reduce((a, b) => maxBig(a, b)))
    if (last === undefined) continue
    const tip = bidOf(last.tx).maxPriorityFeePerGas
    const tail = { transaction: last, tip, waitsForGap: !reaches(queue, nonce, last.tx.nonce) }
    const isFirst =
      cheapest === undefined || tail.waitsForGap !== cheapest.waitsForGap ? tail.waitsForGap : tip < cheapest.tip
    if (cheapest === undefined || isFirst) cheapest = tail
  }
  return cheapest
}

/** Whether every nonce from the account's own up to `last`, that one aside, waits here. */
function reaches(queue: ReadonlyMap<bigint, ChainTransaction>, nonce: bigint, last: bigint): boolean {
  for (let before = nonce; before < last; before++) if (!queue.has(before)) return false
  return true
}
