/**
 * The code of one message, from its environment to its result: what `runInterpreter` of @ethereumjs does, with memory that is
 * used again and without the copies that only its debugger reads.
 */

import { EVMError, type Message } from '@ethereumjs/evm'
import { Account, createZeroAddress } from '@ethereumjs/util'
import {
  type ExecResult,
  emptyStack,
  type InsideEvm,
  type Interpreter,
  interpreterWith,
  type MessageOptions,
  memoryOn,
  type RunState,
} from './inside.ts'
import type { MemoryPool } from './memory-pool.ts'

/** Runs code to its end on an opened frame; undefined where it ended well. */
export type RunCode = (evm: InsideEvm, state: RunState, code: Uint8Array) => Promise<EVMError | undefined>

const { errorMessages } = EVMError
const nothing = new Uint8Array(0)

export async function runMessage(
  evm: InsideEvm,
  message: Message,
  { initialLogs = [] }: MessageOptions,
  memories: MemoryPool,
  run: RunCode,
): Promise<ExecResult> {
  const contract = await evm.stateManager.getAccount(message.to ?? createZeroAddress())
  const memory = memories.take()
  const env = environment(evm, message, contract ?? new Account())
  const { state, result } = openInterpreter(evm, env, message, memory)
  result.logs = [...initialLogs]
  // Theirs, too, keeps nothing of a frame that a bug has ended.
  const failure = await run(evm, state, message.code as Uint8Array) // code, where it is not a precompile's
  memories.give(memory)
  const { gasLeft, gasRefund, stateGasSpilled } = state
  const spendsAll = failure !== undefined && failure.error !== errorMessages.REVERT
  return {
    ...result,
    ...(failure === undefined ? {} : failed(failure)),
    gas: gasLeft,
    executionGasUsed: spendsAll ? message.gasLimit : message.gasLimit - gasLeft,
    gasRefund,
    stateGasSpilled,
    returnValue: result.returnValue ?? nothing,
  }
}

function failed(exceptionError: EVMError): Partial<ExecResult> {
  return { logs: [], selfdestruct: new Map(), createdAddresses: new Set(), exceptionError }
}

function environment(evm: InsideEvm, message: Message, contract: Account): RunState['env'] {
  const { depth, isStatic, codeAddress, createdAddresses, gasRefund } = message
  return {
    address: message.to ?? createZeroAddress(),
    caller: message.caller,
    callData: message.data,
    callValue: message.value,
    code: message.code as Uint8Array, // as above
    isStatic,
    isCreate: message.isCreate ?? false,
    depth,
    gasPrice: evm._tx.gasPrice,
    origin: evm._tx.origin ?? message.caller,
    block: evm._block,
    contract,
    codeAddress,
    gasRefund,
    blobVersionedHashes: message.blobVersionedHashes ?? [],
    ...(createdAddresses === undefined ? {} : { createdAddresses }),
  }
}

function openInterpreter(evm: InsideEvm, env: RunState['env'], message: Message, memory: Uint8Array) {
  const result: Interpreter['_result'] = {
    logs: [],
    selfdestruct: message.selfdestruct ?? new Map(),
    ...(message.createdAddresses === undefined ? {} : { createdAddresses: message.createdAddresses }),
  }
  const interpreter = interpreterWith({
    opDebuggers: {},
    _evm: evm,
    _stateManager: evm.stateManager,
    common: evm.common,
    journal: evm.journal,
    _env: env,
    _result: result,
    profilerOpts: evm._optsCached.profiler,
    performanceLogger: evm.performanceLogger,
  })
  const state: RunState = {
    programCounter: 0,
    opCode: 0xfe,
    memory: memoryOn(memory),
    memoryWordCount: 0n,
    highestMemCost: 0n,
    stack: emptyStack(),
    code: nothing,
    validJumps: nothing,
    cachedPushes: {},
    stateManager: evm.stateManager,
    blockchain: evm.blockchain,
    env,
    shouldDoJumpAnalysis: true,
    interpreter,
    gasRefund: env.gasRefund,
    gasLeft: message.gasLimit,
    stateGasSpilled: 0n,
    returnBytes: nothing,
  }
  Object.assign(interpreter, { _runState: state })
  return { state, result }
}
