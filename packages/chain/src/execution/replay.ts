/** Running again what a block has executed, or a call, under a tracer. */

import { type BlockHeader, createBlock } from '@ethereumjs/block'
import { runTx } from '@ethereumjs/vm'
import type { ChainBlock } from '../block.ts'
import { beginBlock } from './begin-block.ts'
import { runCall } from './call.ts'
import type { CallRequest, TraceConfig } from './port.ts'
import { reportBlock } from './staking-calls.ts'
import { callTracer } from './trace/call-tracer.ts'
import { structTracer } from './trace/struct-tracer.ts'
import { type Tracer, watched } from './trace/tracer.ts'
import type { World } from './world.ts'

/** Traces each transaction of `block`, or only the one at `only`, over the state of `parent`. */
export async function traceBlock(
  world: World,
  parent: ChainBlock,
  { header, transactions, report }: ChainBlock,
  config: TraceConfig,
  only?: number,
): Promise<readonly unknown[]> {
  const block = createBlock({ header }, { common: world.vm.common })
  const traces: unknown[] = []
  await beginBlock(world, header)
  if (report !== undefined) await reportBlock(world, header, parent, report)
  for (const [index, { tx }] of transactions.entries()) {
    if (only !== undefined && index > only) break
    const run = () => runTx(world.vm, { tx, block, skipHardForkValidation: true })
    if (only !== undefined && index < only) {
      await run()
      continue
    }
    const tracer = createTracer(config)
    const { execResult, totalGasSpent } = await watched(world, tracer, config.isOver, run)
    traces.push(
      tracer.result({
        gasLimit: tx.gasLimit,
        gasUsed: totalGasSpent,
        isFailed: execResult.exceptionError !== undefined,
        output: execResult.returnValue,
      }),
    )
  }
  return traces
}

export async function traceCall(
  world: World,
  request: CallRequest,
  header: BlockHeader,
  config: TraceConfig,
): Promise<unknown> {
  const tracer = createTracer(config)
  const { outcome, output, gasUsed } = await watched(world, tracer, config.isOver, () => {
    return runCall(world, request, header)
  })
  return tracer.result({ gasLimit: request.gas, gasUsed, isFailed: outcome !== 'success', output })
}

function createTracer(config: TraceConfig): Tracer {
  return config.kind === 'calls' ? callTracer(config) : structTracer(config)
}
