/** Receipts of what another process executed: what it does not tell follows from the transactions themselves. */

import type { BlockHeader } from '@ethereumjs/block'
import { Bloom } from '@ethereumjs/vm'
import { defined } from '@millrace/base'
import type { ChainLog, ChainTransaction, Receipt } from '../../block.ts'
import { bytesOf } from '../../hex.ts'
import { inTurns } from '../in-turns.ts'
import { bidOf, effectivePrice } from '../price.ts'
import { contractAddress } from '../receipt.ts'
import type { TrialResult } from './answers.ts'

/** One result a transaction, in order. */
export function remoteReceipts(
  transactions: readonly ChainTransaction[],
  results: readonly TrialResult[],
  header: BlockHeader,
): Promise<readonly Receipt[]> {
  let cumulativeGasUsed = 0n
  return inTurns(results, ({ status, gasUsed, logs }, index): Receipt => {
    const { tx, sender } = defined(transactions[index], 'a transaction for each result')
    cumulativeGasUsed += gasUsed
    const price = effectivePrice(bidOf(tx), header.baseFeePerGas ?? 0n)
    return {
      status,
      gasUsed,
      cumulativeGasUsed,
      effectiveGasPrice: defined(price, 'a price that reaches the base fee: it was executed'),
      logsBloom: bloomOf(logs, header),
      logs,
      contractAddress: tx.to === undefined ? contractAddress(sender, tx.nonce) : undefined,
    }
  })
}

function bloomOf(logs: readonly ChainLog[], { common }: BlockHeader): Uint8Array {
  const bloom = new Bloom(undefined, common)
  for (const { address, topics } of logs) for (const item of [address, ...topics]) bloom.add(bytesOf(item))
  return bloom.bitvector
}
