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
export interface InsideEvm extends Pick<EVM, 'stateManager' | 'blockchain' | 'journal'> {
  readonly _tx?: { readonly gasPrice: bigint; readonly origin?: Environment['origin'] }
  readonly _block?: Environment['block']
  readonly performanceLogger: unknown
  runInterpreter(message: Message, options?: { initialLogs?: Environment['initialLogs'] }): Promise<ExecResult>
}

export type NewInterpreter = new (
  evm: InsideEvm,
  stateManager: unknown,
  blockchain: unknown,
  env: Environment,
  gasLeft: bigint,
  journal: unknown,
  logger: unknown,
) => Interpreter

const noOutput = new Uint8Array(0)
const { errorMessages } = EVMError

/** Runs the message's code in a frame of its own; the EVM must be in a transaction of a block. */
export async function runFrame(
  evm: InsideEvm,
  message: Message,
  initialLogs: Environment['initialLogs'],
  create: NewInterpreter,
): Promise<ExecResult> {
  const env = await environment(evm, message, initialLogs)
  const { stateManager, blockchain, journal, performanceLogger } = evm
  const interpreter = new create(evm, stateManager, blockchain, env, message.gasLimit, journal, performanceLogger)
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
