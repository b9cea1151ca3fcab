/** A block as this package passes it around: the real header, its transactions with their senders, and its receipts. */

import type { BlockHeader } from '@ethereumjs/block'
import type { TypedTransaction } from '@ethereumjs/tx'
import type { Hex } from 'viem'

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
  readonly gasUsed: bigint
  readonly cumulativeGasUsed: bigint
  /** Base units a gas, base fee included. */
  readonly effectiveGasPrice: bigint
  readonly logsBloom: Uint8Array
  readonly logs: readonly ChainLog[]
  /** Set for a transaction that deploys, failed or not. */
  readonly contractAddress: Hex | undefined
}

export interface ChainBlock {
  readonly header: BlockHeader
  readonly hash: Hex
  readonly number: number
  readonly transactions: readonly ChainTransaction[]
  /** One a transaction, in the same order. */
  readonly receipts: readonly Receipt[]
  /** Base fees burned from block 0 to this one, in base units. */
  readonly burned: bigint
}
