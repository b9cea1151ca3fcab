/** eth_simulateV1: calls in blocks that never were. */

import {
  type CallOutcome,
  type SimulatedBlock,
  type SimulatedCall,
  type SimulationStep,
  simulationBlocksMax,
  simulationCodes,
} from '../execution/simulation/request.ts'
import { failureOf } from '../execution/trace/tracer.ts'
import { hexOf, quantity } from '../hex.ts'
import { revertError } from './call-error.ts'
import { asked } from './call-methods.ts'
import { blockOverrides, callRequest, stateOverrides } from './call-params.ts'
import { localState, type Methods, needBlock, patience, type ReadContext } from './context.ts'
import { invalidParams } from './errors.ts'
import { blockReference, fieldsOf, flag, listOf, optionalQuantity } from './params.ts'
import { blockView, type Json, logView } from './views.ts'

/** Calls of one simulated block. */
const callsMax = 1000
/** A call without gas takes what is left: this only bounds what it may name. */
const gasMax = 2n ** 63n - 1n

export function simulateMethods(context: ReadContext): Methods {
  const { chain } = context
  return {
    async eth_simulateV1([value, at]) {
      const fields = fieldsOf(value, 'simulation')
      const steps = listOf(fields.blockStateCalls, 'blockStateCalls', simulationBlocksMax).map(stepOf)
      if (steps.length === 0) throw invalidParams('blockStateCalls: expected at least one')
      const isFull = flag(fields.returnFullTransactions ?? undefined, 'returnFullTransactions')
      const request = {
        blocks: steps,
        isValidated: flag(fields.validation ?? undefined, 'validation'),
        hasTransfers: flag(fields.traceTransfers ?? undefined, 'traceTransfers'),
        floor: chain.floor,
        isOver: patience(context),
      }
      const base = needBlock(context, blockReference(at, 'block'))
      const blocks = await asked(localState(context, base).simulate(request))
      return blocks.map((simulated) => ({ ...blockView(simulated.block, isFull), calls: callViews(simulated) }))
    },
  }
}

function stepOf(value: unknown): SimulationStep {
  const fields = fieldsOf(value, 'block')
  return {
    block: blockOverrides(fields.blockOverrides),
    state: stateOverrides(fields.stateOverrides),
    calls: listOf(fields.calls ?? [], 'calls', callsMax).map(callOf),
  }
}

function callOf(value: unknown): SimulatedCall {
  const fields = fieldsOf(value, 'call')
  const { gas: _settled, gasPrice, ...call } = callRequest(fields, gasMax)
  const nonce = optionalQuantity(fields.nonce, 'nonce')
  if (nonce !== undefined && nonce >= 2n ** 64n) throw invalidParams('nonce: expected a quantity below 2^64')
  const tip = optionalQuantity(fields.maxPriorityFeePerGas, 'maxPriorityFeePerGas')
  return {
    ...call,
    gas: optionalQuantity(fields.gas, 'gas'),
    nonce,
    maxFeePerGas: gasPrice,
    // A gas price is both; with a cap and no tip there is none.
    maxPriorityFeePerGas: tip ?? (fields.maxFeePerGas === undefined ? gasPrice : 0n),
  }
}

function callViews({ block, calls }: SimulatedBlock): readonly Json[] {
  return calls.map((call, index) => ({
    returnData: call.failure === undefined ? hexOf(call.output) : '0x',
    logs: call.logs.map(({ index: position, ...log }) => logView(block, index, position, log)),
    gasUsed: quantity(call.gasUsed),
    maxUsedGas: quantity(call.gasUsedMost),
    status: call.failure === undefined ? '0x1' : '0x0',
    ...failureView(call),
  }))
}

function failureView({ failure, output }: CallOutcome): Json {
  if (failure === undefined) return {}
  if (failure !== 'revert') return { error: { code: simulationCodes.failure, message: failureOf(failure) } }
  const { code, message, data } = revertError(output)
  return { error: { code, message, data } }
}
