/** What a proposal does, in words of ours and as calls of the time-lock. Pure; read-action.ts is the way back. */

import {
  airdropAbi,
  fundAbi,
  guardianAbi,
  type IncentiveTerms,
  incentivesAbi,
  issueAddresses,
  milestoneGrantAbi,
  parametersAbi,
  rewardsAbi,
  stakingAbi,
  systemAddresses,
} from '@millrace/contracts'
import type { Account } from '@millrace/voucher'
import { encodeFunctionData, type Hex, stringToHex } from 'viem'

/** One call that the time-lock makes. `value` is base units of its own BTT. */
export interface TimelockCall {
  readonly to: Account
  readonly value: bigint
  readonly data: Hex
}

/** A call in the words of the contract that takes it. */
export interface KnownCall {
  /** As its file in packages/contracts is called: `Staking`. */
  readonly contract: string
  /** `transfer(address,uint256)` */
  readonly signature: string
  /** As `cast` writes them: numbers in base units, text in quotes, `[a, b]` for lists and `(a, b)` for structs. */
  readonly args: readonly string[]
}

/** Amounts are base units. */
export type ProposalAction =
  /** Nothing but its words. */
  | { readonly kind: 'text' }
  | { readonly kind: 'parameter'; readonly name: string; readonly value: bigint }
  /** Out of the community pool. */
  | { readonly kind: 'spend'; readonly to: Account; readonly amount: bigint }
  /** Out of the ecosystem fund. */
  | { readonly kind: 'fund-spend'; readonly to: Account; readonly amount: bigint }
  /** Out of what the time-lock itself has. */
  | { readonly kind: 'timelock-spend'; readonly to: Account; readonly amount: bigint }
  | { readonly kind: 'upgrade'; readonly contract: Account; readonly implementation: Account; readonly call: Hex }
  | { readonly kind: 'guardian'; readonly guardian: Account }
  | { readonly kind: 'unpause' }
  /** Milestones count from 0, as in the genesis file. */
  | { readonly kind: 'grant-confirm'; readonly grant: Account; readonly milestone: bigint }
  | { readonly kind: 'grant-revoke' | 'grant-release'; readonly grant: Account }
  /** A drop of block 0 gets its list, or a new one is made of the time-lock's BTT. Deadlines in seconds since 1970. */
  | {
      readonly kind: 'airdrop-open'
      readonly drop: bigint
      readonly root: Hex
      readonly deadlineSeconds: bigint
    }
  | {
      readonly kind: 'airdrop-add'
      readonly root: Hex
      readonly deadlineSeconds: bigint
      readonly amount: bigint
    }
  | { readonly kind: 'incentive-terms'; readonly terms: IncentiveTerms }
  /** From the incentive pool to the fund. */
  | { readonly kind: 'incentive-return'; readonly amount: bigint }
  /** Anything else; `known` when a contract of the chain has that function. */
  | ({ readonly kind: 'call'; readonly known?: KnownCall } & TimelockCall)

/** An empty call of the time-lock itself: OpenZeppelin's governor wants at least one. */
const textCall: TimelockCall = { to: systemAddresses.governance, value: 0n, data: '0x' }

/** @example encodeAction({ kind: 'parameter', name: 'gasPriceFloor', value: 10n ** 11n }) // a call of Parameters.set */
export function encodeAction(action: ProposalAction): TimelockCall {
  const { parameters, rewards, guardian } = systemAddresses
  switch (action.kind) {
    case 'text':
      return textCall
    case 'parameter': {
      const args = [stringToHex(action.name, { size: 32 }), action.value] as const
      return callOf(parameters, encodeFunctionData({ abi: parametersAbi, functionName: 'set', args }))
    }
    case 'spend': {
      const args = [action.to, action.amount] as const
      return callOf(rewards, encodeFunctionData({ abi: rewardsAbi, functionName: 'spend', args }))
    }
    case 'timelock-spend':
      return { to: action.to, value: action.amount, data: '0x' }
    case 'upgrade': {
      const args = [action.implementation, action.call] as const
      return callOf(action.contract, encodeFunctionData({ abi: stakingAbi, functionName: 'upgradeToAndCall', args }))
    }
    case 'guardian': {
      const args = [action.guardian] as const
      return callOf(guardian, encodeFunctionData({ abi: guardianAbi, functionName: 'appoint', args }))
    }
    case 'unpause':
      return callOf(guardian, encodeFunctionData({ abi: guardianAbi, functionName: 'unpause' }))
    case 'call':
      return { to: action.to, value: action.value, data: action.data }
    default:
      return encodeIssueAction(action)
  }
}

type IssueKind = 'fund-spend' | `grant-${string}` | `airdrop-${string}` | `incentive-${string}`

/** What governance does with the first issue of BTT (docs/genesis.md). */
function encodeIssueAction(action: Extract<ProposalAction, { readonly kind: IssueKind }>): TimelockCall {
  const { fund, airdrop, incentives } = issueAddresses
  switch (action.kind) {
    case 'fund-spend': {
      const args = [action.to, action.amount] as const
      return callOf(fund, encodeFunctionData({ abi: fundAbi, functionName: 'spend', args }))
    }
    case 'grant-confirm': {
      const args = [action.milestone] as const
      return callOf(action.grant, encodeFunctionData({ abi: milestoneGrantAbi, functionName: 'confirm', args }))
    }
    case 'grant-revoke':
      return callOf(action.grant, encodeFunctionData({ abi: milestoneGrantAbi, functionName: 'revoke' }))
    case 'grant-release': // not the one for tokens
      return callOf(action.grant, encodeFunctionData({ abi: milestoneGrantAbi, functionName: 'release', args: [] }))
    case 'airdrop-open': {
      const args = [action.drop, action.root, action.deadlineSeconds] as const
      return callOf(airdrop, encodeFunctionData({ abi: airdropAbi, functionName: 'open', args }))
    }
    case 'airdrop-add': {
      const args = [action.root, action.deadlineSeconds] as const
      const data = encodeFunctionData({ abi: airdropAbi, functionName: 'add', args })
      return { to: airdrop, value: action.amount, data }
    }
    case 'incentive-terms': {
      const args = [action.terms] as const
      return callOf(incentives, encodeFunctionData({ abi: incentivesAbi, functionName: 'setTerms', args }))
    }
    case 'incentive-return': {
      const args = [action.amount] as const
      return callOf(incentives, encodeFunctionData({ abi: incentivesAbi, functionName: 'returnToFund', args }))
    }
  }
}

function callOf(to: Account, data: Hex): TimelockCall {
  return { to, value: 0n, data }
}
