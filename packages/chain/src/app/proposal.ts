/** PrepareProposal and ProcessProposal: two sides of one rule. */

import { ok, type Result, refuse } from '@millrace/base'
import { type ChainTransaction, rawTransaction } from '../block.ts'
import type { ConsensusReport } from '../consensus-report.ts'
import { decodeTransaction } from '../execution/engine.ts'
import { signDeployments } from '../genesis/vault.ts'
import { bytesOf } from '../hex.ts'
import { type BlockInput, timestampOf } from './block-input.ts'
import { executedAs, type ItemResult } from './execution.ts'
import { itemOverheadBytes, proposalSource } from './proposal-source.ts'
import { type AppState, candidateKey, checkHeight, executedOf } from './state.ts'
import { validatorsAt } from './validator-sets.ts'
import { type ProposalContext, proposalFault } from './validity.ts'
import { type ExtendedVote, encodeRecord } from './vote-record.ts'

export interface ProposalRequest {
  readonly height: number
  readonly seconds: number
  /** Most bytes of all items, as CometBFT counts them. */
  readonly bytesMax: number
  /** Who voted in the commit of the block before, with their extensions. */
  readonly votes: readonly ExtendedVote[]
  /** As every other call about this block will have it. Absent on a solo chain. */
  readonly report?: ConsensusReport
}

/**
 * Chooses the items of the next block by executing them; the candidate is kept for the calls to come. They are answered when they
 * are known: the block may still be executed then, by this node as by the others.
 */
export async function prepareProposal(state: AppState, request: ProposalRequest): Promise<readonly Uint8Array[]> {
  const { height, seconds, bytesMax, votes } = request
  const report = request.report === undefined ? {} : { report: request.report }
  checkHeight(state, height)
  const { head, parts } = state
  const timeOver = parts.buildTime?.()
  const voters = { network: state.network, height: height - 1, validators: validatorsAt(state.sets, height - 1) }
  const record = encodeRecord(votes, voters)
  const records = record === undefined ? [] : [record]
  const source = proposalSource({
    pool: parts.pool,
    baseFeePerGas: head.header.calcNextBaseFee(),
    bytesMax: bytesMax - records.reduce((sum, { length }) => sum + length + itemOverheadBytes, 0),
    first: await firstOf(state, height),
  })
  void timeOver?.then(source.end)
  const built = parts.engine.build(head, timestampOf(head, seconds), source, request.report)
  const whole = built.then(({ block }) => block.transactions)
  const chosen = await (timeOver === undefined ? whole : Promise.race([source.chosen, whole]))
  const items = [...records, ...chosen.map(({ tx }) => rawTransaction(tx))]
  const input = { height, seconds, items, lastCommit: votes, ...report }
  const key = candidateKey(state, input)
  state.candidates.put(key, executedAs(parts, head, input, built))
  state.proposed.add(key)
  const fault = proposalFault(input, await contextOf(state, height, []))
  // Votes that came some other way than by consensus may be too bad: then others vote it down, and the next one proposes.
  if (fault !== undefined)
    parts.logger.log('error', 'a proposal of ours is not valid', { number: height, cause: fault })
  return items
}

/** Whether honest validators vote for the block, or why not. */
export async function processProposal(state: AppState, input: BlockInput): Promise<Result<undefined, string>> {
  const fault = await faultOf(state, input)
  if (fault === undefined) return ok(undefined)
  state.parts.logger.log('warn', 'a proposal was rejected', { number: input.height, cause: fault })
  return refuse(fault)
}

/**
 * Our own proposal is not waited for: what was chosen for it can be executed. CometBFT sends nothing to anybody while it waits for
 * this answer, the proposal neither, and the others would be in the next round by then.
 */
async function faultOf(state: AppState, input: BlockInput): Promise<string | undefined> {
  checkHeight(state, input.height)
  const isOurs = state.proposed.has(candidateKey(state, input))
  const results = isOurs ? [] : (await executedOf(state, input)).results
  return proposalFault(input, await contextOf(state, input.height, results))
}

async function contextOf(state: AppState, height: number, results: readonly ItemResult[]): Promise<ProposalContext> {
  const first = (await firstOf(state, height)).map(({ tx }) => rawTransaction(tx))
  return { results, first, network: state.network, voters: validatorsAt(state.sets, height - 1) }
}

/** Block 1 begins with the deployments of the vault and its bonds, whoever proposes it. */
async function firstOf({ parts, network }: AppState, height: number): Promise<readonly ChainTransaction[]> {
  if (height !== 1) return []
  const deployments = await signDeployments(parts.genesis, network.genesisHash)
  return deployments.map((raw) => decodeTransaction(bytesOf(raw), parts.common))
}
