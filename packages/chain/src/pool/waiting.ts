/** What waits, by account and by hash, and the order in which it leaves: each change is made in all of them at once. */

import type { Clock } from '@millrace/base'
import type { Hex } from 'viem'
import type { ChainTransaction } from '../block.ts'
import { costMost } from '../execution/price.ts'
import { type EvictionOrder, evictionOrder, type Tail } from './eviction.ts'
import { Arrivals } from './selection.ts'

/** As geth's: what waits behind a gap is forgotten when nothing of its account has come or gone for so long. */
export const gapMsMax = 3 * 3_600_000
/** How often that is looked for. */
const sweepMs = 60_000

/** One account's waiting transactions by nonce, and the nonce of its state. */
export interface Account {
  nonce: bigint
  readonly queue: Map<bigint, ChainTransaction>
  /** The most that all of the queue can take from the account. */
  cost: bigint
  /** When something of it came or went last. */
  changedMs: number
}

export interface Waiting {
  readonly accounts: ReadonlyMap<Hex, Account>
  readonly byHash: ReadonlyMap<Hex, ChainTransaction>
  readonly arrivals: Arrivals
  /** Takes in a transaction, in the place of the account's other one with its nonce; `nonce` is of the account's state. */
  put(transaction: ChainTransaction, nonce: bigint): void
  remove(transaction: ChainTransaction): void
  settle(sender: Hex, nonce: bigint): void
  /** Removes the account's last ones until it can pay for what is left. */
  afford(sender: Hex, balance: bigint): void
  /** The first to leave at this base fee. */
  first(baseFeePerGas: bigint): Tail | undefined
  /** No order is kept until it is asked for again. */
  forgetOrder(): void
  sweep(): void
}

export function createWaiting(clock: Clock): Waiting {
  const accounts = new Map<Hex, Account>()
  const byHash = new Map<Hex, ChainTransaction>()
  const arrivals = new Arrivals()
  let order: EvictionOrder | undefined
  let sweptMs = clock.now()

  const forget = ({ hash }: ChainTransaction): void => {
    byHash.delete(hash)
    arrivals.forget(hash)
  }
  const remove = (transaction: ChainTransaction): void => {
    const { sender, tx } = transaction
    forget(transaction)
    const account = accounts.get(sender)
    if (account?.queue.delete(tx.nonce)) account.cost -= costMost(tx)
    if (account?.queue.size === 0) accounts.delete(sender)
    else if (account !== undefined) account.changedMs = clock.now()
    order?.touch(sender)
  }

  return {
    accounts,
    byHash,
    arrivals,
    put(transaction, nonce) {
      const { hash, sender, tx } = transaction
      const { queue, cost: before } = accounts.get(sender) ?? { queue: new Map<bigint, ChainTransaction>(), cost: 0n }
      const old = queue.get(tx.nonce)
      if (old !== undefined) forget(old)
      const cost = before + costMost(tx) - (old === undefined ? 0n : costMost(old.tx))
      byHash.set(hash, transaction)
      arrivals.note(hash)
      queue.set(tx.nonce, transaction)
      accounts.set(sender, { nonce, queue, cost, changedMs: clock.now() })
      order?.touch(sender)
    },
    remove,
    settle(sender, nonce) {
      const account = accounts.get(sender)
      if (account === undefined) return
      if (account.nonce !== nonce) account.changedMs = clock.now()
      account.nonce = nonce
      for (const transaction of account.queue.values()) if (transaction.tx.nonce < nonce) remove(transaction)
      order?.touch(sender)
    },
    afford(sender, balance) {
      const account = accounts.get(sender)
      if (account === undefined || account.cost <= balance) return
      for (const transaction of lastFirst(account)) if (account.cost > balance) remove(transaction)
    },
    first(baseFeePerGas) {
      if (order?.baseFeePerGas !== baseFeePerGas) order = evictionOrder(accounts, arrivals, baseFeePerGas)
      return order.first()
    },
    forgetOrder() {
      order = undefined
    },
    sweep() {
      const now = clock.now()
      if (now - sweptMs < sweepMs) return
      sweptMs = now
      for (const account of accounts.values()) {
        if (now - account.changedMs >= gapMsMax) for (const transaction of behindGap(account)) remove(transaction)
      }
    },
  }
}

function behindGap({ nonce, queue }: Account): readonly ChainTransaction[] {
  const end = afterRun(queue, nonce)
  return [...queue.values()].filter(({ tx }) => tx.nonce > end)
}

function lastFirst({ queue }: Account): readonly ChainTransaction[] {
  return [...queue.values()].sort((a, b) => (a.tx.nonce > b.tx.nonce ? -1 : 1))
}

/** The first nonce from this one on that does not wait here. */
export function afterRun(queue: ReadonlyMap<bigint, ChainTransaction> | undefined, nonce: bigint): bigint {
  let next = nonce
  while (queue?.has(next)) next++
  return next
}
