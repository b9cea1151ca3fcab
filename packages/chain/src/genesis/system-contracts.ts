/** The contracts that stand in block 0, made by running their creation code at fixed addresses. */

import { type Block, createBlock } from '@ethereumjs/block'
import { createAccount, createAddressFromString } from '@ethereumjs/util'
import type { VM } from '@ethereumjs/vm'
import { parseBtt } from '@millrace/base'
import { type SystemCreation, systemAddresses, systemContracts, validatorsAbi } from '@millrace/contracts'
import { encodeFunctionData, type Hex } from 'viem'
import { ChainError } from '../errors.ts'
import { bytesOf } from '../hex.ts'
import type { ResolvedGenesis } from './config.ts'
import { issueCreations } from './issue-contracts.ts'
import { genesisParameters } from './parameters.ts'
import type { GenesisValidator } from './staking.ts'

/** Of one creation or call, all of which take a few million. */
const genesisGasLimit = 30_000_000n

/**
 * Puts the contracts into the state, registers the first validators with what genesis gave them, and elects them.
 *
 * @throws ChainError bad-genesis when a registration is refused
 */
export async function installSystemContracts(vm: VM, genesis: ResolvedGenesis): Promise<void> {
  const { staking, governance, timestamp } = genesis
  const block = createBlock({ header: { number: 0, timestamp } }, { common: vm.common })
  const guardian = governance?.guardian as Hex | undefined // checkGovernance has matched 0x and the digits
  const creations = [...systemContracts(genesisParameters(genesis), guardian), ...issueCreations(genesis)]
  for (const creation of creations) await install(vm, block, creation)
  const call = async (from: string, value: bigint, data: Hex) => {
    const [caller, to] = [createAddressFromString(from), createAddressFromString(systemAddresses.validators)]
    const request = { caller, to, value, data: bytesOf(data), gasLimit: genesisGasLimit, block }
    const { execResult } = await vm.evm.runCall({ ...request, skipNonceIncrement: true })
    if (execResult.exceptionError !== undefined)
      fail(`a call of ${from} failed with ${execResult.exceptionError.error}`)
    await vm.evm.journal.cleanup()
  }
  const validators = staking?.validators ?? []
  for (const one of validators) await call(one.operator, parseBtt(one.stake), registration(one))
  if (validators.length === 0) return
  await call(systemAddresses.caller, 0n, encodeFunctionData({ abi: validatorsAbi, functionName: 'endEpoch' }))
}

async function install(vm: VM, block: Block, { address, creation }: SystemCreation): Promise<void> {
  const to = createAddressFromString(address)
  const balance = (await vm.stateManager.getAccount(to))?.balance ?? 0n
  await vm.stateManager.putAccount(to, createAccount({ nonce: 1n, balance }))
  const options = { code: bytesOf(creation), to, gasLimit: genesisGasLimit, block }
  const { returnValue, exceptionError } = await vm.evm.runCode(options)
  if (exceptionError !== undefined) fail(`the code for ${address} failed with ${exceptionError.error}`)
  await vm.stateManager.putCode(to, returnValue)
}

function registration(one: GenesisValidator): Hex {
  const rates = [one.commissionBps, one.commissionMostBps, one.commissionStepBps].map(BigInt)
  const [rate = 0n, most = 0n, step = 0n] = rates
  // checkStaking has matched 0x and the digits.
  const args = [one.consensusKey as Hex, one.signer as Hex, rate, most, step] as const
  return encodeFunctionData({ abi: validatorsAbi, functionName: 'register', args })
}

function fail(happened: string): never {
  throw new ChainError('bad-genesis', `genesis: ${happened}; expected it to run: mend the genesis file`)
}
