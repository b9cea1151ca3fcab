/** What the owner of a key does with stake, as calls of the staking contracts (docs/staking.md). */

import { type Btt, formatBtt } from '@millrace/base'
import { stakingAbi, systemAddresses, validatorsAbi } from '@millrace/contracts'
import type { Account } from '@millrace/voucher'
import { bytesToHex, decodeErrorResult, encodeFunctionData, type Hex, hexToBytes } from 'viem'
import { accountIn } from '../account.ts'
import type { TransactionRequest } from '../transaction.ts'

/** Amounts in base units, shares as the pool counts them, rates in parts of ten thousand. */
export type StakeAction =
  | ({ readonly type: 'register'; readonly amount: Btt } & NewValidator)
  | { readonly type: 'stake'; readonly amount: Btt }
  | { readonly type: 'delegate'; readonly validator: Account; readonly amount: Btt }
  | { readonly type: 'unbond'; readonly validator: Account; readonly shares: bigint }
  | { readonly type: 'redelegate'; readonly from: Account; readonly to: Account; readonly shares: bigint }
  | { readonly type: 'restake' | 'claim-rewards'; readonly validator: Account }
  | { readonly type: 'change-signer'; readonly signer: Account }
  /** ed25519, 32 bytes. */
  | { readonly type: 'change-key'; readonly consensusKey: Hex }
  | { readonly type: 'plan-commission'; readonly rateBps: number }
  | { readonly type: 'claim-unbonded' | 'claim-commission' | 'claim-credit' }
  | { readonly type: 'unjail' | 'enter' | 'leave' }

export interface NewValidator {
  /** ed25519, 32 bytes. */
  readonly consensusKey: Hex
  /** Whose key signs milestones. */
  readonly signer: Account
  readonly commissionBps: number
  /** The most that it will ever be, and the largest step in which it changes. */
  readonly commissionMostBps: number
  readonly commissionStepBps: number
}

/** The transaction of an action by `owner`, who is paid what it pays. */
export function stakeRequest(action: StakeAction, owner: Account): TransactionRequest {
  const value = 'amount' in action ? action.amount : 0n
  const to = ofValidators.has(action.type) ? systemAddresses.validators : systemAddresses.staking
  return {
    to: accountIn(to),
    data: callOf(action, owner),
    value,
    purpose: purposes[action.type],
    gasExtra: settlementGas,
    explain,
  }
}

/** Calls of the contract `Validators`; the others are calls of `Staking`. */
const ofValidators: ReadonlySet<StakeAction['type']> = new Set([
  'register',
  'change-signer',
  'change-key',
  'plan-commission',
  'unjail',
  'enter',
  'leave',
] as const)

/**
 * The state that an estimate sees may have settled a pool in its own block; the block that mines the call has brought new
 * rewards and settles it again. Measured some 80,000 for a pool, and a redelegation settles two.
 */
const settlementGas = 200_000n

const purposes: Readonly<Record<StakeAction['type'], string>> = {
  register: 'registering the validator',
  stake: 'adding stake',
  delegate: 'the delegation',
  unbond: 'unbonding',
  redelegate: 'the redelegation',
  restake: 'restaking',
  'claim-rewards': 'claiming rewards',
  'claim-unbonded': 'claiming what has unbonded',
  'claim-commission': 'claiming the commission',
  'claim-credit': 'claiming the reward for reports',
  'change-signer': 'the change of the signer',
  'change-key': 'the change of the consensus key',
  'plan-commission': 'the announcement of a commission',
  unjail: 'leaving jail',
  enter: 'standing for election',
  leave: 'withdrawing from elections',
}

function callOf(action: StakeAction, owner: Account): Hex {
  const abi = stakingAbi
  switch (action.type) {
    case 'register': {
      const { consensusKey, signer, commissionBps, commissionMostBps, commissionStepBps } = action
      const rates = [BigInt(commissionBps), BigInt(commissionMostBps), BigInt(commissionStepBps)] as const
      return encodeFunctionData({
        abi: validatorsAbi,
        functionName: 'register',
        args: [consensusKey, signer, ...rates],
      })
    }
    case 'stake':
      return encodeFunctionData({ abi, functionName: 'stake' })
    case 'delegate':
      return encodeFunctionData({ abi, functionName: 'delegate', args: [action.validator] })
    case 'unbond':
      return encodeFunctionData({ abi, functionName: 'unbond', args: [action.validator, action.shares] })
    case 'redelegate':
      return encodeFunctionData({ abi, functionName: 'redelegate', args: [action.from, action.to, action.shares] })
    case 'restake':
      return encodeFunctionData({ abi, functionName: 'restake', args: [action.validator] })
    case 'claim-rewards':
      return encodeFunctionData({ abi, functionName: 'claimRewards', args: [action.validator, owner] })
    case 'claim-unbonded':
      return encodeFunctionData({ abi, functionName: 'claim', args: [owner] })
    case 'claim-commission':
      return encodeFunctionData({ abi, functionName: 'withdrawCommission', args: [owner] })
    case 'claim-credit':
      return encodeFunctionData({ abi, functionName: 'withdrawCredit', args: [owner] })
    case 'change-signer':
    case 'change-key':
    case 'plan-commission':
    case 'unjail':
    case 'enter':
    case 'leave':
      return standingCallOf(action)
  }
}

type Standing = Extract<
  StakeAction,
  { type: 'change-signer' | 'change-key' | 'plan-commission' | 'unjail' | 'enter' | 'leave' }
>

/** What an operator decides about its validator without stake. */
function standingCallOf(action: Standing): Hex {
  const abi = validatorsAbi
  switch (action.type) {
    case 'change-signer':
      return encodeFunctionData({ abi, functionName: 'changeSigner', args: [action.signer] })
    case 'change-key':
      return encodeFunctionData({ abi, functionName: 'changeConsensusKey', args: [action.consensusKey] })
    case 'plan-commission':
      return encodeFunctionData({ abi, functionName: 'planCommission', args: [BigInt(action.rateBps)] })
    case 'unjail':
      return encodeFunctionData({ abi, functionName: 'unjail' })
    case 'enter':
      return encodeFunctionData({ abi, functionName: 'enter' })
    case 'leave':
      return encodeFunctionData({ abi, functionName: 'withdrawCandidacy' })
  }
}

const errorsAbi = [...stakingAbi, ...validatorsAbi] as const

/** The refusal of a staking contract in words, where the return data is one. */
function explain(data: string): string | undefined {
  try {
    const decoded = decodeErrorResult({ abi: errorsAbi, data: bytesToHex(hexToBytes(data as Hex)) }) // hexToBytes throws on what is no hex
    switch (decoded.errorName) {
      case 'NotAccepted':
        return `${decoded.args[0]} takes no stake: it is no validator, or jailed, or out for good`
      case 'TooManyShares':
        return `only ${decoded.args[0]} shares are free: the others are locked by a redelegation, or not there`
      case 'TooManyEntries':
        return 'too many are open at a time: claim what has unbonded first'
      case 'NothingGained':
        return 'the amount is too small to be a share of the pool'
      case 'NothingThere':
        return 'there is nothing to claim yet'
      case 'SamePool':
        return 'both are the same validator'
      case 'AlreadyRegistered':
        return 'this account is a validator already: add to its stake'
      case 'KeyInUse':
        return 'its consensus key or its signer belongs to a validator already: each is used once'
      case 'CommissionOutOfBounds':
        return 'commission and step must not be above the most, a change not above the step, nor the most above 100 %'
      case 'PlanWaits':
        return `the next change of the commission can be announced from ${isoOf(decoded.args[0])} on`
      case 'NotEligible':
        return 'it has less stake of its own than a candidate needs (selfStakeMin), stands already, or is jailed'
      case 'NotACandidate':
        return `${decoded.args[0]} stands for no election`
      case 'NotEnoughStake':
        return `all places of candidates are taken: more than ${formatBtt(decoded.args[0] as Btt)} BTT are needed` // an amount of the contract
      case 'OncePerEpoch':
        return 'it was changed in this epoch already: it can be changed again after the next election'
      case 'NotRegistered':
        return `${decoded.args[0]} is no validator`
      case 'NotJailed':
        return 'this account is no jailed validator'
      case 'JailedUntil':
        return `the jail lasts until ${isoOf(decoded.args[0])}`
      default:
        return decoded.errorName
    }
  } catch {
    return undefined // an error of another contract
  }
}

function isoOf(seconds: bigint): string {
  return new Date(Number(seconds) * 1000).toISOString()
}
