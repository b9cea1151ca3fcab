/** geth's struct logger: one record an instruction, with stack, memory and the storage touched so far. */

import type { EVMResult, InterpreterStep, Message } from '@ethereumjs/evm'
import type { Hex } from 'viem'
import { fixedBytes, hexOf, quantity } from '../../hex.ts'
import type { StepTraceConfig } from '../port.ts'
import { failureOf, type Tracer } from './tracer.ts'

interface StructLog {
  readonly pc: number
  readonly op: string
  readonly gas: number
  gasCost: number
  readonly depth: number
  error?: string
  readonly stack?: readonly Hex[]
  readonly returnData?: Hex
  readonly memory?: readonly Hex[]
  readonly storage?: Readonly<Record<Hex, Hex>>
  readonly refund?: number
}

/** What a frame knows while it runs. */
interface Frame {
  last: StructLog | undefined
  returned: Uint8Array
}

export function structTracer(config: StepTraceConfig): Tracer {
  const logs: StructLog[] = []
  const frames: Frame[] = []
  const touched = new Map<string, Record<Hex, Hex>>()

  const storageAt = async (step: InterpreterStep): Promise<Record<Hex, Hex> | undefined> => {
    const { code } = step.opcode
    const top = step.stack.at(-1)
    if ((code !== sload && code !== sstore) || top === undefined) return undefined
    const slot = fixedBytes(top, 32)
    const value = code === sstore ? step.stack.at(-2) : undefined
    const address = step.address.toString()
    const known = touched.get(address) ?? {}
    touched.set(address, known)
    known[hexOf(slot)] =
      value === undefined
        ? wordOf(await step.stateManager.getStorage(step.address, slot))
        : hexOf(fixedBytes(value, 32))
    return { ...known }
  }

  return {
    async onStep(step) {
      if (logs.length >= config.stepsMax) return
      const frame = frames.at(-1)
      const storage = config.hasStorage ? await storageAt(step) : undefined
      const returned = frame?.returned ?? nothing
      const log: StructLog = {
        pc: step.pc,
        op: step.opcode.name,
        gas: Number(step.gasLeft),
        gasCost: Number(step.opcode.dynamicFee ?? step.opcode.fee),
        depth: step.depth + 1,
        ...(config.hasStack ? { stack: step.stack.map(quantity) } : {}),
        ...(config.hasReturnData && returned.length > 0 ? { returnData: hexOf(returned) } : {}),
        ...(config.hasMemory && step.memory.length > 0 ? { memory: words(step.memory) } : {}),
        ...(storage === undefined ? {} : { storage }),
        ...(step.gasRefund > 0n ? { refund: Number(step.gasRefund) } : {}),
      }
      logs.push(log)
      if (frame !== undefined) frame.last = log
    },
    onEnter(message) {
      const caller = frames.at(-1)?.last
      // geth's cost of a call holds the gas that goes along, but not what the callee gets on top for a transfer.
      if (caller !== undefined && callCodes.has(caller.op)) caller.gasCost += Number(givenGas(message, caller.op))
      frames.push({ last: undefined, returned: nothing })
    },
    onExit({ execResult }: EVMResult) {
      const frame = frames.pop()
      const error = execResult.exceptionError?.error
      if (frame?.last !== undefined && error !== undefined && error !== 'revert') frame.last.error = failureOf(error)
      if (error === undefined && frame?.last !== undefined && logs.length < config.stepsMax) {
        const stop = endOfCode(execResult, frame.last, config)
        if (stop !== undefined) logs.push(stop)
      }
      const caller = frames.at(-1)
      if (caller !== undefined) caller.returned = execResult.returnValue
    },
    result: ({ gasUsed, isFailed, output }) => ({
      gas: Number(gasUsed),
      failed: isFailed,
      returnValue: hexOf(output),
      structLogs: logs,
    }),
  }
}

/** Code that just ends, ends as if with STOP: geth shows that instruction, @ethereumjs does not run it. */
function endOfCode(
  { runState }: EVMResult['execResult'],
  last: StructLog,
  config: StepTraceConfig,
): StructLog | undefined {
  if (runState === undefined || endings.has(last.op) || runState.programCounter < runState.code.length) return undefined
  return {
    pc: runState.programCounter,
    op: 'STOP',
    gas: Number(runState.gasLeft),
    gasCost: 0,
    depth: last.depth,
    ...(config.hasStack ? { stack: runState.stack.getStack().map(quantity) } : {}),
  }
}

const endings: ReadonlySet<string> = new Set(['STOP', 'RETURN', 'REVERT', 'SELFDESTRUCT', 'INVALID'])
const sload = 0x54
const sstore = 0x55
const stipend = 2300n
const nothing = new Uint8Array(0)
const callCodes: ReadonlySet<string> = new Set(['CALL', 'CALLCODE', 'DELEGATECALL', 'STATICCALL'])

function givenGas({ gasLimit, value }: Message, op: string): bigint {
  return (op === 'CALL' || op === 'CALLCODE') && value > 0n ? gasLimit - stipend : gasLimit
}

function wordOf(value: Uint8Array): Hex {
  const word = new Uint8Array(32)
  word.set(value, 32 - value.length)
  return hexOf(word)
}

function words(memory: Uint8Array): readonly Hex[] {
  return Array.from({ length: memory.length / 32 }, (_item, i) => hexOf(memory.subarray(i * 32, i * 32 + 32)))
}
