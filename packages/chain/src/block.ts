/** A block as this package passes it around: the real header, its transactions with their senders, and its receipts. */

import type { BlockHeader } from '@ethereumjs/block'
import type { TypedTransaction } from '@ethereumjs/tx'
import type { Hex } from 'viem'
import type { ConsensusReport } from './consensus-report.ts'
import { hexOf } from './hex.ts'

/** A signed transaction whose sender was recovered once. */
export interface ChainTransaction {
  readonly tx: TypedTransaction
  readonly hash: Hex
  /** Lower-case address. */
  readonly sender: Hex
}

export interface ChainLog {
  readonly address: Hex
  readonly topics: readonly Hex[]
  readonly data: Hex
}

export interface Receipt {
  readonly status: 0 | 1
  /** State root after the transaction: what receipts of forks before Byzantium hold in place of the status. */
  readonly root?: Hex
  readonly gasUsed: bigint
  readonly cumulativeGasUsed: bigint
  /** Base units a gas, base fee included. */
  readonly effectiveGasPrice: bigint
  readonly logsBloom: Uint8Array
  readonly logs: readonly ChainLog[]
  /** Set for a transaction that deploys, failed or not. */
  readonly contractAddress: Hex | undefined
}

/** Money that consensus credits without a transaction (EIP-4895). */
export interface Withdrawal {
  readonly index: bigint
  readonly validatorIndex: bigint
  readonly address: Hex
  readonly amountGwei: bigint
}

export interface ChainBlock {
  readonly header: BlockHeader
  readonly hash: Hex
  readonly number: number
  readonly transactions: readonly ChainTransaction[]
  /** One a transaction, in the same order. */
  readonly receipts: readonly Receipt[]
  /** Absent: none. */
  readonly withdrawals?: readonly Withdrawal[]
  /** Headers of a proof-of-work chain's uncles; absent: none. */
  readonly uncles?: readonly BlockHeader[]
  /** Base fees burned from block 0 to this one, in base units. */
  readonly burned: bigint
  /** What withdrawals minted from block 0 to this one, in base units. */
  readonly minted: bigint
  /** Absent where no consensus made the block: on a solo chain, and block 0. */
  readonly report?: ConsensusReport
}

/** The block of a sealed header: what it burned is its gas at the base fee. */
export function blockOf(
  parent: ChainBlock,
  header: BlockHeader,
  body: Omit<ChainBlock, 'header' | 'hash' | 'number' | 'burned'>,
): ChainBlock {
  const burned = parent.burned + header.gasUsed * (header.baseFeePerGas ?? 0n)
  return { header, hash: hexOf(header.hash()), number: Number(header.number), burned, ...body }
}

/** On the transaction itself: a table of all that wait would be walked at each collection of garbage. */
const rawKey = Symbol('the signed bytes')

/** The signed transaction's own bytes: its hash, its size, a block's root and its body are all made of them. */
export function rawTransaction(tx: TypedTransaction): Uint8Array {
  const known: unknown = Reflect.get(tx, rawKey)
  return known instanceof Uint8Array ? known : tx.serialize()
}

/** Keeps the bytes of a transaction that is not frozen yet, so that they are not encoded again. */
export function keepRaw(tx: TypedTransaction, raw: Uint8Array): void {
  Object.defineProperty(tx, rawKey, { value: raw })
}
