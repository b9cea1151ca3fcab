/** Filters that are polled: each remembers the last block it has told of. */

import type { Hex } from 'viem'
import type { ChainTransaction } from '../block.ts'
import { quantity } from '../hex.ts'
import { type LogQuery, logQuery } from './block-methods.ts'
import type { Methods, RpcContext } from './context.ts'
import { RpcError, rpcCodes } from './errors.ts'
import { offloadedMethods } from './heavy-methods.ts'
import { findLogs } from './logs.ts'
import { count, flag } from './params.ts'
import { type Json, transactionView } from './views.ts'

export const filtersMax = 1024
/** What a filter of transactions keeps between two polls. */
const filteredTransactionsMax = 4096
/** A filter that nobody has asked for so long is forgotten. */
const idleMsMax = 300_000

type Filter = { usedMs: number } & (
  | { readonly kind: 'blocks'; seen: number }
  | { readonly kind: 'logs'; readonly query: LogQuery; seen: number }
  | { readonly kind: 'transactions'; readonly isFull: boolean; readonly waiting: ChainTransaction[]; end: () => void }
)

export function filterMethods(context: RpcContext): Methods {
  const { chain, clock } = context
  const { eth_getLogs: search } = offloadedMethods(context)
  const filters = new Map<number, Filter>()
  let next = 1

  const remove = (id: number): boolean => {
    const filter = filters.get(id)
    if (filter?.kind === 'transactions') filter.end()
    return filters.delete(id)
  }

  const install = (make: (seen: number, usedMs: number) => Filter): Hex => {
    const now = clock.now()
    for (const [id, { usedMs }] of filters) if (now - usedMs > idleMsMax) remove(id)
    if (filters.size >= filtersMax) throw new RpcError(rpcCodes.limitExceeded, `limit exceeded: ${filtersMax} filters`)
    filters.set(next, make(chain.head().number, now))
    return quantity(next++)
  }

  const need = (value: unknown): Filter => {
    const filter = filters.get(count(value, 'filter id'))
    if (filter === undefined) throw new RpcError(rpcCodes.server, 'filter not found')
    filter.usedMs = clock.now()
    return filter
  }

  return {
    eth_newFilter([value]) {
      const query = logQuery(value)
      return install((seen, usedMs) => ({ kind: 'logs', query, seen, usedMs }))
    },
    eth_newBlockFilter: () => install((seen, usedMs) => ({ kind: 'blocks', seen, usedMs })),
    eth_newPendingTransactionFilter([full]) {
      const isFull = flag(full ?? undefined, 'full transactions')
      return install((_seen, usedMs) => ({ kind: 'transactions', isFull, usedMs, ...collect(chain) }))
    },
    eth_uninstallFilter: ([value]) => remove(count(value, 'filter id')),
    eth_getFilterLogs([value]) {
      const filter = need(value)
      if (filter.kind !== 'logs') throw new RpcError(rpcCodes.server, 'filter not found: this one is not of logs')
      return search?.([filter.query.fields])
    },
    eth_getFilterChanges([value]) {
      const filter = need(value)
      if (filter.kind === 'transactions') {
        const news = filter.waiting.splice(0)
        return news.map((it) => (filter.isFull ? transactionView(it, undefined) : it.hash))
      }
      const from = filter.seen + 1
      filter.seen = chain.head().number
      return filter.kind === 'logs' ? changes(context, filter.query, from) : hashes(context, from, filter.seen)
    },
  }
}

/** Keeps what the pool takes until it is asked for; of too much, the newest. */
function collect(chain: RpcContext['chain']) {
  const waiting: ChainTransaction[] = []
  const onTransaction = (transaction: ChainTransaction) => {
    if (waiting.push(transaction) > filteredTransactionsMax) waiting.shift()
  }
  return { waiting, end: chain.watch({ onTransaction }) }
}

function hashes({ chain }: RpcContext, from: number, to: number): readonly Hex[] {
  const found: Hex[] = []
  for (let number = from; number <= to; number++) {
    const block = chain.blocks.byNumber(number)
    if (block !== undefined) found.push(block.hash)
  }
  return found
}

/** New logs: of blocks since the last poll, within the bounds that the filter names by number. */
function changes({ chain }: RpcContext, { filter, fields }: LogQuery, from: number): readonly Json[] {
  const bound = (value: unknown, otherwise: number) =>
    typeof value === 'string' && value.startsWith('0x') ? count(value, 'block') : otherwise
  const head = chain.head().number
  return findLogs(
    chain.blocks,
    filter,
    Math.max(from, bound(fields.fromBlock, 0)),
    Math.min(head, bound(fields.toBlock, head)),
  )
}
