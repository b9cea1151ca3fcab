/** debug_trace: transactions, blocks and calls run again under geth's struct logger or its callTracer. */

import { messageOf } from '@millrace/base'
import type { ChainBlock } from '../block.ts'
import type { CallTraceConfig, StepTraceConfig } from '../execution/port.ts'
import { blockBytesMax, placeBlock } from './block-bytes.ts'
import { asked, prepareCall } from './call-methods.ts'
import { findBlock, localState, type Methods, patience, type ReadContext } from './context.ts'
import { invalidParams, RpcError, rpcCodes } from './errors.ts'
import { type BlockReference, blockReference, bytes, fieldsOf, flag, hash } from './params.ts'

/** Records of one transaction: each holds a stack of up to 1024 words. */
const stepsMax = 50_000

export function traceMethods(context: ReadContext): Methods {
  const { chain } = context
  const parentState = ({ number }: ChainBlock) => {
    const parent = number === 0 ? undefined : findBlock(context, { kind: 'number', number: number - 1 })
    if (parent === undefined) throw new RpcError(rpcCodes.server, 'genesis is not traceable')
    return localState(context, parent)
  }
  const traceWhole = async (reference: BlockReference, config: unknown) => {
    const wanted = { ...traceConfig(config), isOver: patience(context) }
    const block = findBlock(context, reference)
    if (block === undefined) throw new RpcError(rpcCodes.server, 'block not found')
    return byTransaction(block, await asked(parentState(block).traceBlock(block, wanted)))
  }
  return {
    async debug_traceBlock([value, config]) {
      const wanted = { ...traceConfig(config), isOver: patience(context) }
      const { block, parent } = await placeBlock(context, bytes(value, 'block', blockBytesMax))
      const running = asked(localState(context, parent).traceBlock(block, wanted))
      return byTransaction(block, await running.catch(untraceable))
    },
    debug_traceBlockByNumber: ([reference, config]) => traceWhole(blockReference(reference, 'block'), config),
    debug_traceBlockByHash: ([value, config]) => traceWhole({ kind: 'hash', hash: hash(value, 'block hash') }, config),
    async debug_traceTransaction([value, config]) {
      const wanted = { ...traceConfig(config), isOver: patience(context) }
      const place = chain.blocks.transaction(hash(value, 'transaction hash'))
      if (place === undefined) throw new RpcError(rpcCodes.server, 'transaction not found')
      const [trace] = await asked(parentState(place.block).traceBlock(place.block, wanted, place.index))
      return trace
    },
    async debug_traceCall([value, at, config]) {
      const wanted = { ...traceConfig(config), isOver: patience(context) }
      const { stateOverrides, blockOverrides, txIndex } = fieldsOf(config ?? {}, 'trace config')
      if (txIndex !== undefined && txIndex !== null) throw invalidParams('txIndex: not supported; expected none')
      const call = await prepareCall(context, value, at ?? 'latest', stateOverrides, blockOverrides)
      return asked(call.state.traceCall(call.request, call.callContext, wanted))
    },
  }
}

function byTransaction({ transactions }: ChainBlock, traces: readonly unknown[]) {
  return traces.map((result, index) => ({ txHash: transactions[index]?.hash, result }))
}

/** A block that never was may hold transactions that no block can: @ethereumjs refuses them with sentences of its own. */
function untraceable(thrown: unknown): never {
  if (thrown instanceof RpcError) throw thrown
  throw new RpcError(rpcCodes.server, `tracing failed: ${messageOf(thrown).slice(0, 300)}`)
}

function traceConfig(value: unknown): StepTraceConfig | CallTraceConfig {
  const fields = fieldsOf(value ?? {}, 'trace config')
  const isSet = (name: string, source = fields) => flag(source[name] ?? undefined, name)
  if (fields.tracer === 'callTracer') {
    const options = fieldsOf(fields.tracerConfig ?? {}, 'tracerConfig')
    return { kind: 'calls', isTopOnly: isSet('onlyTopCall', options), hasLogs: isSet('withLog', options) }
  }
  if (fields.tracer !== undefined && fields.tracer !== null && fields.tracer !== '') {
    throw invalidParams('tracer: expected callTracer, or none for the struct logger')
  }
  return {
    kind: 'steps',
    hasStack: !isSet('disableStack'),
    hasMemory: isSet('enableMemory'),
    hasStorage: !isSet('disableStorage'),
    hasReturnData: isSet('enableReturnData'),
    stepsMax: stepLimit(fields.limit),
  }
}

function stepLimit(value: unknown): number {
  if (value === undefined || value === null || value === 0) return stepsMax
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return Math.min(value, stepsMax)
  throw invalidParams('limit: expected a count of steps, 0 for the most')
}
