/** A proposal as the governor has it. */

import { type Btt, btt } from '@millrace/base'
import { governorAbi, stakingAbi, systemAddresses } from '@millrace/contracts'
import type { Account } from '@millrace/voucher'
import { type Hex, parseEventLogs } from 'viem'
import { accountIn } from '../account.ts'
import type { ContractClient } from '../contract-client.ts'
import { LedgerError } from '../errors.ts'
import type { ProposalAction } from './action.ts'
import { decodeAction } from './read-action.ts'

/** As `IGovernor.ProposalState` numbers them. */
export const proposalStates = [
  'pending',
  'active',
  'canceled',
  'defeated',
  'succeeded',
  'queued',
  'expired',
  'executed',
] as const
export type ProposalState = (typeof proposalStates)[number]

/** As `Ballots.Choice` numbers them. */
export const voteChoices = ['against', 'for', 'abstain', 'veto'] as const
export type VoteChoice = (typeof voteChoices)[number]

export interface Proposal {
  /** From 1, in the order of being made. */
  readonly number: number
  readonly id: bigint
  readonly state: ProposalState
  readonly proposer: Account
  readonly description: string
  readonly actions: readonly ProposalAction[]
  readonly proposedBlock: number
  /** Its stake, at the end of it, votes. */
  readonly snapshotBlock: number
  /** The last in which votes are taken. */
  readonly deadlineBlock: number
  /** Chain time from which it can be executed; undefined before it is queued. */
  readonly etaSeconds: number | undefined
  readonly votes: { readonly [choice in VoteChoice]: Btt }
  /** All that could vote, and what of it must; undefined before the snapshot. */
  readonly stake: Btt | undefined
  readonly quorum: Btt | undefined
  readonly quorumBps: number
  readonly passBps: number
  readonly vetoBps: number
  readonly deposit: Btt
  readonly isDepositSettled: boolean
}

const { governor, staking } = systemAddresses

/** How many there are. @throws LedgerError as `ContractClient.read` */
export async function proposalCount(client: ContractClient): Promise<number> {
  return Number(await client.read(governor, governorAbi, 'proposalCount', []))
}

/** How many actions a proposal holds at most, and bytes of description. @throws LedgerError as `ContractClient.read` */
export async function readProposalLimits(client: ContractClient) {
  const [actions, bytes] = await Promise.all([
    client.read(governor, governorAbi, 'actionsMax', []),
    client.read(governor, governorAbi, 'descriptionBytesMax', []),
  ])
  return { actionsMost: Number(actions), descriptionBytesMost: Number(bytes) }
}

/**
 * @param number from 1 to `proposalCount`
 * @throws LedgerError as `ContractClient.read`
 */
export async function readProposal(client: ContractClient, number: number): Promise<Proposal> {
  const [id, targets, values, calldatas] = await client.read(governor, governorAbi, 'proposalDetailsAt', [
    BigInt(number - 1),
  ])
  const [state, proposer, snapshot, deadline, eta, terms, votes] = await Promise.all([
    client.read(governor, governorAbi, 'state', [id]),
    client.read(governor, governorAbi, 'proposalProposer', [id]),
    client.read(governor, governorAbi, 'proposalSnapshot', [id]),
    client.read(governor, governorAbi, 'proposalDeadline', [id]),
    client.read(governor, governorAbi, 'proposalEta', [id]),
    client.read(governor, governorAbi, 'termsOf', [id]),
    client.read(governor, governorAbi, 'votesOf', [id]),
  ])
  const isPending = state === proposalStates.indexOf('pending')
  const [against, pro, abstain, veto] = votes
  const isPast = (await client.head()).number > snapshot
  return {
    number,
    id,
    state: proposalStates[state] ?? 'canceled',
    proposer: accountIn(proposer),
    description: await descriptionOf(client, id, terms.proposedAt),
    actions: targets.map((to, index) =>
      decodeAction({ to, value: values[index] ?? 0n, data: calldatas[index] ?? '0x' }),
    ),
    proposedBlock: terms.proposedAt,
    snapshotBlock: Number(snapshot),
    deadlineBlock: Number(deadline),
    etaSeconds: eta === 0n ? undefined : Number(eta),
    votes: { against: btt(against), for: btt(pro), abstain: btt(abstain), veto: btt(veto) },
    ...(isPending || !isPast
      ? { stake: undefined, quorum: undefined }
      : {
          stake: btt(await client.read(staking, stakingAbi, 'getPastTotalSupply', [snapshot])),
          quorum: btt(await client.read(governor, governorAbi, 'quorumOf', [id])),
        }),
    quorumBps: terms.quorumBps,
    passBps: terms.passBps,
    vetoBps: terms.vetoBps,
    deposit: btt(terms.deposit),
    isDepositSettled: terms.isSettled,
  }
}

/** The chain keeps a hash of it: the words are in the event of the block that made it. */
async function descriptionOf(client: ContractClient, id: bigint, block: number): Promise<string> {
  const logs = await client.logsOf(governor, BigInt(block), BigInt(block)).catch((thrown: unknown) => {
    // A node that joined by a snapshot after that block can tell all but the words.
    if (thrown instanceof LedgerError && thrown.code === 'refused') return []
    throw thrown
  })
  // The parser reads topics and data only, both checked; a log of viem's carries more.
  const events = parseEventLogs({ abi: governorAbi, eventName: 'ProposalCreated', logs: logs as never })
  return events.find(({ args }) => args.proposalId === id)?.args.description ?? ''
}

export type Tally = Proposal['votes']
export type Verdict = 'passed' | 'voted-down' | 'vetoed' | 'no-quorum'

const wholeBps = 10_000n

/** What a vote with these sums comes to, by the comparisons of `Proposals.sol`. */
export function verdictOf(
  { quorum, passBps, vetoBps }: Pick<Proposal, 'quorum' | 'passBps' | 'vetoBps'>,
  { against, for: pro, abstain, veto }: Tally,
): Verdict {
  const all = against + pro + abstain + veto
  if (quorum === undefined || all === 0n || all < quorum) return 'no-quorum'
  if (veto * wholeBps > all * BigInt(vetoBps)) return 'vetoed'
  return pro * wholeBps > (all - abstain) * BigInt(passBps) ? 'passed' : 'voted-down'
}

export interface PoolPart {
  readonly validator: Account
  readonly amount: Btt
  readonly cast: VoteChoice | undefined
}

/** What an account could vote with on a proposal. */
export interface VotingPower {
  /** Of the account as a validator: its pool, less what its delegators vote with themselves. */
  readonly pool: Btt
  readonly hasVoted: boolean
  /** Its own parts of pools that it has not voted with yet, and what those pools' validators have voted. */
  readonly parts: readonly PoolPart[]
}

/**
 * Reads it at the snapshot, which must be past.
 *
 * @param pools where to look for parts of the account's
 */
export async function readVotingPower(
  client: ContractClient,
  proposal: Pick<Proposal, 'id' | 'snapshotBlock'>,
  account: Account,
  pools: readonly Account[],
): Promise<VotingPower> {
  const { id } = proposal
  const at = BigInt(proposal.snapshotBlock)
  const votes = await client.read(staking, stakingAbi, 'getPastVotes', [account, at])
  const [cast, overridden] = await client.read(governor, governorAbi, 'ballotOf', [id, account])
  const parts: PoolPart[] = []
  for (const validator of pools) {
    const amount = await client.read(staking, stakingAbi, 'getPastPart', [validator, account, at])
    if (amount === 0n) continue
    if (await client.read(governor, governorAbi, 'hasOverridden', [id, validator, account])) continue
    const [choice] = await client.read(governor, governorAbi, 'ballotOf', [id, validator])
    parts.push({ validator, amount: btt(amount), cast: voteChoices[choice - 1] })
  }
  return { pool: btt(votes - overridden), hasVoted: cast > 0, parts }
}

/** The number of the proposal that a transaction made, by its logs. */
export function proposalIdIn(logs: readonly { readonly topics: readonly Hex[]; readonly data: Hex }[]) {
  // As in `descriptionOf`.
  const [event] = parseEventLogs({ abi: governorAbi, eventName: 'ProposalCreated', logs: logs as never })
  return event?.args.proposalId
}
