/** Message calls that change nothing: eth_call and the trial runs of eth_estimateGas. */

import { type BlockHeader, createBlock, type HeaderData } from '@ethereumjs/block'
import type { Common } from '@ethereumjs/common'
import { getActivePrecompiles } from '@ethereumjs/evm'
import { createAccessList2930Tx, createLegacyTx, getCalldataFloorGas } from '@ethereumjs/tx'
import { createAddressFromString } from '@ethereumjs/util'
import { maxBig, minBig } from '@millrace/base'
import type { CallRequest, CallResult } from './port.ts'
import type { World } from './world.ts'

export interface CallOptions {
  /** Leaves what the call touches in the journal's access list. */
  readonly reportsAccess?: boolean
}

/** Runs `request` as the top of a transaction in `header`'s block, intrinsic gas included. The world is used up. */
export async function runCall(
  world: World,
  request: CallRequest,
  header: BlockHeader,
  { reportsAccess = false }: CallOptions = {},
): Promise<CallResult> {
  const { vm } = world
  const to = request.to === undefined ? undefined : createAddressFromString(request.to)
  const costs = gasCosts(vm.common, request)
  if (request.gas < maxBig(costs.intrinsic, costs.floor)) {
    return { outcome: 'out-of-gas', output: new Uint8Array(0), failure: 'intrinsic gas too low', gasUsed: request.gas }
  }
  await vm.evm.journal.cleanup()
  if (reportsAccess) vm.evm.journal.startReportingAccessList()
  warmUp(world, request, header)
  const caller = createAddressFromString(request.from)
  const { execResult } = await vm.evm.runCall({
    block: createBlock({ header: payable(header, request) }, { common: vm.common }),
    caller,
    origin: caller,
    ...(to === undefined ? {} : { to }),
    data: request.data,
    value: request.value,
    gasPrice: request.gasPrice,
    gasLimit: request.gas - costs.intrinsic,
  })
  return {
    outcome: outcomeOf(execResult.exceptionError?.error),
    output: execResult.returnValue,
    failure: execResult.exceptionError?.error,
    gasUsed: gasSpent(vm.common, costs, costs.intrinsic + execResult.executionGasUsed, execResult.gasRefund ?? 0n),
  }
}

/** What EIP-2929 and its followers make warm before the first instruction. */
export function warmUp({ vm }: World, { from, to, accessList }: CallRequest, header: BlockHeader): void {
  const { journal } = vm.evm
  if (!vm.common.isActivatedEIP(2929)) return
  // Those of the fork: one that an override has moved is warm where it was.
  for (const address of getActivePrecompiles(vm.common).keys()) journal.addAlwaysWarmAddress(address)
  journal.addAlwaysWarmAddress(from)
  if (vm.common.isActivatedEIP(3651)) journal.addAlwaysWarmAddress(header.coinbase.toString())
  if (to !== undefined) journal.addAlwaysWarmAddress(to)
  for (const { address, storageKeys } of accessList) {
    journal.addAlwaysWarmAddress(address, true)
    for (const key of storageKeys) journal.addAlwaysWarmSlot(address.slice(2), key.slice(2), true)
  }
}

/** What a transaction pays for: refunds deducted, but never below the floor that its data sets (EIP-7623). */
export function gasSpent(common: Common, { floor }: GasCosts, used: bigint, refund: bigint): bigint {
  return maxBig(used - minBig(refund, used / common.param('maxRefundQuotient')), floor)
}

/** Who offers no price sees no base fee, or what he calls could tell that its price is below it. */
function payable(header: BlockHeader, { gasPrice }: CallRequest): HeaderData {
  return gasPrice > 0n || header.baseFeePerGas === undefined ? header : { ...header, baseFeePerGas: 0n }
}

export interface GasCosts {
  /** Taken before the first instruction. */
  readonly intrinsic: bigint
  /** The least that is paid in the end (EIP-7623); zero before Prague. */
  readonly floor: bigint
}

export function gasCosts(common: Common, { from, to, data, accessList }: CallRequest): GasCosts {
  const shape = { data, ...(to === undefined ? {} : { to }) }
  const options = { common, allowUnlimitedInitCodeSize: true }
  const items = accessList.map(({ address, storageKeys }) => ({ address, storageKeys: [...storageKeys] }))
  // Forks before Berlin know no lists; without one both kinds cost the same.
  const tx =
    items.length === 0
      ? createLegacyTx(shape, options)
      : createAccessList2930Tx({ ...shape, accessList: items }, options)
  return { intrinsic: tx.getIntrinsicGas(), floor: getCalldataFloorGas(tx, createAddressFromString(from)) }
}

export function outcomeOf(failure: string | undefined): CallResult['outcome'] {
  if (failure === undefined) return 'success'
  if (failure === 'revert') return 'revert'
  return failure === 'out of gas' || failure === 'code store out of gas' ? 'out-of-gas' : 'failure'
}
