/** The system contracts: their fixed addresses, and the code that makes them in block 0. */

import { encodeDeployData, encodeFunctionData, type Hex, stringToHex } from 'viem'
import { governorAbi, governorBytecode } from './generated/governor.ts'
import { guardianAbi, guardianBytecode } from './generated/guardian.ts'
import { parametersAbi, parametersBytecode } from './generated/parameters.ts'
import { proxyAbi, proxyBytecode } from './generated/proxy.ts'
import { rewardsAbi, rewardsBytecode } from './generated/rewards.ts'
import { stakingAbi, stakingBytecode } from './generated/staking.ts'
import { timelockAbi, timelockBytecode } from './generated/timelock.ts'
import { validatorsAbi, validatorsBytecode } from './generated/validators.ts'
import { boundsWith, type ParameterName, systemParameters } from './parameters.ts'

/** As `System.sol` has them. Each contract is a proxy; what it runs stands 0x1000 above it at genesis. */
export const systemAddresses = {
  /** Calls for the chain itself. */
  caller: '0xfffffffffffffffffffffffffffffffffffffffe',
  /** The coinbase of each block, and the address of the withdrawals that mint. */
  rewards: '0x0000000000000000000000000000000000001000',
  staking: '0x0000000000000000000000000000000000001001',
  validators: '0x0000000000000000000000000000000000001002',
  parameters: '0x0000000000000000000000000000000000001003',
  /** The time-lock of governance. */
  governance: '0x0000000000000000000000000000000000001004',
  governor: '0x0000000000000000000000000000000000001005',
  /** May pause payments out of staking. */
  guardian: '0x0000000000000000000000000000000000001006',
  /** Nobody has its key. */
  burned: '0x000000000000000000000000000000000000dead',
} as const satisfies Record<string, Hex>

/** Creation code to run with `address` as its own address; what it returns is the code that stands there. */
export interface SystemCreation {
  readonly address: Hex
  readonly creation: Hex
}

/** Nobody. */
const noGuardian: Hex = `0x${'00'.repeat(20)}`

/**
 * The creations of block 0, to be run in this order.
 *
 * @param parameters values that differ from `systemParameters`, within the bounds of a genesis file
 * @param guardian who may pause payments out of staking; nobody when absent
 * @example for (const { address, creation } of systemContracts()) install(address, creation)
 */
export function systemContracts(
  parameters: Readonly<Partial<Record<ParameterName, bigint>>> = {},
  guardian: Hex = noGuardian,
): readonly SystemCreation[] {
  // Keys of the table itself.
  const definitions = (Object.keys(systemParameters) as ParameterName[]).map((name) => ({
    name: stringToHex(name, { size: 32 }),
    ...boundsWith(name, parameters[name]),
  }))
  const initialize = (
    abi: typeof stakingAbi | typeof validatorsAbi | typeof rewardsAbi | typeof timelockAbi | typeof governorAbi,
  ) => encodeFunctionData({ abi, functionName: 'initialize' })
  const { staking, validators, rewards } = systemAddresses
  return [
    ...behindProxy(
      systemAddresses.parameters,
      parametersBytecode,
      encodeFunctionData({ abi: parametersAbi, functionName: 'initialize', args: [definitions] }),
    ),
    ...behindProxy(staking, stakingBytecode, initialize(stakingAbi)),
    ...behindProxy(validators, validatorsBytecode, initialize(validatorsAbi)),
    ...behindProxy(rewards, rewardsBytecode, initialize(rewardsAbi)),
    ...behindProxy(systemAddresses.governance, timelockBytecode, initialize(timelockAbi)),
    ...behindProxy(systemAddresses.governor, governorBytecode, initialize(governorAbi)),
    ...behindProxy(
      systemAddresses.guardian,
      guardianBytecode,
      encodeFunctionData({ abi: guardianAbi, functionName: 'initialize', args: [guardian] }),
    ),
  ]
}

/** A proxy at `address`, over code that stands where `implementationOf` says; `first` is the call that sets it up. */
export function behindProxy(address: Hex, creation: Hex, first: Hex): readonly SystemCreation[] {
  const implementation = implementationOf(address)
  const args = [implementation, first] as const
  return [
    { address: implementation, creation },
    { address, creation: encodeDeployData({ abi: proxyAbi, bytecode: proxyBytecode, args }) },
  ]
}

/** Where the code of a system contract stands at genesis. */
export function implementationOf(address: Hex): Hex {
  return `0x${(BigInt(address) + 0x1000n).toString(16).padStart(40, '0')}`
}
