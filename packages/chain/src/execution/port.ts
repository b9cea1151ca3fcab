/** What the chain wants of an engine that executes blocks. The embedded one runs @ethereumjs, the remote one asks a geth. */

import type { BlockHeader } from '@ethereumjs/block'
import type { Result } from '@millrace/base'
import type { Hex } from 'viem'
import type { ChainBlock, ChainTransaction } from '../block.ts'
import type { ConsensusReport } from '../consensus-report.ts'
import type { ResolvedGenesis } from '../genesis/config.ts'
import type { Put } from '../store/store.ts'
import type { StateOverrides } from './overrides.ts'
import type { BlockRules } from './rules.ts'
import type { SimulatedBlock, SimulationRequest } from './simulation/request.ts'
import type { StateChanges } from './state/state-reader.ts'

/** Where `build` takes transactions from, best first. */
export interface TransactionSource {
  /** The next transaction to try, or undefined when none is left. */
  next(): ChainTransaction | undefined
  /**
   * A transaction that `next` gave can't be in this block, said at once or after more were asked for: `block-full` tries later
   * ones of other senders, `invalid` is final.
   */
  refused(transaction: ChainTransaction, why: 'block-full' | 'invalid', message: string): void
  /** A transaction that `next` gave has passed its checks and runs: it is in the block, whatever comes of it. An engine may not say so. */
  started?(transaction: ChainTransaction): void
}

/** A block that was executed but is not committed. */
export interface Candidate {
  readonly block: ChainBlock
  /** Its state, to be written beside it; empty where another process keeps it. */
  readonly nodes: readonly Put[]
  /** What the engine learns at its commit, so that it need not read it back. */
  readonly changes?: StateChanges
  /** Staking calls that failed, in words: there should be none. */
  readonly faults: readonly string[]
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

/** What a call touched when it ran with a list of just that. */
export interface AccessListResult {
  readonly result: CallResult
  readonly accessList: CallRequest['accessList']
}

/** Trie nodes from the root down; of what is not there, the nodes that show so. */
export interface AccountProof {
  readonly balance: Hex
  readonly nonce: Hex
  readonly codeHash: Hex
  readonly storageHash: Hex
  readonly accountProof: readonly Hex[]
  /** One a slot, in the order asked for. */
  readonly storageProof: readonly { readonly value: Hex; readonly proof: readonly Hex[] }[]
}

/** What a trace is to show: each instruction, or the tree of calls; and when it has taken too long. */
export type TraceConfig = (StepTraceConfig | CallTraceConfig) & { readonly isOver: () => boolean }

export interface StepTraceConfig {
  readonly kind: 'steps'
  readonly hasStack: boolean
  readonly hasMemory: boolean
  readonly hasStorage: boolean
  readonly hasReturnData: boolean
  /** Later ones are left out. */
  readonly stepsMax: number
}

export interface CallTraceConfig {
  readonly kind: 'calls'
  /** Leaves out what the transaction's own call calls. */
  readonly isTopOnly: boolean
  readonly hasLogs: boolean
}

/** A call that sees other state than the real one. */
export interface CallContext {
  readonly header: BlockHeader
  readonly overrides?: StateOverrides
  /** Asked now and then: gives the call up once it has taken too long. */
  readonly isOver?: () => boolean
}

/** What stands in the state after one block. */
export interface AccountView {
  account(address: Hex): Promise<AccountState | undefined>
  code(address: Hex): Promise<Uint8Array>
  /** The 32-byte value of a 32-byte slot. */
  storage(address: Hex, slot: Uint8Array): Promise<Uint8Array>
  proof(address: Hex, slots: readonly Uint8Array[]): Promise<AccountProof>
}

/** The same where the EVM runs in this process, and what it can be asked. */
export interface StateView extends AccountView {
  /**
   * Runs a call in the context of a header on this state.
   *
   * @throws OverrideError
   * @throws ExecutionTimeout
   */
  call(request: CallRequest, context: CallContext): Promise<CallResult>
  /** Runs a call until it is known what it touches. */
  accessList(request: CallRequest, context: CallContext): Promise<AccessListResult>
  /** Runs the transactions of a block on this state, its parent's, under a tracer; `only` picks one by its place. */
  traceBlock(block: ChainBlock, config: TraceConfig, only?: number): Promise<readonly unknown[]>
  /** @throws ExecutionTimeout, as does `traceBlock` */
  traceCall(request: CallRequest, context: CallContext, config: TraceConfig): Promise<unknown>
  /**
   * Blocks on top of this state's that never were.
   *
   * @throws SimulationError
   * @throws ExecutionTimeout
   * @throws OverrideError
   */
  simulate(request: SimulationRequest): Promise<readonly SimulatedBlock[]>
  /** The sum of all balances: walks the whole state. */
  supply(): Promise<bigint>
}

export interface ExecutionFault {
  readonly code: 'bad-header' | 'bad-transaction' | 'bad-root'
  readonly message: string
}

export interface ExecutionEngine {
  genesis(config: ResolvedGenesis): Promise<Candidate>
  /** What governance rules on for the block after this one, by its state. */
  rules(block: ChainBlock): Promise<BlockRules>
  /** The header of a block on `parent`, whose state gives the rules, as far as it is known before execution. */
  nextHeader(parent: ChainBlock, timestamp: number, rules: BlockRules): BlockHeader
  /** Chooses transactions, executes them and seals the block. Reads neither clock nor chance. */
  build(
    parent: ChainBlock,
    timestamp: number,
    source: TransactionSource,
    report?: ConsensusReport | undefined,
  ): Promise<Candidate>
  /** Executes a given block and checks every root in its header, that of its report among them. */
  execute(
    parent: ChainBlock,
    header: BlockHeader,
    transactions: readonly ChainTransaction[],
    report?: ConsensusReport | undefined,
  ): Promise<Result<Candidate, ExecutionFault>>
  /**
   * Makes a candidate the head: one atomic write with `beside` in it and the head last, no second execution.
   *
   * @param on the head that it takes the place of, where that is not its parent: a snapshot's block
   */
  commit(candidate: Candidate, beside?: readonly Put[], on?: Hex): Promise<void>
  state(block: ChainBlock): AccountView
  /** Itself where its EVM runs in this process; absent where calls and traces are another process's to answer. */
  readonly local?: LocalEngine
}

/** An engine whose EVM runs in this process. */
export interface LocalEngine extends ExecutionEngine {
  state(block: ChainBlock): StateView
  /** The state after a block that is not committed. */
  candidateState(candidate: Candidate): StateView
  readonly local: LocalEngine
}
