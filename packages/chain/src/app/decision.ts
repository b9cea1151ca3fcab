/** FinalizeBlock and Commit: from what consensus decided to the new head. */

import { defined } from '@millrace/base'
import type { Hex } from 'viem'
import type { ChainBlock } from '../block.ts'
import { ChainError } from '../errors.ts'
import type { Candidate } from '../execution/port.ts'
import type { Validator } from '../genesis/validators.ts'
import { bytesOf } from '../hex.ts'
import { settleBlock } from '../pool/settlement.ts'
import { encodeSeed, snapshotKey } from '../snapshots/seed.ts'
import { numberKey } from '../store/codec.ts'
import type { Put } from '../store/store.ts'
import type { BlockInput } from './block-input.ts'
import type { ItemResult } from './execution.ts'
import { type AppParts, type AppState, advance, executedOf, finalizedKey, setsKey } from './state.ts'
import { encodeSets, updatesBetween, validatorsAt, withElected } from './validator-sets.ts'
import { checkRecord, encodeMilestone, isVoteRecord, quorumFor } from './vote-record.ts'

export interface Finalized {
  /** The header's hash. */
  readonly appHash: Hex
  /** One an item. */
  readonly results: readonly ItemResult[]
  /** A power of 0 takes a validator out. */
  readonly validatorUpdates: readonly Pick<Validator, 'consensusKey' | 'power'>[]
}

/** Executes what was decided, whatever it holds: an item that can't be executed is left out. Nothing is written yet. */
export async function finalizeBlock(state: AppState, input: BlockInput): Promise<Finalized> {
  const { parts, sets } = state
  const executed = await executedOf(state, input)
  const { block } = executed.candidate
  for (const fault of executed.candidate.faults) {
    parts.logger.log('error', 'the staking contracts refused the chain', { number: block.number, cause: fault })
  }
  const elected = await electedBy(parts, state.head, executed.candidate)
  const next = elected === undefined ? sets : withElected(sets, block.number, elected)
  const milestone = milestonePuts(state, input)
  const setPuts: readonly Put[] = next === sets ? [] : [{ table: 'meta', key: setsKey, value: encodeSets(next) }]
  state.decided = {
    executed,
    sets: next,
    finalized: milestone.length > 0 ? input.height - 1 : state.finalized,
    puts: [...milestone, ...setPuts, ...recordPuts(state, input.height)],
  }
  const validatorUpdates = updatesBetween(sets.at(-1)?.validators ?? [], next.at(-1)?.validators ?? [])
  return { appHash: block.hash, results: executed.results, validatorUpdates }
}

/** The set that the block has elected; on a chain without validators there is none to ask for. */
export async function electedBy(
  { engine, validatorSource }: AppParts,
  parent: ChainBlock,
  candidate: Candidate,
): Promise<readonly Validator[] | undefined> {
  if (candidate.block.report === undefined) return undefined
  const { state, candidateState } = defined(engine.local, 'an EVM of our own where validators are elected')
  return validatorSource.elected(candidate.block, state(parent), candidateState(candidate))
}

/**
 * Makes the finalized block the head by one atomic write, the head's record last in it.
 *
 * @throws ChainError bad-call without a finalized block; store-failed, store-conflict
 */
export async function commit(state: AppState): Promise<void> {
  const { decided, parts } = state
  if (decided === undefined) {
    throw new ChainError('bad-call', 'a commit without a finalized block: expected FinalizeBlock before it')
  }
  const { block } = decided.executed.candidate
  parts.crash?.at('chain.built')
  await parts.engine.commit(decided.executed.candidate, decided.puts)
  parts.crash?.at('chain.committed')
  parts.blocks.remember(block)
  advance(state, block, decided.sets, decided.finalized)
  await settleBlock(parts.pool, block, parts.engine.state(block))
  parts.pool.sweep()
  parts.logger.log('debug', 'block', { number: block.number, transactions: block.transactions.length })
}

/** What the snapshot of this block needs and no block holds. */
function recordPuts({ parts, record }: AppState, height: number): readonly Put[] {
  const { snapshotEveryBlocks } = parts
  if (snapshotEveryBlocks === undefined || height % snapshotEveryBlocks !== 0) return []
  return [{ table: 'meta', key: snapshotKey, value: encodeSeed({ height, record: record.bytes }) }]
}

/** The milestone of the block before, if the votes at the front of this one prove it. */
function milestonePuts({ parts, network, sets, head }: AppState, input: BlockInput): readonly Put[] {
  const [record] = input.items
  if (record === undefined || !isVoteRecord(record)) return []
  const height = input.height - 1
  const validators = validatorsAt(sets, height)
  const signed = checkRecord(record, { network, height, validators, lastCommit: input.lastCommit })
  const milestone = { height, hash: head.hash }
  const quorum = signed.ok ? quorumFor(milestone, signed.value, validators) : undefined
  if (quorum === undefined) {
    const cause = signed.ok ? 'two thirds did not sign our hash' : signed.error
    parts.logger.log('warn', 'a block without a milestone', { number: height, cause })
    return []
  }
  return [
    { table: 'milestone', key: numberKey(height), value: encodeMilestone(milestone, quorum) },
    { table: 'meta', key: finalizedKey, value: bytesOf(numberKey(height)) },
  ]
}
