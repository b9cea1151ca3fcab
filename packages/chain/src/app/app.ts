/**
 * The deterministic application: one function a call of ABCI, for the solo driver and for CometBFT alike. It reads
 * neither clock nor chance; a proposer is told when to stop choosing. State changes in `commit` alone, by one atomic batch.
 */

import type { Result } from '@millrace/base'
import type { Hex } from 'viem'
import type { ChainBlock } from '../block.ts'
import { hasValidators } from '../genesis/staking.ts'
import type { Validator } from '../genesis/validators.ts'
import type { SnapshotName } from '../snapshots/format.ts'
import type { BlockInput } from './block-input.ts'
import { commit, type Finalized, finalizeBlock } from './decision.ts'
import { info, initChain } from './handshake.ts'
import type { Network } from './milestone.ts'
import { type ProposalRequest, prepareProposal, processProposal } from './proposal.ts'
import { applyChunk, type OfferVerdict, offerSnapshot, type RestoreVerdict } from './restoring.ts'
import { type AppParts, openState, reported } from './state.ts'
import { validatorsAt } from './validator-sets.ts'
import { extendVote, verifyVoteExtension } from './vote.ts'

export interface App {
  readonly network: Network
  head(): ChainBlock
  /** The newest block that validators signed a milestone for; on a chain without validators the head. */
  finalized(): number
  /** Who votes for the next block. */
  validators(): readonly Validator[]
  /** What is committed: where CometBFT begins to replay. */
  info(): { readonly height: number; readonly appHash: Hex }
  /** @throws ChainError genesis-mismatch */
  initChain(genesisHash: string): { readonly appHash: Hex; readonly validators: readonly Validator[] }
  prepareProposal(request: ProposalRequest): Promise<readonly Uint8Array[]>
  /** Whether honest validators vote for the block, or why not. */
  processProposal(input: BlockInput): Promise<Result<undefined, string>>
  /** @throws ChainError bad-option without a signer */
  extendVote(input: BlockInput): Promise<Uint8Array>
  verifyVoteExtension(height: number, validator: Hex, extension: Uint8Array): Result<undefined, string>
  /** Executes what was decided, whatever it holds. Nothing is written yet. */
  finalizeBlock(input: BlockInput): Promise<Finalized>
  /** Makes the finalized block the head, in one atomic write. */
  commit(): Promise<void>
  /** @param appHash of the snapshot's height, as consensus trusts it */
  offerSnapshot(name: SnapshotName, appHash: Uint8Array): OfferVerdict
  /** The last chunk of the accepted snapshot makes its block the head. */
  applyChunk(index: number, chunk: Uint8Array): Promise<RestoreVerdict>
}

/** The application on top of the stored chain, whose head is `start`. Its calls come one after another. */
export function createApp(parts: AppParts, start: ChainBlock, genesisHash: Hex): App {
  const state = openState(parts, start, genesisHash)
  return {
    network: state.network,
    head: () => state.head,
    finalized: () => (hasValidators(parts.genesis) ? state.finalized : state.head.number),
    validators: () => validatorsAt(state.sets, state.head.number + 1),
    info: () => info(state),
    initChain: (hash) => initChain(state, hash),
    prepareProposal: (request) => prepareProposal(state, reported(state, request)),
    processProposal: (input) => processProposal(state, reported(state, input)),
    extendVote: (input) => extendVote(state, reported(state, input)),
    verifyVoteExtension: (height, validator, extension) => verifyVoteExtension(state, height, validator, extension),
    finalizeBlock: (input) => finalizeBlock(state, reported(state, input)),
    commit: () => commit(state),
    offerSnapshot: (name, appHash) => offerSnapshot(state, name, appHash),
    applyChunk: (index, chunk) => applyChunk(state, index, chunk),
  }
}
