/** How transactions come into the pool: one after another, each judged by the head's state. */

import { type Result, refuse } from '@millrace/base'
import type { Hex } from 'viem'
import type { ChainBlock, ChainTransaction } from '../block.ts'
import type { AccountState, ExecutionEngine } from '../execution/port.ts'
import type { Blocks } from '../store/blocks.ts'
import type { Pool, PoolRefusal } from './pool.ts'

export interface AdmissionParts {
  readonly engine: ExecutionEngine
  readonly blocks: Blocks
  readonly pool: Pool
  head(): ChainBlock
  /** Least effective price of a transaction in the next block. */
  floor(): bigint
}

type Admit = (transaction: ChainTransaction) => Promise<Result<Hex, PoolRefusal>>

/** Admits in the order of the calls, so that two transactions of an account are judged as they came. */
export function admissions(parts: AdmissionParts, onAdmitted: (transaction: ChainTransaction) => void): Admit {
  let last: Promise<unknown> = Promise.resolve()
  return (transaction) => {
    const admission = last.then(async () => {
      const result = await admit(parts, transaction)
      if (result.ok) onAdmitted(transaction)
      return result
    })
    last = admission.catch(() => {})
    return admission
  }
}

async function admit(
  { engine, blocks, pool, head, floor }: AdmissionParts,
  transaction: ChainTransaction,
): Promise<Result<Hex, PoolRefusal>> {
  if (blocks.transaction(transaction.hash) !== undefined) return refuse({ code: 'known', message: 'already known' })
  let judged: ChainBlock
  let account: AccountState | undefined
  do {
    judged = head()
    account = await engine.state(judged).account(transaction.sender)
    // A block that came meanwhile may have moved the account.
  } while (judged !== head())
  if (account?.hasCode) {
    return refuse({ code: 'contract', message: `sender not an eoa: address ${transaction.sender} has code` })
  }
  return pool.add(transaction, {
    nonce: account?.nonce ?? 0n,
    balance: account?.balance ?? 0n,
    baseFeePerGas: head().header.calcNextBaseFee(),
    floor: floor(),
  })
}
