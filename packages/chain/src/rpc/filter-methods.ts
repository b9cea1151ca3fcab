/** Filters that are polled: each remembers the last block it has told of. */

import type { Hex } from 'viem'
import { quantity } from '../hex.ts'
import { type LogQuery, logQuery, logsIn } from './block-methods.ts'
import type { Methods, RpcContext } from './context.ts'
import { RpcError, rpcCodes } from './errors.ts'
import { findLogs } from './logs.ts'
import { count } from './params.ts'
import type { Json } from './views.ts'

export const filtersMax = 1024
/** A filter that nobody has asked for so long is forgotten. */
const idleMsMax = 300_000

interface Filter {
  /** Undefined: the hashes of new blocks. */
  readonly query: LogQuery | undefined
  /** The last block told of. */
  seen: number
  usedMs: number
}

export function filterMethods(context: RpcContext): Methods {
  const { chain, clock } = context
  const filters = new Map<number, Filter>()
  let next = 1

  const install = (query: LogQuery | undefined): Hex => {
    const now = clock.now()
    for (const [id, { usedMs }] of filters) if (now - usedMs > idleMsMax) filters.delete(id)
    if (filters.size >= filtersMax) throw new RpcError(rpcCodes.limitExceeded, `limit exceeded: ${filtersMax} filters`)
    filters.set(next, { query, seen: chain.head().number, usedMs: now })
    return quantity(next++)
  }

  const need = (value: unknown): Filter => {
    const filter = filters.get(count(value, 'filter id'))
    if (filter === undefined) throw new RpcError(rpcCodes.server, 'filter not found')
    filter.usedMs = clock.now()
    return filter
  }

  return {
    eth_newFilter: ([value]) => install(logQuery(value)),
    eth_newBlockFilter: () => install(undefined),
    eth_uninstallFilter: ([value]) => filters.delete(count(value, 'filter id')),
    eth_getFilterLogs([value]) {
      const { query } = need(value)
      if (query === undefined) throw new RpcError(rpcCodes.server, 'filter not found: this one is of blocks')
      return logsIn(context, query)
    },
    eth_getFilterChanges([value]) {
      const filter = need(value)
      const from = filter.seen + 1
      filter.seen = chain.head().number
      if (filter.query !== undefined) return changes(context, filter.query, from)
      const hashes: Hex[] = []
      for (let number = from; number <= filter.seen; number++) {
        const block = chain.blocks.byNumber(number)
        if (block !== undefined) hashes.push(block.hash)
      }
      return hashes
    },
  }
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
