/** Blocks, transactions, receipts and logs as JSON-RPC shows them. */

import type { TypedTransaction } from '@ethereumjs/tx'
import type { Hex } from 'viem'
import type { ChainBlock, ChainLog, ChainTransaction } from '../block.ts'
import { bidOf, effectivePrice } from '../execution/price.ts'
import { hexOf, quantity } from '../hex.ts'

export type Json = Readonly<Record<string, unknown>>

export function blockView(block: ChainBlock, full: boolean): Json {
  const { header } = block
  return {
    number: quantity(block.number),
    hash: block.hash,
    parentHash: hexOf(header.parentHash),
    nonce: hexOf(header.nonce),
    mixHash: hexOf(header.mixHash),
    sha3Uncles: hexOf(header.uncleHash),
    logsBloom: hexOf(header.logsBloom),
    transactionsRoot: hexOf(header.transactionsTrie),
    stateRoot: hexOf(header.stateRoot),
    receiptsRoot: hexOf(header.receiptTrie),
    withdrawalsRoot: header.withdrawalsRoot === undefined ? undefined : hexOf(header.withdrawalsRoot),
    withdrawals: [],
    miner: header.coinbase.toString(),
    difficulty: '0x0',
    totalDifficulty: '0x0',
    extraData: hexOf(header.extraData),
    size: quantity(
      header.serialize().length + block.transactions.reduce((sum, { tx }) => sum + tx.serialize().length, 0),
    ),
    gasLimit: quantity(header.gasLimit),
    gasUsed: quantity(header.gasUsed),
    timestamp: quantity(header.timestamp),
    baseFeePerGas: quantity(header.baseFeePerGas ?? 0n),
    blobGasUsed: quantity(header.blobGasUsed ?? 0n),
    excessBlobGas: quantity(header.excessBlobGas ?? 0n),
    parentBeaconBlockRoot: hexOf(header.parentBeaconBlockRoot ?? new Uint8Array(32)),
    transactions: block.transactions.map((transaction, index) =>
      full ? transactionView(transaction, { block, index }) : transaction.hash,
    ),
    uncles: [],
  }
}

/** A transaction in its block, or waiting when it has no place. */
export function transactionView(
  { tx, hash, sender }: ChainTransaction,
  place: { readonly block: ChainBlock; readonly index: number } | undefined,
): Json {
  const bid = bidOf(tx)
  const baseFee = place?.block.header.baseFeePerGas ?? 0n
  return {
    blockHash: place?.block.hash ?? null,
    blockNumber: place === undefined ? null : quantity(place.block.number),
    transactionIndex: place === undefined ? null : quantity(place.index),
    hash,
    type: quantity(tx.type),
    from: sender,
    to: tx.to?.toString() ?? null,
    nonce: quantity(tx.nonce),
    gas: quantity(tx.gasLimit),
    value: quantity(tx.value),
    input: hexOf(tx.data),
    gasPrice: quantity((place === undefined ? undefined : effectivePrice(bid, baseFee)) ?? bid.maxFeePerGas),
    ...feeFields(tx),
    v: quantity(tx.v ?? 0n),
    r: quantity(tx.r ?? 0n),
    s: quantity(tx.s ?? 0n),
  }
}

function feeFields(tx: TypedTransaction): Json {
  if (tx.type === 0) return tx.v === 27n || tx.v === 28n ? {} : { chainId: quantity(tx.common.chainId()) }
  const typed = { chainId: quantity(tx.common.chainId()), yParity: quantity(tx.v ?? 0n), accessList: accessListOf(tx) }
  if (!('maxFeePerGas' in tx)) return typed
  return {
    ...typed,
    maxFeePerGas: quantity(tx.maxFeePerGas),
    maxPriorityFeePerGas: quantity(tx.maxPriorityFeePerGas),
  }
}

function accessListOf(tx: TypedTransaction): readonly Json[] {
  if (!('accessList' in tx)) return []
  return tx.accessList.map(([address, keys]) => ({ address: hexOf(address), storageKeys: keys.map(hexOf) }))
}

export function receiptView(block: ChainBlock, index: number): Json | undefined {
  const receipt = block.receipts[index]
  const transaction = block.transactions[index]
  if (receipt === undefined || transaction === undefined) return undefined
  return {
    transactionHash: transaction.hash,
    transactionIndex: quantity(index),
    blockHash: block.hash,
    blockNumber: quantity(block.number),
    from: transaction.sender,
    to: transaction.tx.to?.toString() ?? null,
    contractAddress: receipt.contractAddress ?? null,
    type: quantity(transaction.tx.type),
    status: quantity(receipt.status),
    gasUsed: quantity(receipt.gasUsed),
    cumulativeGasUsed: quantity(receipt.cumulativeGasUsed),
    effectiveGasPrice: quantity(receipt.effectiveGasPrice),
    logsBloom: hexOf(receipt.logsBloom),
    logs: logViews(block, index, () => true),
  }
}

/** The logs of a block, or of one transaction in it; their index counts over the whole block. */
export function logViews(
  block: ChainBlock,
  only: number | undefined,
  wanted: (log: ChainLog) => boolean,
): readonly Json[] {
  const views: Json[] = []
  let logIndex = 0
  for (const [index, receipt] of block.receipts.entries()) {
    for (const log of receipt.logs) {
      const position = logIndex++
      if ((only !== undefined && only !== index) || !wanted(log)) continue
      views.push(logView(block, index, position, log))
    }
  }
  return views
}

function logView(block: ChainBlock, transactionIndex: number, logIndex: number, log: ChainLog): Json {
  const transactionHash: Hex | undefined = block.transactions[transactionIndex]?.hash
  return {
    ...log,
    blockHash: block.hash,
    blockNumber: quantity(block.number),
    blockTimestamp: quantity(block.header.timestamp),
    transactionHash,
    transactionIndex: quantity(transactionIndex),
    logIndex: quantity(logIndex),
    removed: false,
  }
}
