/** What a person does in governance: look at proposals, make one, vote, carry out what was decided. */

import { type Btt, btt } from '@millrace/base'
import {
  type BttMove,
  type ChainParameter,
  type ContractClient,
  describeParameters,
  governanceRequest,
  knownPools,
  type Proposal,
  type ProposalAction,
  proposalCount,
  readParameter,
  readProposal,
  readProposalLimits,
  readVotingPower,
  simulateActions,
  type Tally,
  type Verdict,
  type VoteChoice,
  verdictOf,
} from '@millrace/ledger'
import { type ActionDraft, type CheckedAction, checkDraft, GovernanceError } from './action-draft.ts'
import { type OpenChain, viewChain } from './open-chain.ts'

/** What is about to be sent, and what it leads to, before anything is. Amounts are base units of BTT. */
export interface GovernancePlan<Outcome> {
  readonly request: ReturnType<typeof governanceRequest>
  /** At most, at the fees of now. */
  readonly gasCost: Btt
  readonly outcome: Outcome
}

export interface SentPlan {
  readonly transaction: string
  readonly block: number
  /** Paid for gas. */
  readonly gasCost: Btt
}

/** The newest first. @throws LedgerError */
export async function listProposals(rpcUrl: string, most: number): Promise<readonly Proposal[]> {
  const client = await viewChain(rpcUrl)
  const count = await proposalCount(client)
  const list: Proposal[] = []
  for (let number = count; number > Math.max(0, count - most); number--) list.push(await readProposal(client, number))
  return list
}

/** @throws GovernanceError no-proposal; LedgerError */
export async function viewProposal(rpcUrl: string, number: number): Promise<Proposal> {
  return proposalAt(await viewChain(rpcUrl), number)
}

/** Every parameter of a chain with its bounds. @throws LedgerError */
export async function listParameters(rpcUrl: string): Promise<readonly ChainParameter[]> {
  return describeParameters(await viewChain(rpcUrl))
}

export interface ProposalOutcome {
  readonly deposit: Btt
  /** Of the block before: the proposal's own come that many after it is mined. */
  readonly headBlock: number
  readonly votingDelayBlocks: number
  readonly votingPeriodBlocks: number
  /** In the order in which they would be carried out, all or none. */
  readonly actions: readonly ProposalAction[]
  /** By action: why it would fail, or do nothing, if all were carried out now. */
  readonly faults: readonly (string | undefined)[]
  /** By action: the BTT that it would move then. */
  readonly moves: readonly (readonly BttMove[])[]
  /** By action: the parameter as it is, for those that change one. */
  readonly present: readonly (bigint | undefined)[]
}

/** @throws GovernanceError bad-input for a value that no vote can set, too many actions or words; LedgerError */
export async function planProposal(
  { client, account }: OpenChain,
  drafts: readonly ActionDraft[],
  description: string,
): Promise<GovernancePlan<ProposalOutcome>> {
  await checkSize(client, drafts, description)
  const checked: CheckedAction[] = []
  for (const draft of drafts) checked.push(await checkDraft(client, draft))
  const actions = checked.map(({ action }) => action)
  const simulated = await simulateActions(client, actions)
  const deposit = btt(await readParameter(client, 'proposalDeposit'))
  const request = governanceRequest({ type: 'propose', actions, description, deposit })
  return {
    request,
    gasCost: await client.gasCost(account, request),
    outcome: {
      deposit,
      headBlock: Number((await client.head()).number),
      votingDelayBlocks: Number(await readParameter(client, 'votingDelayBlocks')),
      votingPeriodBlocks: Number(await readParameter(client, 'votingPeriodBlocks')),
      actions,
      faults: simulated.map(({ fault }) => fault),
      moves: simulated.map(({ moves }) => moves),
      present: checked.map(({ present }) => present),
    },
  }
}

async function checkSize(client: ContractClient, drafts: readonly ActionDraft[], description: string): Promise<void> {
  const { actionsMost, descriptionBytesMost } = await readProposalLimits(client)
  if (drafts.length > actionsMost) {
    throw new GovernanceError('bad-input', `${drafts.length} actions: expected at most ${actionsMost}`)
  }
  const bytes = new TextEncoder().encode(description).length
  if (bytes <= descriptionBytesMost) return
  throw new GovernanceError('bad-input', `title and text have ${bytes} bytes: expected at most ${descriptionBytesMost}`)
}

export interface VoteOutcome {
  readonly choice: VoteChoice
  /** With what is voted: a whole pool as its validator, or own parts of pools. */
  readonly weight: Btt
  readonly pools: readonly string[]
  readonly asValidator: boolean
  /** When nobody else votes. */
  readonly votes: Tally
  readonly verdict: Verdict
}

/**
 * A vote as a validator with its pool; as a delegator with its parts of the pools that are known, or of those named.
 *
 * @throws GovernanceError no-proposal, not-now, no-votes; LedgerError
 */
export async function planVote(
  { client, account }: OpenChain,
  number: number,
  choice: VoteChoice,
  { pools, reason }: { readonly pools: readonly `0x${string}`[]; readonly reason: string },
): Promise<GovernancePlan<VoteOutcome>> {
  const proposal = await proposalAt(client, number)
  if (proposal.state !== 'active') {
    const when = proposal.state === 'pending' ? `: votes are taken from block ${proposal.snapshotBlock + 1}` : ''
    throw new GovernanceError('not-now', `proposal ${number} is ${proposal.state}${when}`)
  }
  // Its own pool is what a validator votes with as a whole: only by name does it vote with its part of that alone.
  const places = pools.length > 0 ? pools : (await knownPools(client)).filter((pool) => pool !== account)
  const { pool, hasVoted, parts } = await readVotingPower(client, proposal, account, places)
  const asValidator = pools.length === 0 && pool > 0n && !hasVoted
  if (!asValidator && parts.length === 0) throw nothingLeft(account, hasVoted, proposal)
  const votes = { ...proposal.votes }
  const weight = asValidator ? pool : btt(parts.reduce((sum, { amount }) => sum + amount, 0n))
  votes[choice] = btt(votes[choice] + weight)
  const taken = asValidator ? [] : parts
  for (const { cast, amount } of taken) if (cast !== undefined) votes[cast] = btt(votes[cast] - amount)
  const { id } = proposal
  const voted = taken.map(({ validator }) => validator)
  const request = asValidator
    ? governanceRequest({ type: 'vote', id, choice, reason })
    : governanceRequest({ type: 'override', id, choice, reason, pools: voted })
  return {
    request,
    gasCost: await client.gasCost(account, request),
    outcome: {
      choice,
      weight,
      pools: asValidator ? [account] : voted,
      asValidator,
      votes,
      verdict: verdictOf(proposal, votes),
    },
  }
}

function nothingLeft(account: string, hasVoted: boolean, { number, snapshotBlock }: Proposal): GovernanceError {
  const why = hasVoted
    ? `${account} has voted on proposal ${number} already, which is final`
    : `${account} had no stake at block ${snapshotBlock} to vote with on proposal ${number}, or has voted with it`
  return new GovernanceError('no-votes', `${why}; name the validator of other stake by --pool`)
}

/** `settle`: the deposit, after the vote. */
export type Step =
  | { readonly step: 'queue'; readonly availableAtSeconds: number }
  | { readonly step: 'execute'; readonly actions: readonly ProposalAction[] }
  | { readonly step: 'settle'; readonly deposit: Btt; readonly to: 'proposer' | 'nobody' }

/**
 * The next step of a proposal: queueing it once it has passed, doing what it says after the delay, then its deposit.
 *
 * @param nowSeconds seconds since 1970
 * @throws GovernanceError no-proposal, not-now; LedgerError
 */
export async function planStep(
  { client, account }: OpenChain,
  number: number,
  nowSeconds: number,
): Promise<GovernancePlan<Step>> {
  const proposal = await proposalAt(client, number)
  // A chain of tests may be ahead of the wall clock; one that makes blocks on demand is behind it.
  const headSeconds = Number((await client.head()).timestamp)
  const outcome = await nextStep(client, proposal, Math.max(nowSeconds, headSeconds))
  const request = governanceRequest({ type: outcome.step, id: proposal.id })
  return { request, gasCost: await client.gasCost(account, request), outcome }
}

async function nextStep(client: ContractClient, proposal: Proposal, nowSeconds: number): Promise<Step> {
  const { number, state, etaSeconds, actions, deposit, isDepositSettled } = proposal
  if (state === 'pending' || state === 'active') {
    throw new GovernanceError('not-now', `proposal ${number} is voted on up to block ${proposal.deadlineBlock}`)
  }
  if (state === 'succeeded') {
    const delay = Number(await readParameter(client, 'timelockDelaySeconds'))
    return { step: 'queue', availableAtSeconds: nowSeconds + delay }
  }
  if (state === 'queued' && etaSeconds !== undefined) {
    if (nowSeconds >= etaSeconds) return { step: 'execute', actions }
    const time = new Date(etaSeconds * 1000).toISOString()
    throw new GovernanceError('not-now', `proposal ${number} waits in the time-lock until ${time}`)
  }
  if (isDepositSettled) throw new GovernanceError('not-now', `proposal ${number} is ${state}, and its deposit settled`)
  const verdict = verdictOf(proposal, proposal.votes)
  const isLost = state === 'defeated' && verdict !== 'voted-down'
  return { step: 'settle', deposit, to: isLost ? 'nobody' : 'proposer' }
}

/** Sends what was planned. @throws LedgerError */
export async function sendPlan({ client, key }: OpenChain, plan: GovernancePlan<unknown>): Promise<SentPlan> {
  const { transactionHash, blockNumber, gasUsed, effectiveGasPrice } = await client.send(key, plan.request)
  return { transaction: transactionHash, block: Number(blockNumber), gasCost: btt(gasUsed * effectiveGasPrice) }
}

async function proposalAt(client: ContractClient, number: number): Promise<Proposal> {
  const count = await proposalCount(client)
  if (number >= 1 && number <= count) return readProposal(client, number)
  const known = count === 0 ? 'this chain has none' : `expected 1 to ${count}`
  throw new GovernanceError('no-proposal', `there is no proposal ${number}: ${known}`)
}
