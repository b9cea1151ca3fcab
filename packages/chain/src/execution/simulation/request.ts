/** What eth_simulateV1 asks for, and what it gets: blocks that never were, on top of one that was. */

import type { Hex } from 'viem'
import type { ChainBlock, ChainLog } from '../../block.ts'
import type { BlockOverrides, StateOverrides } from '../overrides.ts'

export interface SimulationRequest {
  readonly blocks: readonly SimulationStep[]
  /** Transactions must pay the base fee and have the right nonce, as on the chain. */
  readonly isValidated: boolean
  /** Shows each transfer of the native money as a log of `transferAddress`. */
  readonly hasTransfers: boolean
  /** Least effective price under validation, in base units a gas. */
  readonly floor: bigint
  /** Whether it has taken too long. */
  readonly isOver: () => boolean
}

export interface SimulationStep {
  readonly block: BlockOverrides
  readonly state: StateOverrides
  readonly calls: readonly SimulatedCall[]
}

export interface SimulatedCall {
  readonly from: Hex
  readonly to: Hex | undefined
  readonly data: Uint8Array
  readonly value: bigint
  readonly accessList: readonly { readonly address: Hex; readonly storageKeys: readonly Hex[] }[]
  /** Absent: what the block and the simulation have left. */
  readonly gas: bigint | undefined
  /** Absent: the sender's own. */
  readonly nonce: bigint | undefined
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
}

export interface SimulatedBlock {
  readonly block: ChainBlock
  /** One a transaction of the block. */
  readonly calls: readonly CallOutcome[]
}

export interface CallOutcome {
  readonly output: Uint8Array
  /** The EVM's word for what failed; undefined: nothing did. */
  readonly failure: string | undefined
  readonly gasUsed: bigint
  /** Before refunds: what the gas limit must cover. */
  readonly gasUsedMost: bigint
  readonly logs: readonly SimulatedLog[]
}

/** A log with its place among those of its block; transfers count when they are asked for. */
export interface SimulatedLog extends ChainLog {
  readonly index: number
}

/** Stands for the native money among the contracts that log transfers. */
export const transferAddress: Hex = '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee'

/** Blocks of one simulation, those that fill a gap of numbers included. */
export const simulationBlocksMax = 256
/** Of all calls of a simulation together. */
export const simulationGasMax = 50_000_000n
/** Between blocks whose time nobody set. */
export const simulatedBlockSeconds = 12n

/** Codes of the execution API's specification of eth_simulateV1. */
export const simulationCodes = {
  nonceTooLow: -38_010,
  nonceTooHigh: -38_011,
  feeTooLow: -38_012,
  intrinsicGas: -38_013,
  funds: -38_014,
  blockGasLimit: -38_015,
  blockNumber: -38_020,
  blockTimestamp: -38_021,
  initCodeSize: -38_025,
  tooManyBlocks: -38_026,
  failure: -32_015,
  other: -32_603,
} as const

/** Why a simulation can't be run as asked; whoever asked is told. */
export class SimulationError extends Error {
  override readonly name = 'SimulationError'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}
