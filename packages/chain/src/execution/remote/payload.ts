/** Blocks in the words of the Engine API and of eth_simulateV1 (execution-apis, Cancun). */

import type { BlockHeader } from '@ethereumjs/block'
import { type ChainBlock, type ChainTransaction, rawTransaction } from '../../block.ts'
import { hexOf, quantity } from '../../hex.ts'
import { bidOf } from '../price.ts'
import type { Call } from './client.ts'

type Json = Readonly<Record<string, unknown>>

const zeroHash = `0x${'00'.repeat(32)}`

/** Has a block executed and checked, whoever made it. Its withdrawals are none: nobody mints on a chain without validators. */
export function newPayload({ header, transactions }: Pick<ChainBlock, 'header' | 'transactions'>): Call {
  const payload = {
    parentHash: hexOf(header.parentHash),
    feeRecipient: header.coinbase.toString(),
    stateRoot: hexOf(header.stateRoot),
    receiptsRoot: hexOf(header.receiptTrie),
    logsBloom: hexOf(header.logsBloom),
    prevRandao: hexOf(header.mixHash),
    blockNumber: quantity(header.number),
    gasLimit: quantity(header.gasLimit),
    gasUsed: quantity(header.gasUsed),
    timestamp: quantity(header.timestamp),
    extraData: hexOf(header.extraData),
    baseFeePerGas: quantity(header.baseFeePerGas ?? 0n),
    blockHash: hexOf(header.hash()),
    transactions: transactions.map(({ tx }) => hexOf(rawTransaction(tx))),
    withdrawals: [],
    blobGasUsed: quantity(header.blobGasUsed ?? 0n),
    excessBlobGas: quantity(header.excessBlobGas ?? 0n),
  }
  return {
    method: 'engine_newPayloadV3',
    params: [payload, [], hexOf(header.parentBeaconBlockRoot ?? new Uint8Array(32))],
  }
}

/** Makes a block the head. None is named safe or final: a geth that was killed may have to go back behind its head. */
export function forkchoice(headBlockHash: string): Call {
  const state = { headBlockHash, safeBlockHash: zeroHash, finalizedBlockHash: zeroHash }
  return { method: 'engine_forkchoiceUpdatedV3', params: [state, null] }
}

/** Executes these transactions, in this order, as the block with this header, whose parent is a block of the chain; keeps nothing. */
export function simulation(parentHash: string, header: BlockHeader, transactions: readonly ChainTransaction[]): Call {
  const blockOverrides = {
    ...contextOf(header),
    beaconRoot: hexOf(header.parentBeaconBlockRoot ?? new Uint8Array(32)),
  }
  const steps = [{ blockOverrides, calls: transactions.map(callOf) }]
  return { method: 'eth_simulateV1', params: [{ blockStateCalls: steps, validation: true }, { blockHash: parentHash }] }
}

/** The same by geth's own builder, which its namespace for tests offers: faster, since no tracer watches. */
export function building(parentHash: string, header: BlockHeader, transactions: readonly ChainTransaction[]): Call {
  const attributes = {
    timestamp: quantity(header.timestamp),
    prevRandao: hexOf(header.mixHash),
    suggestedFeeRecipient: header.coinbase.toString(),
    withdrawals: [],
    parentBeaconBlockRoot: hexOf(header.parentBeaconBlockRoot ?? new Uint8Array(32)),
  }
  const raws = transactions.map(({ tx }) => hexOf(rawTransaction(tx)))
  return { method: 'testing_buildBlockV1', params: [parentHash, attributes, raws, hexOf(header.extraData)] }
}

/** The part of a header that contracts see, as the overrides of a call name it. */
export function contextOf(header: BlockHeader): Json {
  return {
    number: quantity(header.number),
    time: quantity(header.timestamp),
    gasLimit: quantity(header.gasLimit),
    feeRecipient: header.coinbase.toString(),
    prevRandao: hexOf(header.mixHash),
    baseFeePerGas: quantity(header.baseFeePerGas ?? 0n),
  }
}

/** Every type as one with two prices: what a contract sees of it is the same. */
function callOf({ tx, sender }: ChainTransaction): Json {
  const { maxFeePerGas, maxPriorityFeePerGas } = bidOf(tx)
  return {
    from: sender,
    ...(tx.to === undefined ? {} : { to: tx.to.toString() }),
    gas: quantity(tx.gasLimit),
    nonce: quantity(tx.nonce),
    value: quantity(tx.value),
    input: hexOf(tx.data),
    maxFeePerGas: quantity(maxFeePerGas),
    maxPriorityFeePerGas: quantity(maxPriorityFeePerGas),
    ...('accessList' in tx ? { accessList: tx.accessList.map(listed) } : {}),
  }
}

function listed([address, keys]: readonly [Uint8Array, readonly Uint8Array[]]): Json {
  return { address: hexOf(address), storageKeys: keys.map(hexOf) }
}
