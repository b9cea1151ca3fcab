/** What a person does with stake: look, plan with cost and outcome, and then do it. */

import { type Btt, btt, formatBtt, zeroBtt } from '@millrace/base'
import {
  LedgerError,
  type NewValidator,
  type StakeAction,
  type StakePosition,
  Staking,
  type StakingView,
  type Unbonding,
} from '@millrace/ledger'
import type { Account } from '@millrace/voucher'
import { type OpenChain, viewChain } from './open-chain.ts'
import { noticeEnds, type OperatorRequest, operatorFault } from './operator-fault.ts'
import { MoneyError } from './payments/terms.ts'

/** An account's stake, amounts in base units. */
export interface StakerView {
  readonly address: Account
  readonly balance: Btt
  readonly positions: readonly (StakePosition & { readonly rewards: Btt })[]
  readonly unbondings: readonly Unbonding[]
  /** Of an operator. */
  readonly commission: Btt
  /** For reports of double signs. */
  readonly credit: Btt
}

/** What a person asks for. `all` is what is not locked. */
export type StakeRequest =
  /** Own stake of an operator; who is none yet becomes one with `validator`. */
  | { readonly type: 'add'; readonly amount: Btt; readonly validator: NewValidator | undefined }
  | { readonly type: 'delegate'; readonly validator: Account; readonly amount: Btt }
  | { readonly type: 'unbond'; readonly validator: Account; readonly amount: Btt | 'all' }
  | { readonly type: 'redelegate'; readonly from: Account; readonly to: Account; readonly amount: Btt | 'all' }
  /** Rewards of every pool. */
  | { readonly type: 'restake' | 'claim' }
  | { readonly type: 'unjail' }
  | OperatorRequest
  /** Another key for the milestones of the validator that this key owns, or for its votes. */
  | { readonly type: 'change-signer'; readonly signer: Account }
  | { readonly type: 'change-key'; readonly consensusKey: NewValidator['consensusKey'] }

/** One transaction of a plan, and what it comes to at the state of now. */
export interface StakeStep {
  readonly action: StakeAction
  /** Leaves the account, comes to it, or moves within the stake. */
  readonly amount: Btt
  /** At most, at the fees of now. */
  readonly gasCost: Btt
  /**
   * When what leaves a pool is free, or the next election counts, for who stands and for a key that signs: in this epoch,
   * hence in this block or later.
   */
  readonly free: { readonly epoch: bigint; readonly fromBlock: bigint } | undefined
  /** When a commission holds that is announced now: seconds since 1970, or later. */
  readonly holdsFromSeconds: number | undefined
}

export interface StakeSent extends StakeStep {
  /** Paid for gas. */
  readonly gasPaid: Btt
  readonly transaction: string
}

/** What all can see. Needs no key. @throws LedgerError */
export async function viewStaking(rpcUrl: string): Promise<StakingView> {
  return new Staking(await viewChain(rpcUrl)).view()
}

/** The stake of the key's account. */
export async function viewStaker({ client, account }: OpenChain): Promise<StakerView> {
  const staking = new Staking(client)
  const { validators } = await staking.view()
  const positions = await staking.positions(
    account,
    validators.map(({ operator }) => operator),
  )
  return {
    address: account,
    balance: await client.balanceOf(account),
    positions: await Promise.all(
      positions.map(async (position) => {
        const { validator } = position
        return { ...position, rewards: await staking.payout(account, { type: 'claim-rewards', validator }) }
      }),
    ),
    unbondings: await staking.unbondings(account),
    ...(await staking.earned(account)),
  }
}

/**
 * The transactions of a request with what each costs and does, in order. Nothing is sent.
 *
 * @throws LedgerError `reverted` with the reason where one would fail, `insufficient-funds`; MoneyError
 */
export async function planStake(opened: OpenChain, request: StakeRequest): Promise<readonly StakeStep[]> {
  const staking = new Staking(opened.client)
  const view = await staking.view()
  const actions = await actionsOf(opened, view, request)
  if (actions.length === 0) throw new MoneyError('insufficient-funds', 'there is nothing to claim yet')
  const steps: StakeStep[] = []
  for (const { action, amount } of actions) {
    const gasCost = await staking.gasCostOf(opened.account, action)
    const holdsFromSeconds = action.type === 'plan-commission' ? noticeEnds(view) : undefined
    steps.push({ action, amount, gasCost, free: freeOf(view, action), holdsFromSeconds })
  }
  return steps
}

/** Sends the steps one after another, each mined before the next. Throws what sending does. */
export async function doStake(opened: OpenChain, steps: readonly StakeStep[]): Promise<readonly StakeSent[]> {
  const staking = new Staking(opened.client)
  const sent: StakeSent[] = []
  for (const step of steps) {
    const receipt = await staking.act(opened.key, opened.account, step.action)
    const gasPaid = btt(receipt.gasUsed * receipt.effectiveGasPrice)
    sent.push({ ...step, gasPaid, transaction: receipt.transactionHash })
  }
  return sent
}

interface Planned {
  readonly action: StakeAction
  readonly amount: Btt
}

async function actionsOf(opened: OpenChain, view: StakingView, request: StakeRequest): Promise<readonly Planned[]> {
  switch (request.type) {
    case 'add': {
      const { amount, validator } = request
      const isOperator = (await new Staking(opened.client).validator(opened.account)) !== undefined
      if (!isOperator && validator === undefined) {
        throw new MoneyError('no-address', `${opened.account} is no validator: name its node to register it`)
      }
      const known: StakeAction = { type: 'stake', amount }
      return [
        { action: isOperator || validator === undefined ? known : { type: 'register', amount, ...validator }, amount },
      ]
    }
    case 'delegate':
      return [{ action: request, amount: request.amount }]
    case 'unbond': {
      const { validator } = request
      const { shares, amount } = await sharesOf(opened, validator, request.amount)
      return [{ action: { type: 'unbond', validator, shares }, amount }]
    }
    case 'redelegate': {
      const { from, to } = request
      const { shares, amount } = await sharesOf(opened, from, request.amount)
      return [{ action: { type: 'redelegate', from, to, shares }, amount }]
    }
    case 'restake':
    case 'claim':
      return claimsOf(opened, request.type)
    case 'enter':
    case 'leave':
    case 'plan-commission': {
      const own = await new Staking(opened.client).validator(opened.account)
      const fault = operatorFault(view, own, request)
      if (fault !== undefined) throw new LedgerError('reverted', fault)
      return [{ action: request, amount: zeroBtt }]
    }
    case 'unjail':
    case 'change-signer':
    case 'change-key':
      return [{ action: request, amount: zeroBtt }]
  }
}

/** Shares worth `amount`, rounded down as the contract rounds, and what they are worth. */
async function sharesOf({ client, account }: OpenChain, validator: Account, amount: Btt | 'all') {
  const [position] = await new Staking(client).positions(account, [validator])
  const { shares = 0n, freeShares = 0n, amount: worth = zeroBtt } = position ?? {}
  const wanted = amount === 'all' ? freeShares : shares === 0n || worth === 0n ? 0n : (amount * shares) / worth
  if (wanted === 0n || wanted > freeShares) {
    const free = shares === 0n ? zeroBtt : btt((worth * freeShares) / shares)
    const asked = amount === 'all' ? 'nothing' : `${formatBtt(amount)} BTT`
    const message = `${asked} can't leave the pool of ${validator}: ${formatBtt(free)} BTT of this key are free there`
    throw new MoneyError('insufficient-funds', message)
  }
  return { shares: wanted, amount: btt((worth * wanted) / shares) }
}

/** Whatever has come to something: a claim of nothing would only cost gas. */
async function claimsOf(opened: OpenChain, type: 'restake' | 'claim'): Promise<readonly Planned[]> {
  const { client, account } = opened
  const staking = new Staking(client)
  const { positions } = await viewStaker(opened)
  const rewards = positions
    .filter((position) => position.rewards > 0n)
    .map(({ validator, rewards: amount }): Planned => {
      return { action: { type: type === 'restake' ? 'restake' : 'claim-rewards', validator }, amount }
    })
  if (type === 'restake') return rewards
  const others = (['claim-unbonded', 'claim-commission', 'claim-credit'] as const).map(async (claim) => {
    return { action: { type: claim }, amount: await staking.payout(account, { type: claim }) }
  })
  return [...rewards, ...(await Promise.all(others)).filter(({ amount }) => amount > 0n)]
}

function freeOf(view: StakingView, { type }: StakeAction): StakeStep['free'] {
  const { epoch, epochEndsAtBlock, unbondingEpochs, epochBlocks } = view
  if (type === 'unbond' || type === 'redelegate') {
    // In this epoch what leaves a pool now is paid, and this is the first block in which that can begin.
    return { epoch: epoch + unbondingEpochs + 1n, fromBlock: epochEndsAtBlock + unbondingEpochs * epochBlocks }
  }
  if (ofNextElection.has(type)) return { epoch: epoch + 1n, fromBlock: epochEndsAtBlock + setDelayBlocks }
  return undefined
}

const ofNextElection: ReadonlySet<StakeAction['type']> = new Set([
  'change-signer',
  'change-key',
  'enter',
  'leave',
] as const)

/** From the election on to the first block that its set signs. */
const setDelayBlocks = 2n
