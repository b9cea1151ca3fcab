/** Blocks, transactions, receipts and logs as JSON-RPC shows them. */

import type { TypedTransaction } from '@ethereumjs/tx'
import { fromBigEndian } from '@millrace/base'
import type { Hex } from 'viem'
import type { ChainBlock, ChainLog, ChainTransaction, Withdrawal } from '../block.ts'
import { encodeBlock } from '../block-rlp.ts'
import { bidOf, effectivePrice } from '../execution/price.ts'
import { hexOf, quantity } from '../hex.ts'

export type Json = Readonly<Record<string, unknown>>

/** Fields of forks that the block precedes are left out. */
export function blockView(block: ChainBlock, full: boolean): Json {
  return {
    ...headerView(block),
    size: quantity(sizeOf(block)),
    transactions: block.transactions.map((transaction, index) =>
      full ? transactionView(transaction, { block, index }) : transaction.hash,
    ),
    uncles: (block.uncles ?? []).map((uncle) => hexOf(uncle.hash())),
    ...(block.header.withdrawalsRoot === undefined
      ? {}
      : { withdrawals: (block.withdrawals ?? []).map(withdrawalView) }),
  }
}

const sizes = new WeakMap<ChainBlock, number>()

/** Bytes of the whole block's encoding, made once. */
function sizeOf(block: ChainBlock): number {
  const size = sizes.get(block) ?? encodeBlock(block).length
  sizes.set(block, size)
  return size
}

/** The header alone, as `newHeads` tells it. */
export function headerView({ header, hash }: Pick<ChainBlock, 'header' | 'hash'>): Json {
  const optional = (name: string, value: Uint8Array | bigint | undefined): Json => {
    if (value === undefined) return {}
    return { [name]: typeof value === 'bigint' ? quantity(value) : hexOf(value) }
  }
  return {
    number: quantity(header.number),
    hash,
    parentHash: hexOf(header.parentHash),
    nonce: hexOf(header.nonce),
    mixHash: hexOf(header.mixHash),
    sha3Uncles: hexOf(header.uncleHash),
    logsBloom: hexOf(header.logsBloom),
    transactionsRoot: hexOf(header.transactionsTrie),
    stateRoot: hexOf(header.stateRoot),
    receiptsRoot: hexOf(header.receiptTrie),
    miner: header.coinbase.toString(),
    difficulty: quantity(header.difficulty),
    extraData: hexOf(header.extraData),
    gasLimit: quantity(header.gasLimit),
    gasUsed: quantity(header.gasUsed),
    timestamp: quantity(header.timestamp),
    ...optional('baseFeePerGas', header.baseFeePerGas),
    ...optional('withdrawalsRoot', header.withdrawalsRoot),
    ...optional('blobGasUsed', header.blobGasUsed),
    ...optional('excessBlobGas', header.excessBlobGas),
    ...optional('parentBeaconBlockRoot', header.parentBeaconBlockRoot),
    ...optional('requestsHash', header.requestsHash),
  }
}

function withdrawalView({ index, validatorIndex, address, amountGwei }: Withdrawal): Json {
  return {
    index: quantity(index),
    validatorIndex: quantity(validatorIndex),
    address,
    amount: quantity(amountGwei),
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
    blockTimestamp: place === undefined ? null : quantity(place.block.header.timestamp),
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
    ...('authorizationList' in tx ? { authorizationList: tx.authorizationList.map(authorizationView) } : {}),
    ...('blobVersionedHashes' in tx
      ? { maxFeePerBlobGas: quantity(tx.maxFeePerBlobGas), blobVersionedHashes: tx.blobVersionedHashes }
      : {}),
  }
}

/** An authorization of EIP-7702, fields in the order in which it is signed and sent. */
function authorizationView([chainId, address, nonce, yParity, r, s]: readonly Uint8Array[]): Json {
  const number = (bytes: Uint8Array | undefined) => quantity(fromBigEndian(bytes ?? new Uint8Array(0)))
  return {
    chainId: number(chainId),
    address: hexOf(address ?? new Uint8Array(0)),
    nonce: number(nonce),
    yParity: number(yParity),
    r: number(r),
    s: number(s),
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
    ...(receipt.root === undefined ? { status: quantity(receipt.status) } : { root: receipt.root }),
    ...blobFields(transaction.tx, block),
    gasUsed: quantity(receipt.gasUsed),
    cumulativeGasUsed: quantity(receipt.cumulativeGasUsed),
    effectiveGasPrice: quantity(receipt.effectiveGasPrice),
    logsBloom: hexOf(receipt.logsBloom),
    logs: logViews(block, index, () => true),
  }
}

function blobFields(tx: TypedTransaction, { header }: ChainBlock): Json {
  if (!('blobVersionedHashes' in tx)) return {}
  const blobGasUsed = BigInt(tx.numBlobs()) * header.common.param('blobGasPerBlob')
  return { blobGasUsed: quantity(blobGasUsed), blobGasPrice: quantity(header.getBlobGasPrice()) }
}

/** The logs of a block, or of one transaction in it; their index counts over the whole block. */
export function logViews(
  block: ChainBlock,
  only: number | undefined,
  wanted: (log: ChainLog) => boolean,
): readonly Json[] {
  const views: Json[] = []
  const first = firstLogs(block)
  const from = only ?? 0
  const to = only ?? block.receipts.length - 1
  for (let index = from; index <= to; index++) {
    for (const [place, log] of (block.receipts[index]?.logs ?? []).entries()) {
      if (wanted(log)) views.push(logView(block, index, (first[index] ?? 0) + place, log))
    }
  }
  return views
}

const firstLogsKnown = new WeakMap<ChainBlock, readonly number[]>()

/** By transaction how many logs of the block come before its own: else each receipt of a block would count them all. */
function firstLogs(block: ChainBlock): readonly number[] {
  const known = firstLogsKnown.get(block)
  if (known !== undefined) return known
  let count = 0
  const first = block.receipts.map(({ logs }) => {
    count += logs.length
    return count - logs.length
  })
  firstLogsKnown.set(block, first)
  return first
}

/** One log; `logIndex` is its place in the block. */
export function logView(block: ChainBlock, transactionIndex: number, logIndex: number, log: ChainLog): Json {
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
