/** eth_subscribe (geth's pub/sub): new heads, logs and receipts of new blocks, what the pool takes, whether the node is behind. */

import type { Hex } from 'viem'
import type { ChainBlock } from '../block.ts'
import { quantity } from '../hex.ts'
import type { ChainWatcher } from '../node.ts'
import type { Connection } from './connection.ts'
import type { Methods, RpcContext } from './context.ts'
import { RpcError, rpcCodes } from './errors.ts'
import { logFilter, logsOf } from './logs.ts'
import { watchSyncing } from './network-methods.ts'
import { count, fieldsOf, flag, hash, listOf } from './params.ts'
import { headerView, receiptView, transactionView } from './views.ts'

export const subscriptionsMax = 128
/** As geth's. */
export const receiptHashesMax = 200

export function subscriptionMethods(context: RpcContext): Methods {
  const { chain } = context
  let next = 1
  return {
    eth_subscribe([kind, options], connection) {
      const { subscriptions, notify } = needConnection(connection)
      if (subscriptions.size >= subscriptionsMax) {
        throw new RpcError(rpcCodes.limitExceeded, `limit exceeded: ${subscriptionsMax} subscriptions a connection`)
      }
      const id = quantity(next++)
      const tell = (result: unknown) => notify(id, result)
      const end = kind === 'syncing' ? watchSyncing(context, tell) : chain.watch(watcherOf(kind, options, tell))
      subscriptions.set(id, end)
      return id
    },
    eth_unsubscribe([value], connection) {
      const { subscriptions } = needConnection(connection)
      const id: Hex = quantity(count(value, 'subscription id'))
      const end = subscriptions.get(id)
      if (end === undefined) throw new RpcError(rpcCodes.server, 'subscription not found')
      end()
      return subscriptions.delete(id)
    },
  }
}

function watcherOf(kind: unknown, options: unknown, tell: (result: unknown) => void): ChainWatcher {
  switch (kind) {
    case 'newHeads':
      return { onBlock: (block) => tell(headerView(block)) }
    case 'logs': {
      const filter = logFilter(fieldsOf(options ?? {}, 'filter'))
      return {
        onBlock(block) {
          for (const log of logsOf(block, filter)) tell(log)
        },
      }
    }
    case 'newPendingTransactions': {
      const isFull = flag(options ?? undefined, 'full transactions')
      return { onTransaction: (it) => tell(isFull ? transactionView(it, undefined) : it.hash) }
    }
    case 'transactionReceipts': {
      const wanted = wantedHashes(options)
      return {
        onBlock(block) {
          const receipts = receiptsOf(block, wanted)
          if (receipts.length > 0) tell(receipts)
        },
      }
    }
    default:
      // geth's answer: a kind that it lacks is as a method that it lacks.
      throw new RpcError(
        rpcCodes.methodNotFound,
        `no ${JSON.stringify(kind)?.slice(0, 80)} subscription: expected newHeads, logs, newPendingTransactions, transactionReceipts or syncing`,
      )
  }
}

/** Undefined: of all. */
function wantedHashes(options: unknown): ReadonlySet<Hex> | undefined {
  const { transactionHashes: given = [] } = fieldsOf(options ?? {}, 'filter')
  const hashes = given === null ? [] : listOf(given, 'transactionHashes', Number.POSITIVE_INFINITY)
  if (hashes.length > receiptHashesMax) {
    const message = 'exceed max number of transaction hashes allowed per transactionReceipts subscription'
    throw new RpcError(rpcCodes.server, `${message}: ${hashes.length}; expected at most ${receiptHashesMax}`)
  }
  return hashes.length === 0 ? undefined : new Set(hashes.map((item) => hash(item, 'transaction hash')))
}

/** A block's receipts come together, in one notification. */
function receiptsOf(block: ChainBlock, wanted: ReadonlySet<Hex> | undefined) {
  return block.transactions.flatMap(({ hash }, index) => {
    return wanted === undefined || wanted.has(hash) ? (receiptView(block, index) ?? []) : []
  })
}

function needConnection(connection: Connection | undefined): Connection {
  if (connection !== undefined) return connection
  throw new RpcError(rpcCodes.methodNotFound, 'notifications not supported: subscribe over WebSocket, or poll a filter')
}
