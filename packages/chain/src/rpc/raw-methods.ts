/** Blocks, headers, receipts and transactions as the bytes that are hashed. */

import { rawTransaction } from '../block.ts'
import { encodeBlock } from '../block-rlp.ts'
import { encodedReceipt } from '../execution/receipt.ts'
import { hexOf } from '../hex.ts'
import { findBlock, type Methods, needBlock, type RpcContext } from './context.ts'
import { blockReference, count, hash } from './params.ts'

export function rawMethods(context: RpcContext): Methods {
  const { chain } = context
  const need = (value: unknown) => needBlock(context, blockReference(value, 'block'))
  const nth = (value: unknown, position: unknown) => {
    const index = count(position, 'index')
    const transaction = findBlock(context, blockReference(value, 'block'))?.transactions[index]
    return transaction === undefined ? null : hexOf(rawTransaction(transaction.tx))
  }
  const byHash = (value: unknown) => {
    const wanted = hash(value, 'transaction hash')
    const place = chain.blocks.transaction(wanted)
    const transaction = place?.block.transactions[place.index] ?? chain.pool.get(wanted)
    return transaction === undefined ? null : hexOf(rawTransaction(transaction.tx))
  }
  return {
    debug_getRawBlock: ([reference]) => hexOf(encodeBlock(need(reference))),
    debug_getRawHeader: ([reference]) => hexOf(need(reference).header.serialize()),
    debug_getRawReceipts([reference]) {
      const { receipts, transactions } = need(reference)
      return transactions.flatMap(({ tx }, index) => {
        const receipt = receipts[index]
        return receipt === undefined ? [] : [hexOf(encodedReceipt(receipt, tx))]
      })
    },
    debug_getRawTransaction: ([value]) => byHash(value),
    eth_getRawTransactionByHash: ([value]) => byHash(value),
    eth_getRawTransactionByBlockNumberAndIndex: ([reference, index]) => nth(reference, index),
    eth_getRawTransactionByBlockHashAndIndex: ([value, index]) => nth(hash(value, 'block hash'), index),
  }
}
