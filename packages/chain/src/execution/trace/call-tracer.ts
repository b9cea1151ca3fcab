/** geth's callTracer: the tree of calls that a transaction makes. */

import type { EVMResult, InterpreterStep, Message } from '@ethereumjs/evm'
import type { Hex } from 'viem'
import { fixedBytes, hexOf, quantity } from '../../hex.ts'
import type { CallTraceConfig } from '../port.ts'
import { addressOf, failureOf, memorySlice, type Tracer } from './tracer.ts'

interface CallFrame {
  readonly type: string
  readonly from: Hex
  to?: Hex
  value?: Hex
  gas: Hex
  gasUsed: Hex
  readonly input: Hex
  output?: Hex
  error?: string
  calls?: CallFrame[]
  logs?: CallLog[]
}

interface CallLog {
  readonly address: Hex
  readonly topics: readonly Hex[]
  readonly data: Hex
  /** Calls of the frame that were made before it. */
  readonly position: Hex
}

export function callTracer({ isTopOnly, hasLogs }: CallTraceConfig): Tracer {
  const open: CallFrame[] = []
  /** The last instruction of each open frame: it tells what kind of call the next frame is. */
  const opcodes: string[] = []
  let root: CallFrame | undefined

  return {
    onStep(step) {
      opcodes[opcodes.length - 1] = step.opcode.name
      const frame = open.at(-1)
      if (frame === undefined || (isTopOnly && open.length > 1)) return
      if (hasLogs && step.opcode.code >= log0 && step.opcode.code <= log0 + 4) addLog(frame, step)
      if (step.opcode.code === selfdestruct && !isTopOnly) addCall(frame, selfdestructFrame(step))
    },
    onEnter(message) {
      const frame = frameOf(message, opcodes.at(-1), open.at(-1))
      const parent = open.at(-1)
      if (parent === undefined) root = frame
      else if (!isTopOnly) addCall(parent, frame)
      open.push(frame)
      opcodes.push('')
    },
    onExit(result) {
      opcodes.pop()
      const frame = open.pop()
      if (frame !== undefined) close(frame, result)
    },
    result({ gasLimit, gasUsed }) {
      // The first frame has only what the transaction's own costs left to it; what is shown is the transaction's.
      return root === undefined ? undefined : { ...root, gas: quantity(gasLimit), gasUsed: quantity(gasUsed) }
    },
  }
}

const log0 = 0xa0
const selfdestruct = 0xff

function frameOf(message: Message, opcode: string | undefined, parent: CallFrame | undefined): CallFrame {
  const isCreate = message.to === undefined
  const type = opcode === undefined || opcode === '' ? (isCreate ? 'CREATE' : 'CALL') : opcode
  const isBorrowed = type === 'DELEGATECALL' || type === 'CALLCODE'
  const self = message.to?.toString()
  const to = isBorrowed ? message.codeAddress.toString() : self
  const value = type === 'DELEGATECALL' ? parent?.value : quantity(message.value)
  return {
    type,
    from: isBorrowed && self !== undefined ? self : message.caller.toString(),
    ...(to === undefined ? {} : { to }),
    ...(type === 'STATICCALL' || value === undefined ? {} : { value }),
    gas: quantity(message.gasLimit),
    gasUsed: '0x0',
    input: hexOf(message.data),
  }
}

function close(frame: CallFrame, { execResult, createdAddress }: EVMResult): void {
  frame.gasUsed = quantity(execResult.executionGasUsed)
  const error = execResult.exceptionError?.error
  if (error !== undefined) {
    frame.error = failureOf(error)
    // What failed has logged nothing.
    delete frame.logs
  } else if (createdAddress !== undefined) frame.to = createdAddress.toString()
  if (execResult.returnValue.length > 0) frame.output = hexOf(execResult.returnValue)
}

function addCall(parent: CallFrame, call: CallFrame): void {
  parent.calls = [...(parent.calls ?? []), call]
}

function addLog(frame: CallFrame, { opcode, stack, memory, address }: InterpreterStep): void {
  const [offset = 0n, length = 0n, ...topics] = [...stack].reverse().slice(0, 2 + opcode.code - log0)
  const log: CallLog = {
    address: address.toString(),
    topics: topics.map((topic) => hexOf(fixedBytes(topic, 32))),
    data: length > BigInt(logBytesMax) ? '0x' : hexOf(memorySlice(memory, offset, length)),
    position: quantity(frame.calls?.length ?? 0),
  }
  frame.logs = [...(frame.logs ?? []), log]
}

/** No gas pays for more: such a log runs out of it. */
const logBytesMax = 4_194_304

function selfdestructFrame({ address, stack, account }: InterpreterStep): CallFrame {
  return {
    type: 'SELFDESTRUCT',
    from: address.toString(),
    to: addressOf(stack.at(-1) ?? 0n),
    value: quantity(account.balance),
    gas: '0x0',
    gasUsed: '0x0',
    input: '0x',
  }
}
