/** The contracts that stand at the same place on every chain of ours, and calls of them in their own words. Pure. */

import {
  airdropAbi,
  bondAbi,
  embeddedBond,
  embeddedVault,
  fundAbi,
  governorAbi,
  guardianAbi,
  incentivesAbi,
  issueAddresses,
  parametersAbi,
  rewardsAbi,
  stakingAbi,
  systemAddresses,
  timelockAbi,
  validatorsAbi,
  vaultAbi,
} from '@millrace/contracts'
import {
  type Abi,
  type AbiFunction,
  type AbiParameter,
  decodeAbiParameters,
  encodeAbiParameters,
  type Hex,
  slice,
  toFunctionSelector,
  toFunctionSignature,
} from 'viem'
import { fieldsOf, textOf } from './abi-text.ts'
import type { KnownCall, TimelockCall } from './action.ts'

interface KnownContract {
  readonly name: string
  readonly abi: Abi
}

const contracts: ReadonlyMap<string, KnownContract> = new Map([
  [systemAddresses.rewards, { name: 'Rewards', abi: rewardsAbi }],
  [systemAddresses.staking, { name: 'Staking', abi: stakingAbi }],
  [systemAddresses.validators, { name: 'Validators', abi: validatorsAbi }],
  [systemAddresses.parameters, { name: 'Parameters', abi: parametersAbi }],
  [systemAddresses.governance, { name: 'Timelock', abi: timelockAbi }],
  [systemAddresses.governor, { name: 'StakeGovernor', abi: governorAbi }],
  [systemAddresses.guardian, { name: 'Guardian', abi: guardianAbi }],
  [issueAddresses.fund, { name: 'Fund', abi: fundAbi }],
  [issueAddresses.airdrop, { name: 'Airdrop', abi: airdropAbi }],
  [issueAddresses.incentives, { name: 'Incentives', abi: incentivesAbi }],
  [embeddedVault.toLowerCase(), { name: 'Vault', abi: vaultAbi }],
  [embeddedBond.toLowerCase(), { name: 'Bond', abi: bondAbi }],
])

/** What stands at an address, by the name of its file; undefined where it is none of the chain's own. */
export function contractNameAt(address: string): string | undefined {
  return contracts.get(address.toLowerCase())?.name
}

/** A call of a contract of the chain's; undefined for another's, or bytes that are not exactly its arguments. */
export function knownCall({ to, data }: Pick<TimelockCall, 'to' | 'data'>): KnownCall | undefined {
  const contract = contracts.get(to)
  const called = contract?.abi.find(
    (item): item is AbiFunction => item.type === 'function' && toFunctionSelector(item) === data.slice(0, 10),
  )
  if (contract === undefined || called === undefined) return undefined
  const inputs = called.inputs.map(unnamed)
  const args = argumentsOf(inputs, data)?.map((value, at) => textOf(value, inputs[at] ?? { type: 'bytes' }))
  return args === undefined ? undefined : { contract: contract.name, signature: toFunctionSignature(called), args }
}

/** Structs as lists, whatever names their fields have. */
function argumentsOf(inputs: readonly AbiParameter[], data: Hex): readonly unknown[] | undefined {
  if (inputs.length === 0) return data.length === 10 ? [] : undefined
  try {
    const bytes = slice(data, 4)
    const args = decodeAbiParameters(inputs, bytes)
    return encodeAbiParameters(inputs, args) === bytes ? args : undefined
  } catch {
    return undefined
  }
}

function unnamed({ name: _name, ...parameter }: AbiParameter): AbiParameter {
  const fields = fieldsOf(parameter)
  return fields.length === 0 ? parameter : { ...parameter, components: fields.map(unnamed) }
}
