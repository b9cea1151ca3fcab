/** Methods that read blocks, transactions, receipts and logs. */

import type { ChainBlock } from '../block.ts'
import { hexOf, quantity } from '../hex.ts'
import { nextTurn } from '../turn.ts'
import { findBlock, isPruned, type Methods, needBlock, pruned, type ReadContext, type RpcContext } from './context.ts'
import { invalidParams } from './errors.ts'
import { JsonText } from './json-text.ts'
import { findLogs, type LogFilter, logFilter, logsOf } from './logs.ts'
import { blockReference, count, fieldsOf, flag, hash } from './params.ts'
import { blockView, headerView, type Json, receiptView, transactionView } from './views.ts'

export function blockMethods(context: RpcContext): Methods {
  const { chain } = context
  const { blocks } = chain
  const at = (reference: unknown) => findBlock(context, blockReference(reference, 'block'))
  const by = (value: unknown) => blocks.byHash(hash(value, 'block hash'))
  const nth = (block: ChainBlock | undefined, position: unknown) => {
    const index = count(position, 'index')
    const transaction = block?.transactions[index]
    return block === undefined || transaction === undefined ? null : transactionView(transaction, { block, index })
  }
  const size = (block: ChainBlock | undefined) => (block === undefined ? null : quantity(block.transactions.length))
  const header = (block: ChainBlock | undefined) => (block === undefined ? null : headerView(block))
  const uncles = (block: ChainBlock | undefined) => (block === undefined ? null : quantity(block.uncles?.length ?? 0))
  const uncle = (block: ChainBlock | undefined, position: unknown) => {
    const found = block?.uncles?.[count(position, 'index')]
    return found === undefined ? null : headerView({ header: found, hash: hexOf(found.hash()) })
  }
  const view = (block: ChainBlock | undefined, full: unknown) => {
    const whole = flag(full, 'full transactions')
    return block === undefined ? null : blockView(block, whole)
  }
  return {
    eth_blockNumber: () => quantity(chain.head().number),
    eth_getBlockByNumber: ([reference, full]) => view(at(reference), full),
    eth_getBlockByHash: ([value, full]) => view(by(value), full),
    eth_getBlockTransactionCountByNumber: ([reference]) => size(at(reference)),
    eth_getBlockTransactionCountByHash: ([value]) => size(by(value)),
    eth_getTransactionByBlockNumberAndIndex: ([reference, index]) => nth(at(reference), index),
    eth_getTransactionByBlockHashAndIndex: ([value, index]) => nth(by(value), index),
    eth_getHeaderByNumber: ([reference]) => header(at(reference)),
    eth_getHeaderByHash: ([value]) => header(by(value)),
    eth_getUncleCountByBlockNumber: ([reference]) => uncles(at(reference)),
    eth_getUncleCountByBlockHash: ([value]) => uncles(by(value)),
    eth_getUncleByBlockNumberAndIndex: ([reference, index]) => uncle(at(reference), index),
    eth_getUncleByBlockHashAndIndex: ([value, index]) => uncle(by(value), index),
    eth_getTransactionByHash([value]) {
      const wanted = hash(value, 'transaction hash')
      const place = blocks.transaction(wanted)
      if (place !== undefined) return nth(place.block, quantity(place.index))
      const waiting = chain.pool.get(wanted)
      return waiting === undefined ? null : transactionView(waiting, undefined)
    },
    eth_getTransactionReceipt([value]) {
      const place = blocks.transaction(hash(value, 'transaction hash'))
      return place === undefined ? null : receiptView(place.block, place.index)
    },
    async eth_getBlockReceipts([reference]) {
      const block = at(reference)
      return block === undefined ? null : inTurns(block.transactions, (_it, index) => receiptView(block, index))
    },
  }
}

export function logMethods(context: ReadContext): Methods {
  return { eth_getLogs: ([filter]) => logsIn(context, logQuery(filter)) }
}

/** A full block's list takes too long for one turn of the event loop. */
async function inTurns<T>(list: readonly T[], view: (item: T, index: number) => unknown): Promise<JsonText> {
  const parts: string[] = []
  for (const [index, item] of list.entries()) {
    if (index > 0 && index % turnItems === 0) await nextTurn()
    parts.push(JSON.stringify(view(item, index) ?? null))
  }
  return new JsonText(`[${parts.join(',')}]`)
}

const turnItems = 128

/** A filter with the blocks it looks into. */
export interface LogQuery {
  readonly filter: LogFilter
  readonly fields: Json
}

export function logQuery(value: unknown): LogQuery {
  const fields = fieldsOf(value, 'filter')
  if (fields.blockHash !== undefined && (fields.fromBlock !== undefined || fields.toBlock !== undefined)) {
    throw invalidParams('filter: expected either blockHash or fromBlock and toBlock')
  }
  blockReference(fields.fromBlock, 'fromBlock')
  blockReference(fields.toBlock, 'toBlock')
  return { filter: logFilter(fields), fields }
}

/** Searches what the query names, from block `least` upward. */
export function logsIn(context: ReadContext, { filter, fields }: LogQuery, least = 0): readonly Json[] {
  if (fields.blockHash !== undefined) {
    return logsOf(needBlock(context, blockReference({ blockHash: fields.blockHash }, 'blockHash')), filter)
  }
  const from = boundary(context, fields.fromBlock, 'fromBlock')
  const to = boundary(context, fields.toBlock, 'toBlock')
  if (from > to) throw invalidParams(`filter: fromBlock ${from} is above toBlock ${to}`)
  const head = context.chain.head().number
  const { blocks } = context.chain
  const first = Math.max(from, least)
  // The tag names the earliest block that is here, as geth has it: a search from there on can be answered.
  if (isPruned(blocks, first) && !isEarliest(fields.fromBlock)) throw pruned(blocks.base())
  return findLogs(blocks, filter, first, Math.min(to, head))
}

function isEarliest(value: unknown): boolean {
  const reference = blockReference(value, 'fromBlock')
  return reference.kind === 'tag' && reference.tag === 'earliest'
}

function boundary({ chain }: ReadContext, value: unknown, name: string): number {
  const reference = blockReference(value, name)
  if (reference.kind === 'number') return reference.number
  if (reference.kind === 'hash') throw invalidParams(`${name}: expected a number or a tag`)
  if (reference.tag === 'finalized') return chain.finalized()
  return reference.tag === 'earliest' ? 0 : chain.head().number
}
