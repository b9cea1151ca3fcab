/** One simulated transaction: what a real one does to the state, without a signature. */

import type { Block } from '@ethereumjs/block'
import type { EVMResult } from '@ethereumjs/evm'
import { Account, type Address, createAddressFromString } from '@ethereumjs/util'
import { maxBig } from '@millrace/base'
import { gasCosts, gasSpent, warmUp } from '../call.ts'
import { effectivePrice, priceFault } from '../price.ts'
import type { World } from '../world.ts'
import { type SimulatedCall, SimulationError, type SimulationRequest, simulationCodes } from './request.ts'

/** A call whose gas and nonce are settled. */
export interface Message extends SimulatedCall {
  readonly gas: bigint
  readonly nonce: bigint
}

export interface MessageResult {
  readonly execResult: EVMResult['execResult']
  readonly gasUsed: bigint
  readonly gasUsedMost: bigint
  readonly effectiveGasPrice: bigint
}

/** @throws SimulationError when the transaction could not be in the block */
export async function applyMessage(
  world: World,
  message: Message,
  block: Block,
  rules: Pick<SimulationRequest, 'isValidated' | 'floor'>,
): Promise<MessageResult> {
  const { evm, common } = world.vm
  const { header } = block
  const request = { ...message, gasPrice: message.maxFeePerGas }
  const costs = gasCosts(common, request)
  const price = await admit(world, message, header.baseFeePerGas ?? 0n, rules)
  const least = maxBig(costs.intrinsic, costs.floor)
  if (message.gas < least) {
    throw new SimulationError(simulationCodes.intrinsicGas, `intrinsic gas too low: have ${message.gas}, want ${least}`)
  }
  const caller = createAddressFromString(message.from)
  await evm.journal.cleanup()
  await evm.journal.checkpoint()
  await changeAccount(world, caller, (account) => {
    account.balance -= message.gas * price
    account.nonce = BigInt.asUintN(64, account.nonce + 1n)
  })
  warmUp(world, request, header)
  const { execResult } = await evm.runCall({
    block,
    caller,
    gasPrice: price,
    gasLimit: message.gas - costs.intrinsic,
    ...(message.to === undefined ? {} : { to: createAddressFromString(message.to) }),
    value: message.value,
    data: message.data,
    skipNonceIncrement: true,
  })
  const used = costs.intrinsic + execResult.executionGasUsed
  const gasUsed = gasSpent(common, costs, used, execResult.gasRefund ?? 0n)
  await changeAccount(world, caller, (account) => {
    account.balance += (message.gas - gasUsed) * price
  })
  const tip = price - (common.isActivatedEIP(1559) ? (header.baseFeePerGas ?? 0n) : 0n)
  if (tip > 0n) {
    await changeAccount(world, header.coinbase, (account) => {
      account.balance += gasUsed * tip
    })
  }
  await destroy(world, execResult)
  await evm.journal.cleanup()
  await evm.journal.commit()
  world.manager.originalStorageCache.clear()
  return { execResult, gasUsed, gasUsedMost: maxBig(used, costs.floor), effectiveGasPrice: price }
}

/** The checks that geth makes of a transaction; answers its price a gas. */
async function admit(
  { manager, vm }: World,
  { from, to, nonce, gas, value, data, maxFeePerGas, maxPriorityFeePerGas }: Message,
  baseFee: bigint,
  { isValidated, floor }: Pick<SimulationRequest, 'isValidated' | 'floor'>,
): Promise<bigint> {
  const account = (await manager.getAccount(createAddressFromString(from))) ?? new Account()
  const refuse = (code: number, message: string) => new SimulationError(code, `${message}: address ${from}`)
  if (isValidated) {
    const nonces = `tx: ${nonce} state: ${account.nonce}`
    if (nonce < account.nonce) throw refuse(simulationCodes.nonceTooLow, `nonce too low, ${nonces}`)
    if (nonce > account.nonce) throw refuse(simulationCodes.nonceTooHigh, `nonce too high, ${nonces}`)
    if (nonce + 1n >= 2n ** 64n) throw refuse(simulationCodes.other, `nonce has max value, nonce: ${nonce}`)
  }
  const bid = { maxFeePerGas, maxPriorityFeePerGas }
  // Who offers nothing is let in for nothing, unless the chain's own rules are asked for.
  const isFree = !isValidated && maxFeePerGas === 0n && maxPriorityFeePerGas === 0n
  const fault = isFree ? undefined : priceFault(bid, baseFee, isValidated ? floor : 0n)
  if (fault !== undefined) throw refuse(simulationCodes.feeTooLow, fault)
  const wanted = gas * maxFeePerGas + value
  if (account.balance < wanted) {
    const sums = `have ${account.balance} want ${wanted}`
    throw refuse(simulationCodes.funds, `insufficient funds for gas * price + value, ${sums}`)
  }
  if (to === undefined && vm.common.isActivatedEIP(3860) && data.length > Number(vm.common.param('maxInitCodeSize'))) {
    throw refuse(simulationCodes.initCodeSize, `max initcode size exceeded: ${data.length} bytes`)
  }
  return isFree ? 0n : (effectivePrice(bid, baseFee) ?? 0n)
}

/** Edits an account, made if it was not there. */
export async function changeAccount(
  { vm, manager }: World,
  address: Address,
  edit: (account: Account) => void,
): Promise<void> {
  const account = (await manager.getAccount(address)) ?? new Account()
  edit(account)
  await vm.evm.journal.putAccount(address, account)
}

/** Contracts that have destroyed themselves go; since Cancun only those that the same transaction has made. */
async function destroy({ vm }: World, { selfdestruct, createdAddresses }: EVMResult['execResult']): Promise<void> {
  for (const address of [...(selfdestruct?.keys() ?? [])].sort()) {
    if (vm.common.isActivatedEIP(6780) && !createdAddresses?.has(address)) continue
    await vm.evm.journal.deleteAccount(createAddressFromString(address))
  }
}
