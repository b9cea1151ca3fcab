/** What the application holds between calls. Only `commit` moves the head and what goes with it. */

import type { Common } from '@ethereumjs/common'
import type { Crash, Logger } from '@millrace/base'
import type { Hex } from 'viem'
import type { ChainBlock } from '../block.ts'
import type { ConsensusReport } from '../consensus-report.ts'
import { ChainError } from '../errors.ts'
import type { ExecutionEngine } from '../execution/port.ts'
import type { ResolvedGenesis } from '../genesis/config.ts'
import type { Validator } from '../genesis/validators.ts'
import type { Pool } from '../pool/pool.ts'
import type { Restore } from '../snapshots/restore.ts'
import type { Blocks } from '../store/blocks.ts'
import type { ChainStore, Put } from '../store/store.ts'
import { type SealedRecord, sealRecord } from './app-record.ts'
import { type BlockInput, inputKey, timestampOf } from './block-input.ts'
import { type Candidates, createCandidates } from './candidates.ts'
import { type Executed, executeItems } from './execution.ts'
import type { MilestoneSigner, Network } from './milestone.ts'
import { decodeSets, type ValidatorSet, type ValidatorSource } from './validator-sets.ts'

export interface AppParts {
  readonly common: Common
  readonly genesis: ResolvedGenesis
  readonly engine: ExecutionEngine
  readonly blocks: Blocks
  readonly pool: Pool
  readonly logger: Logger
  readonly crash?: Crash | undefined
  /** Who signs from height 1 on: elected in block 0. Empty on a solo chain. */
  readonly firstValidators: readonly Validator[]
  readonly validatorSource: ValidatorSource
  /** Absent on a node that does not vote. */
  readonly signer?: MilestoneSigner | undefined
  /**
   * Resolves when the time for choosing a proposal's transactions is over. Absent: nobody waits for it, and it is answered when
   * its block is whole.
   */
  readonly buildTime?: (() => Promise<void>) | undefined
  /** Where snapshots are restored to: the engine's own. Absent on a node that restores none. */
  readonly store?: Pick<ChainStore, 'write'> | undefined
  /** Each block whose number is a multiple of this leaves what its snapshot needs. Absent: none does. */
  readonly snapshotEveryBlocks?: number | undefined
}

export interface AppState {
  readonly parts: AppParts
  readonly network: Network
  readonly candidates: Candidates
  /** Keys of what we have proposed for the next block ourselves: one a round. */
  readonly proposed: Set<string>
  head: ChainBlock
  sets: readonly ValidatorSet[]
  /** Of the head: what the next block's report commits to. */
  record: SealedRecord
  /** Number of the newest block with a milestone. */
  finalized: number
  decided: Decided | undefined
  /** The snapshot that is being restored. */
  restore: Restore | undefined
}

/** The block that is decided but not committed, with what is written beside it. */
export interface Decided {
  readonly executed: Executed
  readonly sets: readonly ValidatorSet[]
  readonly finalized: number
  readonly puts: readonly Put[]
}

/** Meta keys: "validators" and "finalized" in hex. */
export const setsKey = '76616c696461746f7273'
export const finalizedKey = '66696e616c697a6564'

export function openState(parts: AppParts, head: ChainBlock, genesisHash: Hex): AppState {
  const { blocks, genesis, firstValidators } = parts
  const sets = blocks.record(setsKey)
  const finalized = blocks.record(finalizedKey)
  const known = sets === undefined ? [{ fromHeight: 1, validators: firstValidators }] : decodeSets(sets)
  return {
    parts,
    network: { chainId: genesis.chainId, genesisHash },
    candidates: createCandidates(),
    proposed: new Set(),
    head,
    sets: known,
    record: sealRecord({ genesisHash, sets: known, burned: head.burned, minted: head.minted }),
    finalized: finalized === undefined ? 0 : Number(BigInt(`0x${Buffer.from(finalized).toString('hex')}`)),
    decided: undefined,
    restore: undefined,
  }
}

/** Moves the head, and what goes with it. */
export function advance(state: AppState, head: ChainBlock, sets: readonly ValidatorSet[], finalized: number): void {
  state.head = head
  state.sets = sets
  state.finalized = finalized
  state.record = sealRecord({
    genesisHash: state.network.genesisHash,
    sets,
    burned: head.burned,
    minted: head.minted,
  })
  state.decided = undefined
  state.candidates.clear()
  state.proposed.clear()
}

/** A call about the next block, its report complete. */
export function reported<T extends { readonly report?: ConsensusReport }>({ record }: AppState, call: T): T {
  return call.report === undefined ? call : { ...call, report: { ...call.report, record: record.hash } }
}

/** @throws ChainError bad-call when the call is about another block than the next */
export function checkHeight({ head }: AppState, height: number): void {
  if (height === head.number + 1) return
  const message = `a call about block ${height} while the head is ${head.number}: expected the next one; start both anew`
  throw new ChainError('bad-call', message)
}

export function candidateKey(
  { head }: AppState,
  { seconds, items, report }: Pick<BlockInput, 'seconds' | 'items' | 'report'>,
): string {
  return inputKey(head, timestampOf(head, seconds), items, report)
}

/** The block that these items make on the head: executed once, however many calls ask for it. */
export async function executedOf(state: AppState, input: BlockInput): Promise<Executed> {
  checkHeight(state, input.height)
  const key = candidateKey(state, input)
  const found = state.candidates.get(key)
  if (found !== undefined) return found
  const made = executeItems(state.parts, state.head, input)
  state.candidates.put(key, made)
  return made
}
