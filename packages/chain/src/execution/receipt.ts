/** Receipts out of executions, and the roots over them. */

import type { Log } from '@ethereumjs/evm'
import { MerklePatriciaTrie } from '@ethereumjs/mpt'
import { RLP } from '@ethereumjs/rlp'
import type { TypedTransaction } from '@ethereumjs/tx'
import { encodeReceipt, type RunTxResult } from '@ethereumjs/vm'
import { getContractAddress, type Hex } from 'viem'
import type { ChainLog, ChainTransaction, Receipt, Withdrawal } from '../block.ts'
import { withdrawalItem } from '../block-rlp.ts'
import { bytesOf, hexOf } from '../hex.ts'

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
export async function receiptsRoot(
  receipts: readonly Receipt[],
  txs: readonly TypedTransaction[],
): Promise<Uint8Array> {
  const trie = new MerklePatriciaTrie()
  for (const [index, receipt] of receipts.entries()) {
    const tx = txs[index]
    if (tx === undefined) throw new RangeError('a receipt without a transaction')
    await trie.put(RLP.encode(index), encodedReceipt(receipt, tx))
  }
  return trie.root()
}

/** Root of the trie of signed transactions in EIP-2718 encoding, keyed by rlp(index). */
export async function transactionsRoot(txs: readonly TypedTransaction[]): Promise<Uint8Array> {
  const trie = new MerklePatriciaTrie()
  for (const [index, tx] of txs.entries()) await trie.put(RLP.encode(index), tx.serialize())
  return trie.root()
}

/** Root of the trie of withdrawals (EIP-4895), keyed by rlp(index). */
export async function withdrawalsRoot(withdrawals: readonly Withdrawal[]): Promise<Uint8Array> {
  const trie = new MerklePatriciaTrie()
  for (const [index, withdrawal] of withdrawals.entries()) {
    await trie.put(RLP.encode(index), RLP.encode(withdrawalItem(withdrawal)))
  }
  return trie.root()
}

/** What a header says of the transactions that ran before this state: roots, bloom and gas. */
export async function outcomeFields(
  stateRoot: Uint8Array,
  transactions: readonly ChainTransaction[],
  receipts: readonly Receipt[],
) {
  const txs = transactions.map(({ tx }) => tx)
  return {
    stateRoot,
    transactionsTrie: await transactionsRoot(txs),
    receiptTrie: await receiptsRoot(receipts, txs),
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
