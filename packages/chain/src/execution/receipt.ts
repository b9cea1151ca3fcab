/** Receipts out of executions, and the roots over them. */

import type { Log } from '@ethereumjs/evm'
import type { TypedTransaction } from '@ethereumjs/tx'
import type { RunTxResult } from '@ethereumjs/vm'
import { toBigEndian } from '@millrace/base'
import { getContractAddress, type Hex } from 'viem'
import { type ChainLog, type ChainTransaction, type Receipt, rawTransaction, type Withdrawal } from '../block.ts'
import { logItem, withdrawalItem } from '../block-rlp.ts'
import { bytesOf, hexOf } from '../hex.ts'
import { pooled, pooledBytes } from '../pooled-bytes.ts'
import { encodeRlp } from '../rlp.ts'
import { ListTrie, listRoot } from '../trie/list-root.ts'

export function receiptOf(transaction: ChainTransaction, result: RunTxResult): Receipt {
  const { tx, sender } = transaction
  return {
    status: result.execResult.exceptionError === undefined ? 1 : 0,
    gasUsed: result.totalGasSpent,
    cumulativeGasUsed: result.receipt.cumulativeBlockGasUsed,
    effectiveGasPrice: result.amountSpent / result.totalGasSpent,
    logsBloom: result.receipt.logs.length === 0 ? emptyBloom : pooled(result.receipt.bitvector),
    logs: result.receipt.logs.map(logOf),
    contractAddress: tx.to === undefined ? contractAddress(sender, tx.nonce) : undefined,
    ...('stateRoot' in result.receipt ? { root: hexOf(result.receipt.stateRoot) } : {}),
  }
}

/** What a header says of the transactions of its block, gathered as they run: roots, bloom and gas. */
export class BlockOutcome {
  private readonly transactions = new ListTrie()
  private readonly receipts = new ListTrie()
  private readonly bloom = new Uint8Array(bloomBytes)
  private gasUsed = 0n

  add({ tx }: ChainTransaction, receipt: Receipt): void {
    this.transactions.add(rawTransaction(tx))
    this.receipts.add(encodedReceipt(receipt, tx))
    this.gasUsed = receipt.cumulativeGasUsed
    if (receipt.logs.length === 0) return
    const { bloom } = this
    for (let i = 0; i < bloomBytes; i++) bloom[i] = (bloom[i] ?? 0) | (receipt.logsBloom[i] ?? 0)
  }

  /** @param stateRoot after the last of them */
  fields(stateRoot: Uint8Array) {
    return {
      stateRoot,
      transactionsTrie: this.transactions.root(),
      receiptTrie: this.receipts.root(),
      logsBloom: this.bloom,
      gasUsed: this.gasUsed,
    }
  }
}

/** Root of the trie of withdrawals (EIP-4895), keyed by rlp(index). */
export function withdrawalsRoot(withdrawals: readonly Withdrawal[]): Uint8Array {
  return listRoot(withdrawals.map((withdrawal) => encodeRlp(withdrawalItem(withdrawal))))
}

const bloomBytes = 256
/** Of a transfer: shared, never written. */
const emptyBloom = new Uint8Array(bloomBytes)

/** A receipt in EIP-2718 encoding: what the header's receipts root covers. */
export function encodedReceipt(receipt: Receipt, tx: TypedTransaction): Uint8Array {
  const { root, status, cumulativeGasUsed, logsBloom, logs } = receipt
  const item = [
    root === undefined ? toBigEndian(BigInt(status)) : bytesOf(root),
    toBigEndian(cumulativeGasUsed),
    logsBloom,
    logs.map(logItem),
  ]
  return encodeRlp(item, tx.type === 0 ? undefined : tx.type, pooledBytes)
}

export function logOf([address, topics, data]: Log): ChainLog {
  return { address: hexOf(address), topics: topics.map(hexOf), data: hexOf(data) }
}

/** Of what a transaction creates. */
export function contractAddress(sender: Hex, nonce: bigint): Hex {
  // viem answers a checksummed address; hex in this package is lower-case.
  return getContractAddress({ from: sender, nonce }).toLowerCase() as Hex
}
