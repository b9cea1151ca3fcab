/**
 * Opening and closing a frame around its code. That of @ethereumjs copies its whole environment into the result, which costs
 * more than a short call's instructions; nothing reads the copy.
 */

import { type EVM, EVMError, type EVMOpts, type ExecResult, type Message } from '@ethereumjs/evm'
import { Account, createZeroAddress } from '@ethereumjs/util'

type CustomOpcode = NonNullable<EVMOpts['customOpcodes']>[number]
export type RunState = Parameters<Extract<CustomOpcode, { logicFunction: unknown }>['logicFunction']>[0]
export type Interpreter = RunState['interpreter']
type Environment = Interpreter['_env']

/** What the EVM keeps to itself, as it is in 10.1.3. */
export interface InsideEvm extends Pick<EVM, 'stateManager' | 'blockchain' | 'journal' | 'common'> {
  readonly _tx?: { readonly gasPrice: bigint; readonly origin?: Environment['origin'] }
  readonly _block?: Environment['block']
  readonly performanceLogger: unknown
  runInterpreter(message: Message, options?: { initialLogs?: Environment['initialLogs'] }): Promise<ExecResult>
}

export type OpenInterpreter = (evm: InsideEvm, env: Environment, gasLeft: bigint) => Interpreter

const noOutput = new Uint8Array(0)
/** As much memory as most frames need; that of @ethereumjs begins with 8 KiB, which keeps the collector busy. */
const memoryBytes = 512

/**
 * Makes interpreters of the template's class without its constructor, field by field as 10.1.3 has them, with little memory.
 */
export function interpreterLike(template: Interpreter): OpenInterpreter {
  const prototype: object = Object.getPrototypeOf(template)
  const { stack, memory } = (template as unknown as { readonly _runState: RunState })._runState // hidden, but there
  const newStack = stack.constructor as new () => RunState['stack'] // the class that made it
  const memoryPrototype: object = Object.getPrototypeOf(memory)
  return (evm, env, gasLeft) => {
    const { stateManager, blockchain, journal, performanceLogger, common } = evm
    const interpreter: Interpreter = Object.create(prototype)
    const ownMemory = Object.assign(Object.create(memoryPrototype), { _store: new Uint8Array(memoryBytes) })
    const counts = { programCounter: 0, opCode: 0xfe, memoryWordCount: 0n, highestMemCost: 0n, stateGasSpilled: 0n }
    const code = { code: noOutput, validJumps: noOutput, cachedPushes: {}, shouldDoJumpAnalysis: true }
    return Object.assign(interpreter, {
      opDebuggers: {},
      _evm: evm,
      _stateManager: stateManager,
      common,
      _runState: {
        ...counts,
        ...code,
        memory: ownMemory,
        stack: new newStack(),
        stateManager,
        blockchain,
        env,
        interpreter,
        gasRefund: env.gasRefund,
        gasLeft,
        returnBytes: noOutput,
      },
      journal,
      _env: env,
      _result: { logs: [...(env.initialLogs ?? [])], returnValue: undefined, selfdestruct: new Map() },
      profilerOpts: undefined,
      performanceLogger,
    })
  }
}

const { errorMessages } = EVMError

/** Runs the message's code in a frame of its own; the EVM must be in a transaction of a block. */
export async function runFrame(
  evm: InsideEvm,
  message: Message,
  initialLogs: Environment['initialLogs'],
  open: OpenInterpreter,
): Promise<ExecResult> {
  const env = await environment(evm, message, initialLogs)
  const interpreter = open(evm, env, message.gasLimit)
  const { _result: result } = interpreter
  if (message.selfdestruct !== undefined) result.selfdestruct = message.selfdestruct
  if (message.createdAddresses !== undefined) result.createdAddresses = message.createdAddresses
  const { exceptionError, runState } = await interpreter.run(env.code)
  const gas = runState?.gasLeft ?? 0n
  const isReverted = exceptionError?.error === errorMessages.REVERT
  const ended = {
    gas,
    // An exception takes all, a revert what was used.
    executionGasUsed: exceptionError === undefined || isReverted ? message.gasLimit - gas : message.gasLimit,
    gasRefund: runState?.gasRefund ?? 0n,
    stateGasSpilled: runState?.stateGasSpilled ?? 0n,
    returnValue: result.returnValue ?? noOutput,
  }
  if (exceptionError !== undefined) {
    return { ...ended, exceptionError, logs: [], selfdestruct: new Map(), createdAddresses: new Set() }
  }
  const created = result.createdAddresses === undefined ? {} : { createdAddresses: result.createdAddresses }
  return { ...ended, logs: result.logs, selfdestruct: result.selfdestruct, ...created }
}

async function environment(
  { stateManager, _tx: tx, _block: block }: InsideEvm,
  message: Message,
  initialLogs: Environment['initialLogs'],
): Promise<Environment> {
  const address = message.to ?? createZeroAddress()
  if (block === undefined || !(message.code instanceof Uint8Array))
    throw new TypeError('a frame of no block, or no code')
  return {
    address,
    caller: message.caller,
    callData: message.data ?? Uint8Array.of(0),
    callValue: message.value,
    code: message.code,
    isStatic: message.isStatic ?? false,
    isCreate: message.isCreate ?? false,
    depth: message.depth,
    gasPrice: tx?.gasPrice ?? 0n,
    origin: tx?.origin ?? message.caller,
    block,
    contract: (await stateManager.getAccount(address)) ?? new Account(),
    codeAddress: message.codeAddress,
    gasRefund: message.gasRefund,
    blobVersionedHashes: message.blobVersionedHashes ?? [],
    ...(message.createdAddresses === undefined ? {} : { createdAddresses: message.createdAddresses }),
    ...(initialLogs === undefined ? {} : { initialLogs }),
  }
}
