/** Why the time-lock could not carry an action out, in words. Pure. */

import { type Btt, formatBtt } from '@millrace/base'
import {
  airdropAbi,
  fundAbi,
  guardianAbi,
  incentivesAbi,
  milestoneGrantAbi,
  stakingAbi,
  systemAddresses,
  validatorsAbi,
} from '@millrace/contracts'
import { decodeErrorResult, type Hex } from 'viem'
import { explainRevert } from '../transaction.ts'
import type { TimelockCall } from './action.ts'
import { contractNameAt, knownCall } from './known-contracts.ts'

/** Errors of the same name have the same shape; what the community pool's mean `explainRevert` knows. */
const errorsAbi = [
  ...fundAbi,
  ...airdropAbi,
  ...incentivesAbi,
  ...guardianAbi,
  ...milestoneGrantAbi,
  ...stakingAbi,
  ...validatorsAbi,
] as const

/** What a refusal means, in our words where it is one of a contract of ours. */
export function faultWords(call: TimelockCall, message: string, data: Hex | undefined): string {
  const { to } = call
  const own = to === systemAddresses.rewards || data === undefined ? undefined : ownWords(to, data)
  const words = own ?? explainRevert(data)
  if (words !== undefined) return words
  const name = contractNameAt(to)
  return name === undefined || knownCall(call) !== undefined ? message : `${name} takes no such call`
}

function ownWords(to: string, data: Hex): string | undefined {
  try {
    const { errorName, args } = decodeErrorResult({ abi: errorsAbi, data })
    switch (errorName) {
      case 'InsufficientBalance':
        return `${to} holds ${bttOf(args[0])} BTT`
      case 'FailedCall':
        return 'who is called or paid refuses, and does not say why'
      case 'NotPaused':
        return 'nothing is paused'
      case 'NotRevocable':
        return 'this grant cannot be revoked, or was already'
      case 'NoSuchMilestone':
        return `this grant has no milestone ${args[0]}: they count from 0`
      case 'AlreadyConfirmed':
        return `milestone ${args[0]} was confirmed already`
      case 'NoSuchDrop':
        return `there is no drop ${args[0]}: see millrace chain airdrop list`
      case 'AlreadyOpen':
        return `drop ${args[0]} has its list, which is for good`
      case 'NotOpen':
        return `drop ${args[0]} has nothing left, or its root is 0`
      case 'DeadlineTooNear':
        return `the deadline must be ${timeOf(args[1])} or later`
      case 'TermsOutOfBounds':
        return 'a term is out of its bounds: see docs/incentives.md'
      case 'ERC1967InvalidImplementation':
      case 'AddressEmptyCode':
        return `no code of a system contract stands at ${args[0].toLowerCase()}`
      case 'OnlyBy':
        return `only ${args[0].toLowerCase()} may do this`
      case 'NotEnough':
        return `${bttOf(args[0])} BTT are left`
      default:
        return explainRevert(data) ?? errorName
    }
  } catch {
    return undefined // an error of another contract
  }
}

function bttOf(amount: bigint): string {
  return formatBtt(amount as Btt) // a balance
}

function timeOf(seconds: bigint): string {
  return new Date(Number(seconds) * 1000).toISOString()
}
