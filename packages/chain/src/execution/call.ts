/** Message calls that change nothing: eth_call and the trial runs of eth_estimateGas. */

import { type BlockHeader, createBlock, type HeaderData } from '@ethereumjs/block'
import type { Common } from '@ethereumjs/common'
import { createAccessList2930Tx } from '@ethereumjs/tx'
import { createAddressFromString } from '@ethereumjs/util'
import type { CallRequest, CallResult } from './port.ts'
import type { World } from './world.ts'

/** Runs `request` as the top of a transaction in `header`'s block, intrinsic gas included. The world is used up. */
export async function runCall(world: World, request: CallRequest, header: BlockHeader): Promise<CallResult> {
  const { vm } = world
  const to = request.to === undefined ? undefined : createAddressFromString(request.to)
  const intrinsic = intrinsicGas(vm.common, request)
  if (request.gas < intrinsic) {
    return { outcome: 'out-of-gas', output: new Uint8Array(0), failure: 'intrinsic gas too low', gasUsed: request.gas }
  }
  await vm.evm.journal.cleanup()
  for (const address of vm.evm.precompiles.keys()) vm.evm.journal.addAlwaysWarmAddress(address)
  vm.evm.journal.addAlwaysWarmAddress(request.from)
  vm.evm.journal.addAlwaysWarmAddress(header.coinbase.toString())
  if (request.to !== undefined) vm.evm.journal.addAlwaysWarmAddress(request.to)
  for (const { address, storageKeys } of request.accessList) {
    vm.evm.journal.addAlwaysWarmAddress(address)
    for (const key of storageKeys) vm.evm.journal.addAlwaysWarmSlot(address.slice(2), key.slice(2))
  }
  const caller = createAddressFromString(request.from)
  const { execResult } = await vm.evm.runCall({
    block: createBlock({ header: payable(header, request) }, { common: vm.common }),
    caller,
    origin: caller,
    ...(to === undefined ? {} : { to }),
    data: request.data,
    value: request.value,
    gasPrice: request.gasPrice,
    gasLimit: request.gas - intrinsic,
  })
  const spent = intrinsic + execResult.executionGasUsed
  const refundMax = spent / vm.common.param('maxRefundQuotient')
  const refund = execResult.gasRefund ?? 0n
  return {
    outcome: outcomeOf(execResult.exceptionError?.error),
    output: execResult.returnValue,
    failure: execResult.exceptionError?.error,
    gasUsed: spent - (refund < refundMax ? refund : refundMax),
  }
}

/** Who offers no price sees no base fee, or what he calls could tell that its price is below it. */
function payable(header: BlockHeader, { gasPrice }: CallRequest): HeaderData {
  return gasPrice > 0n || header.baseFeePerGas === undefined ? header : { ...header, baseFeePerGas: 0n }
}

/** Gas that a transaction of this shape costs before its first instruction. */
function intrinsicGas(common: Common, { to, data, accessList }: CallRequest): bigint {
  const items = accessList.map(({ address, storageKeys }) => ({ address, storageKeys: [...storageKeys] }))
  const shape = { data, accessList: items, ...(to === undefined ? {} : { to }) }
  return createAccessList2930Tx(shape, { common, allowUnlimitedInitCodeSize: true }).getIntrinsicGas()
}

function outcomeOf(failure: string | undefined): CallResult['outcome'] {
  if (failure === undefined) return 'success'
  if (failure === 'revert') return 'revert'
  return failure === 'out of gas' || failure === 'code store out of gas' ? 'out-of-gas' : 'failure'
}
