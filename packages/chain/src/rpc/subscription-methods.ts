/** eth_subscribe: new heads, logs of new blocks, transactions as the pool takes them, and whether the node is behind (geth's pub/sub). */

import type { Hex } from 'viem'
import { quantity } from '../hex.ts'
import type { ChainWatcher } from '../node.ts'
import type { Connection } from './connection.ts'
import type { Methods, RpcContext } from './context.ts'
import { invalidParams, RpcError, rpcCodes } from './errors.ts'
import { logFilter, logsOf } from './logs.ts'
import { watchSyncing } from './network-methods.ts'
import { count, fieldsOf, flag } from './params.ts'
import { headerView, transactionView } from './views.ts'

export const subscriptionsMax = 128

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
    default:
      throw invalidParams('subscription: expected newHeads, logs, newPendingTransactions or syncing')
  }
}

function needConnection(connection: Connection | undefined): Connection {
  if (connection !== undefined) return connection
  throw new RpcError(rpcCodes.methodNotFound, 'notifications not supported: subscribe over WebSocket, or poll a filter')
}
