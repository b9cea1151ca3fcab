/** What a proposal's calls are in words of ours, as anybody may have proposed them. Pure. */

import {
  airdropAbi,
  fundAbi,
  guardianAbi,
  incentivesAbi,
  issueAddresses,
  milestoneGrantAbi,
  parametersAbi,
  rewardsAbi,
  stakingAbi,
  systemAddresses,
} from '@millrace/contracts'
import { type Abi, type DecodeFunctionDataReturnType, decodeFunctionData, type Hex, hexToString } from 'viem'
import { accountIn } from '../account.ts'
import { encodeAction, type ProposalAction, type TimelockCall } from './action.ts'
import { contractNameAt, knownCall } from './known-contracts.ts'

/** The kind of a call, or the call itself: what is not exactly what `encodeAction` makes is a `call`. */
export function decodeAction({ to, value, data }: TimelockCall): ProposalAction {
  const call = { to: accountIn(to), value, data: data.toLowerCase() as Hex } // hex stays hex
  const action = call.data === '0x' ? readPayment(call) : readCall(call)
  if (action !== undefined) {
    const again = encodeAction(action)
    // A call may carry BTT, more bytes than its arguments take, or a name with a zero in it: those stay in view.
    if (again.to === call.to && again.value === value && again.data === call.data) return action
  }
  const known = knownCall(call)
  return { kind: 'call', ...call, ...(known === undefined ? {} : { known }) }
}

function readPayment({ to, value }: TimelockCall): ProposalAction | undefined {
  if (value > 0n) return { kind: 'timelock-spend', to, amount: value }
  return to === systemAddresses.governance ? { kind: 'text' } : undefined
}

function readCall(call: TimelockCall): ProposalAction | undefined {
  return readOwn(call) ?? readIssue(call) ?? readGrant(call) ?? readUpgrade(call)
}

/** What has a kind, of the contracts that every chain has. */
function readOwn({ to, data }: TimelockCall): ProposalAction | undefined {
  switch (to) {
    case systemAddresses.parameters: {
      const set = decoded(parametersAbi, data)
      if (set?.functionName !== 'set') return undefined
      return { kind: 'parameter', name: nameIn(set.args[0]), value: set.args[1] }
    }
    case systemAddresses.rewards: {
      const spend = decoded(rewardsAbi, data)
      if (spend?.functionName !== 'spend') return undefined
      return { kind: 'spend', to: accountIn(spend.args[0]), amount: spend.args[1] }
    }
    case systemAddresses.guardian: {
      const change = decoded(guardianAbi, data)
      if (change?.functionName === 'unpause') return { kind: 'unpause' }
      return change?.functionName === 'appoint' ? { kind: 'guardian', guardian: accountIn(change.args[0]) } : undefined
    }
    default:
      return undefined
  }
}

/** Likewise of the contracts of the first issue. */
function readIssue({ to, value, data }: TimelockCall): ProposalAction | undefined {
  switch (to) {
    case issueAddresses.fund: {
      const spend = decoded(fundAbi, data)
      if (spend?.functionName !== 'spend') return undefined
      return { kind: 'fund-spend', to: accountIn(spend.args[0]), amount: spend.args[1] }
    }
    case issueAddresses.airdrop: {
      const list = decoded(airdropAbi, data)
      if (list?.functionName === 'open') {
        const [drop, root, deadlineSeconds] = list.args
        return { kind: 'airdrop-open', drop, root, deadlineSeconds }
      }
      if (list?.functionName !== 'add') return undefined
      const [root, deadlineSeconds] = list.args
      return { kind: 'airdrop-add', root, deadlineSeconds, amount: value }
    }
    case issueAddresses.incentives: {
      const change = decoded(incentivesAbi, data)
      if (change?.functionName === 'setTerms') return { kind: 'incentive-terms', terms: change.args[0] }
      return change?.functionName === 'returnToFund' ? { kind: 'incentive-return', amount: change.args[0] } : undefined
    }
    default:
      return undefined
  }
}

/** A grant stands wherever the genesis file has put it: whatever is none of the chain's contracts may be one. */
function readGrant({ to: grant, data }: TimelockCall): ProposalAction | undefined {
  if (contractNameAt(grant) !== undefined) return undefined
  const call = decoded(milestoneGrantAbi, data)
  switch (call?.functionName) {
    case 'confirm':
      return { kind: 'grant-confirm', grant, milestone: call.args[0] }
    case 'revoke':
      return { kind: 'grant-revoke', grant }
    case 'release': // the one for tokens takes an argument, so it is not what this encodes to
      return { kind: 'grant-release', grant }
    default:
      return undefined
  }
}

function readUpgrade({ to: contract, data }: TimelockCall): ProposalAction | undefined {
  const upgrade = decoded(stakingAbi, data)
  if (upgrade?.functionName !== 'upgradeToAndCall') return undefined
  const [implementation, call] = upgrade.args
  return { kind: 'upgrade', contract, implementation: accountIn(implementation), call }
}

/** The function of this contract that is called; undefined for another's, or bytes that are none of its arguments. */
function decoded<const A extends Abi>(abi: A, data: Hex): DecodeFunctionDataReturnType<A> | undefined {
  try {
    return decodeFunctionData({ abi, data })
  } catch {
    return undefined
  }
}

function nameIn(word: Hex): string {
  return hexToString(word, { size: 32 })
}
