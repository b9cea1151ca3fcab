/** What a person does with stake: look, plan with cost and outcome, and then do it. */

import { type Btt, btt, formatBtt, type Logger, silentLogger, systemClock, zeroBtt } from '@millrace/base'
import {
  type NewValidator,
  openStaking,
  type StakeAction,
  type StakePosition,
  type Staking,
  type StakingView,
  type Unbonding,
} from '@millrace/ledger'
import { type Account, parseAccount } from '@millrace/voucher'
import type { KeySigner } from '@millrace/wallet'
import { type KeySource, MoneyError } from './payments/terms.ts'
import { unlockKey } from './payments/unlock-key.ts'

export interface StakeAccess {
  readonly rpcUrl: string
  readonly key: KeySource
}

/** The staking contracts with the key that acts on them. */
export interface OpenStake {
  readonly staking: Staking
  readonly key: KeySigner
  readonly account: Account
}

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

/** One transaction of a plan, and what it comes to at the state of now. */
export interface StakeStep {
  readonly action: StakeAction
  /** Leaves the account, comes to it, or moves within the stake. */
  readonly amount: Btt
  /** At most, at the fees of now. */
  readonly gasCost: Btt
  /** When what leaves a pool is free: in this epoch, hence in this block or later. */
  readonly free: { readonly epoch: bigint; readonly fromBlock: bigint } | undefined
}

export interface StakeSent extends StakeStep {
  /** Paid for gas. */
  readonly gasPaid: Btt
  readonly transaction: string
}

/** What all can see. Needs no key. @throws LedgerError */
export async function viewStaking(rpcUrl: string): Promise<StakingView> {
  return (await openStaking(rpcUrl, { clock: systemClock, logger: silentLogger })).view()
}

/** Opens the contracts and the key. @throws LedgerError, WalletError, MoneyError */
export async function openStake({ rpcUrl, key }: StakeAccess, logger: Logger = silentLogger): Promise<OpenStake> {
  const staking = await openStaking(rpcUrl, { clock: systemClock, logger })
  const signer = await unlockKey(key, staking.chainId)
  const account = parseAccount(signer.address)
  if (account === undefined) throw new MoneyError('bad-key', `${signer.address} is no address of this chain`)
  return { staking, key: signer, account }
}

/** The stake of the key's account. */
export async function viewStaker({ staking, account }: OpenStake): Promise<StakerView> {
  const { validators } = await staking.view()
  const positions = await staking.positions(
    account,
    validators.map(({ operator }) => operator),
  )
  return {
    address: account,
    balance: await staking.balanceOf(account),
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
export async function planStake(opened: OpenStake, request: StakeRequest): Promise<readonly StakeStep[]> {
  const view = await opened.staking.view()
  const actions = await actionsOf(opened, view, request)
  if (actions.length === 0) throw new MoneyError('insufficient-funds', 'there is nothing to claim yet')
  const steps: StakeStep[] = []
  for (const { action, amount } of actions) {
    const gasCost = await opened.staking.gasCostOf(opened.account, action)
    const leaves = action.type === 'unbond' || action.type === 'redelegate'
    steps.push({ action, amount, gasCost, free: leaves ? releaseOf(view) : undefined })
  }
  return steps
}

/** Sends the steps one after another, each mined before the next. Throws what sending does. */
export async function doStake(opened: OpenStake, steps: readonly StakeStep[]): Promise<readonly StakeSent[]> {
  const sent: StakeSent[] = []
  for (const step of steps) {
    const receipt = await opened.staking.act(opened.key, opened.account, step.action)
    const gasPaid = btt(receipt.gasUsed * receipt.effectiveGasPrice)
    sent.push({ ...step, gasPaid, transaction: receipt.transactionHash })
  }
  return sent
}

interface Planned {
  readonly action: StakeAction
  readonly amount: Btt
}

async function actionsOf(opened: OpenStake, view: StakingView, request: StakeRequest): Promise<readonly Planned[]> {
  switch (request.type) {
    case 'add': {
      const { amount, validator } = request
      const isOperator = view.validators.some(({ operator }) => operator === opened.account)
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
    case 'unjail':
      return [{ action: { type: 'unjail' }, amount: zeroBtt }]
  }
}

/** Shares worth `amount`, rounded down as the contract rounds, and what they are worth. */
async function sharesOf({ staking, account }: OpenStake, validator: Account, amount: Btt | 'all') {
  const [position] = await staking.positions(account, [validator])
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
async function claimsOf(opened: OpenStake, type: 'restake' | 'claim'): Promise<readonly Planned[]> {
  const { staking, account } = opened
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

/** The epoch in which what leaves a pool now is paid, and the first block in which that can begin. */
function releaseOf({ epoch, epochEndsAtBlock, unbondingEpochs, epochBlocks }: StakingView) {
  return { epoch: epoch + unbondingEpochs + 1n, fromBlock: epochEndsAtBlock + unbondingEpochs * epochBlocks }
}
