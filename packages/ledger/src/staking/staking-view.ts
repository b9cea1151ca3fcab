/** What the staking contracts say: validators, elections, and one account's part in them. */

import { type Btt, btt } from '@millrace/base'
import { parametersAbi, stakingAbi, systemAddresses, validatorsAbi } from '@millrace/contracts'
import type { Account } from '@millrace/voucher'
import {
  type ContractFunctionArgs,
  type ContractFunctionName,
  type Hex,
  numberToHex,
  stringToHex,
  toEventSelector,
} from 'viem'
import { accountIn } from '../account.ts'
import type { ContractClient } from '../contract-client.ts'
import type { Block } from '../decode.ts'
import { LedgerError } from '../errors.ts'

export type ValidatorStatus = 'active' | 'jailed' | 'tombstoned'

/** Amounts in base units. */
export interface ValidatorView {
  readonly operator: Account
  readonly status: ValidatorStatus
  /** Voting power of the elected set, whole BTT; 0: it is not in it. */
  readonly power: bigint
  /** Whether it stands for the next election. */
  readonly isCandidate: boolean
  readonly stake: Btt
  /** The operator's own part of it. */
  readonly ownStake: Btt
  readonly commissionBps: number
  /** What its commission never goes above, and the most by which it changes at a time. */
  readonly commissionMostBps: number
  readonly commissionStepBps: number
  /** What was announced and does not hold yet; seconds since 1970. */
  readonly commissionPlan: { readonly bps: number; readonly fromSeconds: number } | undefined
  /** From then on the next change can be announced, seconds since 1970; 0: at any time. */
  readonly commissionRestsUntilSeconds: number
  /** Seconds since 1970; 0: never jailed. */
  readonly jailedUntilSeconds: number
  readonly consensusKey: Hex
  readonly signer: Account
}

export interface StakingView {
  readonly blockNumber: bigint
  readonly timestampSeconds: number
  readonly epoch: bigint
  /** The epoch ends in this block or later. */
  readonly epochEndsAtBlock: bigint
  /** Epochs that stake which leaves waits, plus one. */
  readonly unbondingEpochs: bigint
  readonly epochBlocks: bigint
  readonly selfStakeMin: Btt
  /** From the announcement of a commission to the time from which it holds. */
  readonly commissionNoticeSeconds: number
  readonly totalStaked: Btt
  /** By stake, the most first. */
  readonly validators: readonly ValidatorView[]
}

/** An account's part of one pool. */
export interface StakePosition {
  readonly validator: Account
  readonly shares: bigint
  /** Of them not locked by a redelegation. */
  readonly freeShares: bigint
  readonly amount: Btt
}

export interface Unbonding {
  readonly validator: Account
  readonly amount: Btt
  /** Paid from this epoch on. */
  readonly releaseEpoch: bigint
}

/** Blocks that our nodes search for logs at a time. */
const logBlocksMax = 100_000n
/** Three years of blocks: a count that is not reached by then was a lie. */
const logSearchesMax = 1_000
const statuses = ['none', 'active', 'jailed', 'tombstoned'] as const

type ViewName = ContractFunctionName<typeof validatorsAbi, 'pure' | 'view'>

/** @throws LedgerError `unreachable`; `bad-reply`, also where no staking contracts stand */
export async function readStaking(client: ContractClient): Promise<StakingView> {
  const head = await client.head()
  const validators = viewsAt(client, head)
  const at = numberToHex(head.number)
  const parameter = (name: string) =>
    client.read(systemAddresses.parameters, parametersAbi, 'get', [stringToHex(name, { size: 32 })], at)
  const views = await readValidators(client, head, await operatorsAt(client, head.number))
  return {
    blockNumber: head.number,
    timestampSeconds: Number(head.timestamp),
    epoch: await validators('epoch', []),
    epochEndsAtBlock: await validators('epochEnd', []),
    unbondingEpochs: await parameter('unbondingEpochs'),
    epochBlocks: await parameter('epochBlocks'),
    selfStakeMin: btt(await parameter('selfStakeMin')),
    commissionNoticeSeconds: Number(await parameter('commissionNoticeSeconds')),
    totalStaked: btt(await client.read(systemAddresses.staking, stakingAbi, 'totalStaked', [], at)),
    validators: views.toSorted((a, b) => (a.stake === b.stake ? 0 : a.stake > b.stake ? -1 : 1)),
  }
}

/** The validators of these operators, in their order, without those who never registered one. */
export async function readValidators(
  client: ContractClient,
  head: Block,
  operators: readonly Account[],
): Promise<readonly ValidatorView[]> {
  const validators = viewsAt(client, head)
  const [members] = await validators('electedSet', [])
  const candidates = new Set((await validators('candidates', [])).map((one) => one.toLowerCase()))
  const restSeconds = Number(await validators('commissionRestSeconds', []))
  const at = numberToHex(head.number)
  const [stakes, owns] = await client.read(systemAddresses.staking, stakingAbi, 'stakesOf', [operators], at)
  const views = operators.map(async (operator, index): Promise<ValidatorView | undefined> => {
    const one = await validators('validatorOf', [operator])
    const status = statuses[one.status] ?? 'none'
    if (status === 'none') return undefined
    const isPlanned = one.plannedAt > head.timestamp
    return {
      operator,
      status,
      power: members.find(({ validator }) => validator.toLowerCase() === operator)?.power ?? 0n,
      isCandidate: candidates.has(operator),
      stake: btt(stakes[index] ?? 0n),
      ownStake: btt(owns[index] ?? 0n),
      commissionBps: Number(await validators('commissionOf', [operator])),
      commissionMostBps: one.commissionMostBps,
      commissionStepBps: one.commissionStepBps,
      commissionPlan: isPlanned ? { bps: one.plannedBps, fromSeconds: one.plannedAt } : undefined,
      commissionRestsUntilSeconds: one.plannedAt === 0 ? 0 : one.plannedAt + restSeconds,
      jailedUntilSeconds: one.jailedUntil,
      consensusKey: one.consensusKey,
      signer: accountIn(one.signer),
    }
  })
  return (await Promise.all(views)).filter((view) => view !== undefined)
}

/** Views of the contract `Validators` at one block. */
function viewsAt(client: ContractClient, { number }: Block) {
  return <Name extends ViewName>(name: Name, args: ContractFunctionArgs<typeof validatorsAbi, 'pure' | 'view', Name>) =>
    client.read(systemAddresses.validators, validatorsAbi, name, args, numberToHex(number))
}

/** The account's parts of these pools. */
export async function readPositions(
  client: ContractClient,
  account: Account,
  validators: readonly Account[],
): Promise<readonly StakePosition[]> {
  const positions = await Promise.all(
    validators.map(async (validator): Promise<StakePosition> => {
      const args = [validator, account] as const
      const [shares, amount, , locked] = await client.read(systemAddresses.staking, stakingAbi, 'positionOf', args)
      const lockedShares = locked.reduce((sum, move) => sum + move.shares, 0n)
      return { validator, shares, freeShares: shares - lockedShares, amount: btt(amount) }
    }),
  )
  return positions.filter(({ shares }) => shares > 0n)
}

export async function readUnbondings(client: ContractClient, account: Account): Promise<readonly Unbonding[]> {
  const [list, amounts] = await client.read(systemAddresses.staking, stakingAbi, 'unbondingsOf', [account])
  return list.map(({ validator, releaseEpoch }, index) => {
    return { validator: accountIn(validator), amount: btt(amounts[index] ?? 0n), releaseEpoch: BigInt(releaseEpoch) }
  })
}

/** What an operator's commission and a reporter's rewards have come to. */
export async function readEarned(
  client: ContractClient,
  account: Account,
): Promise<{ readonly commission: Btt; readonly credit: Btt }> {
  const { staking } = systemAddresses
  const { commission } = await client.read(staking, stakingAbi, 'poolOf', [account])
  const credit = await client.read(staking, stakingAbi, 'credits', [account])
  return { commission: btt(commission), credit: btt(credit) }
}

/** Everybody who ever registered: in block 0, which has no logs, or later. */
async function operatorsAt(client: ContractClient, head: bigint): Promise<readonly Account[]> {
  const { validators } = systemAddresses
  const count = await client.read(validators, validatorsAbi, 'validatorCount', [])
  const found = new Set<Account>()
  for (const block of [numberToHex(0n), numberToHex(head)]) {
    for (const one of await client.read(validators, validatorsAbi, 'candidates', [], block)) found.add(accountIn(one))
  }
  let to = head
  for (let searches = 0; searches < logSearchesMax && to >= 0n && BigInt(found.size) < count; searches++) {
    const from = to >= logBlocksMax ? to - logBlocksMax + 1n : 0n
    const logs = await client.logsOf(validators, from, to, registeredTopic).catch(withoutHistory)
    if (logs === undefined) break
    for (const { topics } of logs) found.add(accountIn(`0x${topics[1]?.slice(-40)}`))
    to -= logBlocksMax
  }
  return [...found].toSorted()
}

/** A node that joined by a snapshot knows no logs from before it: who no longer stands is not told of then. */
function withoutHistory(thrown: unknown): undefined {
  if (!(thrown instanceof LedgerError && thrown.code === 'refused')) throw thrown
}

const registeredTopic = toEventSelector('Registered(address,bytes32,address)')
