/** What the chain wants of an engine that executes blocks. The embedded one runs @ethereumjs; a remote one may follow. */

import type { BlockHeader } from '@ethereumjs/block'
import type { Result } from '@millrace/base'
import type { Hex } from 'viem'
import type { ChainBlock, ChainTransaction } from '../block.ts'
import type { ResolvedGenesis } from '../genesis/config.ts'
import type { Put } from '../store/store.ts'

/** Where `build` takes transactions from, best first. */
export interface TransactionSource {
  /** The next transaction to try, or undefined when none is left. */
  next(): ChainTransaction | undefined
  /** The transaction can't be in this block: `block-full` tries later ones of other senders, `invalid` is final. */
  refused(transaction: ChainTransaction, why: 'block-full' | 'invalid', message: string): void
}

/** A block that was executed but is not committed: its state lies in `nodes`. */
export interface Candidate {
  readonly block: ChainBlock
  readonly nodes: readonly Put[]
}

export interface AccountState {
  readonly nonce: bigint
  readonly balance: bigint
  readonly hasCode: boolean
}

/** A message call that changes nothing. At a gas price of 0 gas is free. */
export interface CallRequest {
  readonly from: Hex
  readonly to: Hex | undefined
  readonly data: Uint8Array
  readonly value: bigint
  readonly gas: bigint
  readonly gasPrice: bigint
  readonly accessList: readonly { readonly address: Hex; readonly storageKeys: readonly Hex[] }[]
}

export interface CallResult {
  readonly outcome: 'success' | 'revert' | 'out-of-gas' | 'failure'
  readonly output: Uint8Array
  /** The EVM's word for what failed. */
  readonly failure: string | undefined
  /** What a transaction would pay for, refund deducted. */
  readonly gasUsed: bigint
}

/** The state after one block. */
export interface StateView {
  account(address: Hex): Promise<AccountState | undefined>
  code(address: Hex): Promise<Uint8Array>
  /** The 32-byte value of a 32-byte slot. */
  storage(address: Hex, slot: Uint8Array): Promise<Uint8Array>
  /** Runs a call in the context of `header` on this state. */
  call(request: CallRequest, header: BlockHeader): Promise<CallResult>
  /** The sum of all balances: walks the whole state. */
  supply(): Promise<bigint>
}

export interface ExecutionFault {
  readonly code: 'bad-header' | 'bad-transaction' | 'bad-root'
  readonly message: string
}

export interface ExecutionEngine {
  genesis(config: ResolvedGenesis): Promise<Candidate>
  /** The header of a block on `parent`, as far as it is known before execution. */
  nextHeader(parent: ChainBlock, timestamp: number): BlockHeader
  /** Chooses transactions, executes them and seals the block. Reads neither clock nor chance. */
  build(parent: ChainBlock, timestamp: number, source: TransactionSource): Promise<Candidate>
  /** Executes a given block and checks every root in its header. */
  execute(
    parent: ChainBlock,
    header: BlockHeader,
    transactions: readonly ChainTransaction[],
  ): Promise<Result<Candidate, ExecutionFault>>
  /** Makes a candidate the head: one atomic write with `beside` in it and the head last, no second execution. */
  commit(candidate: Candidate, beside?: readonly Put[]): Promise<void>
  state(block: ChainBlock): StateView
  /** The state after a block that is not committed. */
  candidateState(candidate: Candidate): StateView
}
