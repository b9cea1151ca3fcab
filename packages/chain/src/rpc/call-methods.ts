/** Methods that run the EVM: eth_call, eth_estimateGas and eth_createAccessList. */

import { OverrideError, overrideHeader } from '../execution/overrides.ts'
import type { CallContext, CallRequest, StateView } from '../execution/port.ts'
import { failureOf } from '../execution/trace/tracer.ts'
import { hexOf, quantity } from '../hex.ts'
import { callError } from './call-error.ts'
import { blockOverrides, callRequest, stateOverrides } from './call-params.ts'
import { callHeader, type Methods, needBlock, type RpcContext } from './context.ts'
import { RpcError, rpcCodes } from './errors.ts'
import { checkFunds, estimate } from './estimate.ts'
import { blockReference, fieldsOf } from './params.ts'

export function callMethods(context: RpcContext): Methods {
  return {
    async eth_call([value, at, overrides, blockFields]) {
      const { state, request, callContext } = prepareCall(context, value, at ?? 'latest', overrides, blockFields)
      await checkFunds(state, request, callContext)
      const result = await overridden(state.call(request, callContext))
      if (result.outcome !== 'success') throw callError(result)
      return hexOf(result.output)
    },
    // Without a block the next one: on a chain that makes blocks on demand, the latest may be hours old.
    async eth_estimateGas([value, at, overrides, blockFields]) {
      const { state, request, callContext } = prepareCall(context, value, at ?? 'pending', overrides, blockFields)
      return quantity(await overridden(estimate(state, callContext, request)))
    },
    async eth_createAccessList([value, at, overrides]) {
      const { state, request, callContext } = prepareCall(context, value, at ?? 'latest', overrides, undefined)
      const { result, accessList } = await overridden(state.accessList(request, callContext))
      const { outcome, failure } = result
      const error = outcome === 'success' ? {} : { error: failureOf(failure ?? outcome) }
      return { accessList, gasUsed: quantity(result.gasUsed), ...error }
    },
  }
}

/** The state a call runs on, the call, and the header and overrides it sees. */
export function prepareCall(
  context: RpcContext,
  value: unknown,
  at: unknown,
  overrides: unknown,
  blockFields: unknown,
): { readonly state: StateView; readonly request: CallRequest; readonly callContext: CallContext } {
  const reference = blockReference(at, 'block')
  const block = needBlock(context, reference)
  const header = overrideHeader(callHeader(context, reference, block), blockOverrides(blockFields))
  const request = callRequest(fieldsOf(value, 'call'), header.gasLimit)
  return {
    state: context.chain.engine.state(block),
    request,
    callContext: { header, overrides: stateOverrides(overrides) },
  }
}

/** Contradicting overrides as the caller's fault. */
export async function overridden<T>(run: Promise<T>): Promise<T> {
  try {
    return await run
  } catch (thrown) {
    if (thrown instanceof OverrideError) throw new RpcError(rpcCodes.server, thrown.message)
    throw thrown
  }
}
