/** Methods that run the EVM: eth_call, eth_estimateGas and eth_createAccessList. */

import { minBig } from '@millrace/base'
import { OverrideError, overrideHeader } from '../execution/overrides.ts'
import { SimulationError, simulationGasMax } from '../execution/simulation/request.ts'
import { ExecutionTimeout, failureOf } from '../execution/trace/tracer.ts'
import { hexOf, quantity } from '../hex.ts'
import { callError } from './call-error.ts'
import { blockOverrides, callRequest, stateOverrides } from './call-params.ts'
import { callHeader, localState, type Methods, needBlock, patience, type ReadContext } from './context.ts'
import { RpcError, rpcCodes } from './errors.ts'
import { checkFunds, estimate, type PreparedCall } from './estimate.ts'
import { blockReference, fieldsOf } from './params.ts'

export function callMethods(context: ReadContext): Methods {
  return {
    async eth_call([value, at, overrides, blockFields]) {
      const { state, request, callContext } = await prepareCall(context, value, at ?? 'latest', overrides, blockFields)
      const result = await asked(state.call(request, callContext))
      if (result.outcome !== 'success') throw callError(result)
      return hexOf(result.output)
    },
    // Without a block the next one: on a chain that makes blocks on demand, the latest may be hours old.
    async eth_estimateGas([value, at, overrides, blockFields]) {
      const call = await prepareCall(context, value, at ?? 'pending', overrides, blockFields)
      return quantity(await asked(estimate(call, patience(context))))
    },
    async eth_createAccessList([value, at, overrides]) {
      const { state, request, callContext } = await prepareCall(context, value, at ?? 'latest', overrides, undefined)
      const { result, accessList } = await asked(state.accessList(request, callContext))
      const { outcome, failure } = result
      const error = outcome === 'success' ? {} : { error: failureOf(failure ?? outcome) }
      return { accessList, gasUsed: quantity(result.gasUsed), ...error }
    },
  }
}

/**
 * A call with what it runs on.
 *
 * @throws RpcError when a parameter is wrong, the block is not there, or the caller has less than he sends
 */
export async function prepareCall(
  context: ReadContext,
  value: unknown,
  at: unknown,
  overrides: unknown,
  blockFields: unknown,
): Promise<PreparedCall> {
  const reference = blockReference(at, 'block')
  const block = needBlock(context, reference)
  const header = overrideHeader(callHeader(context, reference, block), blockOverrides(blockFields))
  // An override may raise the block's limit, and a precompile's numbers grow with the gas: single operations then take seconds.
  const request = callRequest(fieldsOf(value, 'call'), minBig(header.gasLimit, simulationGasMax))
  const callContext = { header, overrides: stateOverrides(overrides), isOver: patience(context) }
  const state = localState(context, block)
  return { state, request, callContext, balance: await checkFunds(state, request, callContext) }
}

/** What is the caller's fault as the error that he gets: overrides that contradict, work without end. */
export async function asked<T>(run: Promise<T>): Promise<T> {
  try {
    return await run
  } catch (thrown) {
    if (thrown instanceof SimulationError) throw new RpcError(thrown.code, thrown.message)
    if (thrown instanceof OverrideError || thrown instanceof ExecutionTimeout) {
      throw new RpcError(rpcCodes.server, thrown.message)
    }
    throw thrown
  }
}
