/** The logs of a simulated call in the order in which they come about, transfers of the native money among them. */

import type { EVMResult, InterpreterStep, Message } from '@ethereumjs/evm'
import { toHex } from 'viem'
import { fixedBytes, hexOf } from '../../hex.ts'
import { addressOf, memorySlice, type Tracer } from '../trace/tracer.ts'
import { type SimulatedLog, transferAddress } from './request.ts'

export interface LogTracer extends Tracer {
  /** What has been logged and not reverted since the last time it was asked. */
  take(): readonly SimulatedLog[]
}

/** One for each block: indices count over it, and what is reverted has counted too. */
export function logTracer(hasTransfers: boolean): LogTracer {
  const frames: (() => SimulatedLog)[][] = []
  let done: readonly (() => SimulatedLog)[] = []
  let count = 0

  const transfer = (from: string, to: () => string, value: bigint): void => {
    if (!hasTransfers || value === 0n) return
    const index = count++
    frames.at(-1)?.push(() => ({
      address: transferAddress,
      topics: [transferTopic, hexOf(fixedBytes(BigInt(from), 32)), hexOf(fixedBytes(BigInt(to()), 32))],
      data: toHex(value, { size: 32 }),
      index,
    }))
  }

  return {
    onStep(step) {
      const { code } = step.opcode
      if (code >= log0 && code <= log0 + 4) {
        const index = count++
        const log = { ...loggedBy(step), index }
        frames.at(-1)?.push(() => log)
      } else if (code === selfdestruct) {
        const to = addressOf(step.stack.at(-1) ?? 0n)
        transfer(step.address.toString(), () => to, step.account.balance)
      }
    },
    onEnter(message: Message) {
      frames.push([])
      // The address of a contract that is being made is known once it has been.
      if (!message.delegatecall)
        transfer(message.caller.toString(), () => message.to?.toString() ?? '0x0', message.value)
    },
    onExit({ execResult }: EVMResult) {
      const logs = execResult.exceptionError === undefined ? (frames.pop() ?? []) : []
      if (execResult.exceptionError !== undefined) frames.pop()
      const parent = frames.at(-1)
      if (parent === undefined) done = logs
      else parent.push(...logs)
    },
    take() {
      const logs = done.map((log) => log())
      done = []
      return logs
    },
    result: () => undefined,
  }
}

/** Transfer(address,address,uint256) */
const transferTopic = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'
const log0 = 0xa0
const selfdestruct = 0xff
/** No gas pays for more: such a log runs out of it, and its frame is reverted. */
const logBytesMax = 4_194_304n

function loggedBy({ opcode, stack, memory, address }: InterpreterStep): Omit<SimulatedLog, 'index'> {
  const [offset = 0n, length = 0n, ...topics] = [...stack].reverse().slice(0, 2 + opcode.code - log0)
  return {
    address: address.toString(),
    topics: topics.map((topic) => hexOf(fixedBytes(topic, 32))),
    data: length > logBytesMax ? '0x' : hexOf(memorySlice(memory, offset, length)),
  }
}
