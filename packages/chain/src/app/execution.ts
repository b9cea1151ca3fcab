/** From a block's items to its executed candidate: total, so that whatever consensus decided becomes a block. */

import type { Common } from '@ethereumjs/common'
import { defined } from '@millrace/base'
import type { ChainBlock, ChainTransaction } from '../block.ts'
import { keccak } from '../crypto.ts'
import { inTurns } from '../execution/in-turns.ts'
import type { Candidate, ExecutionEngine, TransactionSource } from '../execution/port.ts'
import { hexOf } from '../hex.ts'
import { decodeForm } from '../pool/form.ts'
import type { Pool } from '../pool/pool.ts'
import { type BlockInput, timestampOf } from './block-input.ts'
import { isVoteRecord } from './vote-record.ts'

/** What became of one item. Gas is the transaction's; a record of votes uses none. */
export interface ItemResult {
  /** 0: in the block. 1: no transaction at all, or one that can't be executed here; the block does without it. */
  readonly code: 0 | 1
  readonly gasWanted: bigint
  readonly gasUsed: bigint
  /** Why it was left out, for logs only: it is no part of what consensus agrees on. */
  readonly log: string
}

export interface Executed {
  readonly candidate: Candidate
  /** One an item, in order. */
  readonly results: readonly ItemResult[]
}

export interface ExecutionParts {
  readonly engine: ExecutionEngine
  readonly common: Common
  readonly pool: Pool
}

/** Executes the items of a block on `parent`; those that can't be executed are left out and say so. */
export async function executeItems(
  parts: ExecutionParts,
  parent: ChainBlock,
  { items, seconds, report }: Pick<BlockInput, 'items' | 'seconds' | 'report'>,
): Promise<Executed> {
  const faults = new Map<number, string>()
  const decoded = await inTurns(items, (raw, index) => {
    if (index === 0 && isVoteRecord(raw)) return undefined
    const known = parts.pool.get(hexOf(keccak(raw)))
    if (known !== undefined) return known
    const form = decodeForm(raw, parts.common)
    if (form.ok) return form.value
    faults.set(index, form.error.message)
    return undefined
  })
  const candidate = await parts.engine.build(parent, timestampOf(parent, seconds), listed(decoded, faults), report)
  return { candidate, results: resultsOf(candidate, decoded, faults) }
}

/**
 * What `build` makes of the items that were chosen for it, as if they had been executed. Should it not make just them, because
 * one failed after it had passed its checks, they are executed: others are shown the items, and nothing else.
 */
export async function executedAs(
  parts: ExecutionParts,
  parent: ChainBlock,
  input: Pick<BlockInput, 'items' | 'seconds' | 'report'>,
  built: Promise<Candidate>,
): Promise<Executed> {
  const candidate = await built
  const { transactions } = candidate.block
  const records = input.items.slice(0, input.items.length - transactions.length)
  const isWhole = records.length <= 1 && records.every(isVoteRecord)
  if (!isWhole) return executeItems(parts, parent, input)
  const decoded = [...records.map(() => undefined), ...transactions]
  return { candidate, results: resultsOf(candidate, decoded, new Map()) }
}

/** Offers each transaction once, in order, and notes which are refused. */
function listed(decoded: readonly (ChainTransaction | undefined)[], faults: Map<number, string>): TransactionSource {
  let cursor = -1
  // By its place: an item may be there twice, and then it is the later one that is refused.
  const placesOf = new Map<ChainTransaction, number[]>()
  return {
    next() {
      for (cursor++; cursor < decoded.length; cursor++) {
        const transaction = decoded[cursor]
        if (transaction === undefined) continue
        placesOf.set(transaction, [...(placesOf.get(transaction) ?? []), cursor])
        return transaction
      }
      return undefined
    },
    refused(transaction, _why, message) {
      faults.set(defined(placesOf.get(transaction)?.pop(), 'a transaction that was given'), message)
    },
  }
}

function resultsOf(
  { block }: Candidate,
  decoded: readonly (ChainTransaction | undefined)[],
  faults: ReadonlyMap<number, string>,
): readonly ItemResult[] {
  let executed = 0
  return decoded.map((transaction, index) => {
    const log = faults.get(index)
    if (log !== undefined) return { code: 1, gasWanted: transaction?.tx.gasLimit ?? 0n, gasUsed: 0n, log }
    if (transaction === undefined) return { code: 0, gasWanted: 0n, gasUsed: 0n, log: '' }
    const gasUsed = block.receipts[executed++]?.gasUsed ?? 0n
    return { code: 0, gasWanted: transaction.tx.gasLimit, gasUsed, log: '' }
  })
}
