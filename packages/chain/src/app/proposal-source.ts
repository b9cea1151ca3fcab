/** Where a proposal takes its transactions from: what the first block must begin with, then the pool by price. */

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

/** Field tag and length of an item in CometBFT's encoding of a block: at most so many bytes. */
export const itemOverheadBytes = 6

export function proposalSource({ pool, baseFeePerGas, bytesMax, first }: ProposalOptions): TransactionSource {
  const selection = pool.ordered(baseFeePerGas)
  const queue = [...first]
  let bytesLeft = bytesMax
  return {
    next() {
      const due = queue.shift()
      if (due !== undefined) return due
      for (let chosen = selection.next(); chosen !== undefined; chosen = selection.next()) {
        const bytes = rawTransaction(chosen.tx).length + itemOverheadBytes
        if (bytes <= bytesLeft) {
          bytesLeft -= bytes
          return chosen
        }
        selection.skip(chosen.sender)
      }
      return undefined
    },
    refused({ sender, hash, tx }, why) {
      bytesLeft += rawTransaction(tx).length + itemOverheadBytes
      selection.skip(sender)
      if (why === 'invalid') pool.drop(hash)
    },
  }
}
