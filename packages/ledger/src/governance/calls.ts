/** What people send to the governor. */

import { governorAbi, systemAddresses, validatorsAbi } from '@millrace/contracts'
import type { Account } from '@millrace/voucher'
import { encodeFunctionData } from 'viem'
import { accountIn } from '../account.ts'
import type { ContractClient } from '../contract-client.ts'
import type { TransactionRequest } from '../transaction.ts'
import { encodeAction, type ProposalAction } from './action.ts'
import { type VoteChoice, voteChoices } from './proposal.ts'

export type GovernanceAction =
  | {
      readonly type: 'propose'
      readonly actions: readonly ProposalAction[]
      readonly description: string
      /** Base units: exactly `proposalDeposit`. */
      readonly deposit: bigint
    }
  | { readonly type: 'vote'; readonly id: bigint; readonly choice: VoteChoice; readonly reason: string }
  | {
      readonly type: 'override'
      readonly id: bigint
      readonly choice: VoteChoice
      readonly reason: string
      readonly pools: readonly Account[]
    }
  | { readonly type: 'queue' | 'execute' | 'settle'; readonly id: bigint }

const purposes = {
  propose: 'the proposal',
  vote: 'the vote',
  override: 'the vote',
  queue: 'queueing the proposal',
  execute: 'carrying out the proposal',
  settle: 'settling the deposit',
} as const

/** @example await client.send(signer, governanceRequest({ type: 'queue', id })) */
export function governanceRequest(action: GovernanceAction): TransactionRequest {
  const value = action.type === 'propose' ? action.deposit : 0n
  return { to: systemAddresses.governor, data: dataOf(action), value, purpose: purposes[action.type] }
}

function dataOf(action: GovernanceAction) {
  const abi = governorAbi
  switch (action.type) {
    case 'propose': {
      const calls = action.actions.map(encodeAction)
      const lists = [calls.map(({ to }) => to), calls.map(({ value }) => value), calls.map(({ data }) => data)] as const
      return encodeFunctionData({
        abi,
        functionName: 'proposeWithDeposit',
        args: [lists[0], lists[1], lists[2], action.description],
      })
    }
    case 'vote': {
      const args = [action.id, voteChoices.indexOf(action.choice), action.reason] as const
      return encodeFunctionData({ abi, functionName: 'castVoteWithReason', args })
    }
    case 'override': {
      const args = [action.id, voteChoices.indexOf(action.choice), action.pools, action.reason] as const
      return encodeFunctionData({ abi, functionName: 'castOverride', args })
    }
    case 'queue':
      return encodeFunctionData({ abi, functionName: 'queue', args: [action.id] })
    case 'execute':
      return encodeFunctionData({ abi, functionName: 'execute', args: [action.id] })
    case 'settle':
      return encodeFunctionData({ abi, functionName: 'settleDeposit', args: [action.id] })
  }
}

/** Where a delegator's stake may be: with those who stand for election or are elected. */
export async function knownPools(client: ContractClient): Promise<readonly Account[]> {
  const at = systemAddresses.validators
  const candidates = await client.read(at, validatorsAbi, 'candidates', [])
  const [members] = await client.read(at, validatorsAbi, 'electedSet', [])
  return [...new Set([...candidates, ...members.map(({ validator }) => validator)].map(accountIn))]
}
