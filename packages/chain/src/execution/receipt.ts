/** Receipts out of executions, and the roots over them. */

import type { Log } from '@ethereumjs/evm'
import type { TypedTransaction } from '@ethereumjs/tx'
import { encodeReceipt, type RunTxResult } from '@ethereumjs/vm'
import { defined } from '@millrace/base'
import { getContractAddress, type Hex } from 'viem'
import type { ChainLog, ChainTransaction, Receipt } from '../block.ts'
import { bytesOf, hexOf } from '../hex.ts'
import { listRoot } from '../trie/list-root.ts'

export function receiptOf(transaction: ChainTransaction, result: RunTxResult): Receipt {
  const { tx, sender } = transaction
  return {
    status: result.execResult.exceptionError === undefined ? 1 : 0,
    gasUsed: result.totalGasSpent,
    cumulativeGasUsed: result.receipt.cumulativeBlockGasUsed,
    effectiveGasPrice: result.amountSpent / result.totalGasSpent,
    logsBloom: result.receipt.bitvector,
    logs: result.receipt.logs.map(logOf),
    contractAddress: tx.to === undefined ? contractAddress(sender, tx.nonce) : undefined,
    ...('stateRoot' in result.receipt ? { root: hexOf(result.receipt.stateRoot) } : {}),
  }
}

/** Root of the trie of receipts in EIP-2718 encoding, keyed by rlp(index). */
export function receiptsRoot(receipts: readonly Receipt[], txs: readonly TypedTransaction[]): Uint8Array {
  return listRoot(
    receipts.map((receipt, index) => encodedReceipt(receipt, defined(txs[index], 'a transaction for each receipt'))),
  )
}

/** Root of the trie of signed transactions in EIP-2718 encoding, keyed by rlp(index). */
export function transactionsRoot(txs: readonly TypedTransaction[]): Uint8Array {
  return listRoot(txs.map((tx) => tx.serialize()))
}

/** What a header says of the transactions that ran before this state: roots, bloom and gas. */
export function outcomeFields(
  stateRoot: Uint8Array,
  transactions: readonly ChainTransaction[],
  receipts: readonly Receipt[],
) {
  const txs = transactions.map(({ tx }) => tx)
  return {
    stateRoot,
    transactionsTrie: transactionsRoot(txs),
    receiptTrie: receiptsRoot(receipts, txs),
    logsBloom: unionBloom(receipts),
    gasUsed: receipts.at(-1)?.cumulativeGasUsed ?? 0n,
  }
}

/** The union of all receipts' blooms. */
export function unionBloom(receipts: readonly Receipt[]): Uint8Array {
  const union = new Uint8Array(bloomBytes)
  for (const { logsBloom } of receipts) {
    for (let i = 0; i < bloomBytes; i++) union[i] = (union[i] ?? 0) | (logsBloom[i] ?? 0)
  }
  return union
}

const bloomBytes = 256

/** A receipt in EIP-2718 encoding: what the header's receipts root covers. */
export function encodedReceipt(receipt: Receipt, tx: TypedTransaction): Uint8Array {
  return encodeReceipt(
    {
      ...(receipt.root === undefined ? { status: receipt.status } : { stateRoot: bytesOf(receipt.root) }),
      cumulativeBlockGasUsed: receipt.cumulativeGasUsed,
      bitvector: receipt.logsBloom,
      logs: receipt.logs.map(({ address, topics, data }) => [bytesOf(address), topics.map(bytesOf), bytesOf(data)]),
    },
    tx.type,
  )
}

export function logOf([address, topics, data]: Log): ChainLog {
  return { address: hexOf(address), topics: topics.map(hexOf), data: hexOf(data) }
}

/** Of what a transaction creates. */
export function contractAddress(sender: Hex, nonce: bigint): Hex {
  // viem answers a checksummed address; hex in this package is lower-case.
  return getContractAddress({ from: sender, nonce }).toLowerCase() as Hex
}
