/**
 * Where a proposal takes its transactions from: what the first block must begin with, then the pool by price, until the block is
 * full or its time is over. The transaction that runs then is the last; since it can't be refused any more, the proposal is known
 * before it ends.
 */

import { type ChainTransaction, rawTransaction } from '../block.ts'
import type { TransactionSource } from '../execution/port.ts'
import type { Pool } from '../pool/pool.ts'

export interface ProposalOptions {
  readonly pool: Pool
  /** Of the block that is proposed. */
  readonly baseFeePerGas: bigint
  /** Most bytes of all items, counted as CometBFT counts them. */
  readonly bytesMax: number
  /** Come before anything else. */
  readonly first: readonly ChainTransaction[]
}

export interface ProposalSource extends TransactionSource {
  /** No other transaction begins, but one if there was none of the pool's yet: a block that brings nothing on would come again. */
  end(): void
  /** Resolves to all of the block's transactions as soon as they are known, the last of them still running perhaps. */
  readonly chosen: Promise<readonly ChainTransaction[]>
}

/** Field tag and length of an item in CometBFT's encoding of a block: at most so many bytes. */
export const itemOverheadBytes = 6

export function proposalSource({ pool, baseFeePerGas, bytesMax, first }: ProposalOptions): ProposalSource {
  const selection = pool.ordered(baseFeePerGas)
  const queue = [...first]
  const taken = new Set<ChainTransaction>()
  let resolve: (chosen: readonly ChainTransaction[]) => void = () => {}
  const chosen = new Promise<readonly ChainTransaction[]>((settle) => {
    resolve = settle
  })
  let bytesLeft = bytesMax
  let isOver = false
  let hasStarted = false
  const isEnough = () => isOver && queue.length === 0 && taken.size > first.length
  const fromPool = (): ChainTransaction | undefined => {
    for (let best = selection.next(); best !== undefined; best = selection.next()) {
      const bytes = rawTransaction(best.tx).length + itemOverheadBytes
      if (bytes <= bytesLeft) {
        bytesLeft -= bytes
        return best
      }
      selection.skip(best.sender)
    }
    return undefined
  }
  return {
    chosen,
    next() {
      hasStarted = false
      const next = queue.shift() ?? (isEnough() ? undefined : fromPool())
      if (next === undefined) resolve([...taken])
      else taken.add(next)
      return next
    },
    started() {
      hasStarted = true
      if (isEnough()) resolve([...taken])
    },
    refused(transaction, why) {
      const { sender, hash, tx } = transaction
      taken.delete(transaction)
      bytesLeft += rawTransaction(tx).length + itemOverheadBytes
      selection.skip(sender)
      if (why === 'invalid') pool.drop(hash)
    },
    end() {
      isOver = true
      if (hasStarted && isEnough()) resolve([...taken])
    },
  }
}
