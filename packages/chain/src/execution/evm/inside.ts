/** What @ethereumjs/evm keeps to itself, as it is in 10.1.3: types, and the classes that it does not export. */

import type { Block } from '@ethereumjs/block'
import type { Common, StateManagerInterface } from '@ethereumjs/common'
import { createEVM, type EVM, type EVMOpts, type Message, type PrecompileFunc } from '@ethereumjs/evm'

type CustomOpcode = NonNullable<EVMOpts['customOpcodes']>[number]
export type RunState = Parameters<Extract<CustomOpcode, { logicFunction: unknown }>['logicFunction']>[0]
export type Interpreter = RunState['interpreter']
export type Memory = RunState['memory']
export type Stack = RunState['stack']
export type ExecResult = Awaited<ReturnType<EVM['runCode']>>
export type MessageOptions = NonNullable<Parameters<Interpreter['run']>[1]>

export interface InsideEvm {
  readonly DEBUG: boolean
  readonly common: Common
  readonly stateManager: StateManagerInterface
  readonly blockchain: RunState['blockchain']
  readonly journal: EVM['journal']
  readonly events: { listenerCount(name: string): number }
  readonly performanceLogger: unknown
  readonly _optsCached: EVMOpts
  readonly _opcodeMap: readonly Opcode[]
  readonly _tx: { readonly gasPrice: bigint; readonly origin?: RunState['env']['origin'] }
  readonly _block: Block
  /** Runs a message's code. */
  runInterpreter(message: Message, options?: MessageOptions): Promise<ExecResult>
  runPrecompile(code: PrecompileFunc, data: Uint8Array, gasLimit: bigint): Promise<ExecResult> | ExecResult
}

export interface Opcode {
  readonly opcodeInfo: {
    readonly fee: number
    readonly feeBigInt: bigint
    readonly dynamicGas: boolean
    readonly isAsync: boolean
    readonly isInvalid: boolean
  }
  gasHandler(state: RunState, gas: bigint, common: Common): Promise<bigint> | bigint
  opHandler(state: RunState, common: Common): Promise<void> | void
}

interface InsideStack {
  readonly _store: bigint[]
  _len: number
}

export function insideOf(evm: object): InsideEvm {
  // The fields are there; their types are hidden.
  return evm as InsideEvm
}

export function stackOf({ stack }: RunState): InsideStack {
  // As above.
  return stack as unknown as InsideStack
}

/** An instruction of our own meets their interpreter and what it works with. */
const met = await (async (): Promise<RunState> => {
  let state: RunState | undefined
  const logicFunction = (found: RunState): void => {
    state = found
  }
  const evm = await createEVM({ customOpcodes: [{ opcode: 0x0c, opcodeName: 'MEET', baseFee: 0, logicFunction }] })
  await evm.runCode({ code: Uint8Array.of(0x0c) })
  if (state === undefined) throw new TypeError('@ethereumjs/evm runs custom opcodes differently from 10.1.3')
  return state
})()

const interpreterPrototype: object = Object.getPrototypeOf(met.interpreter)
const memoryPrototype: object = Object.getPrototypeOf(met.memory)
const wordBytes = 32
const stackPrototype: object = Object.getPrototypeOf(met.stack)

/** An interpreter of theirs with these fields; its constructor would make memory of its own. */
export function interpreterWith(fields: object): Interpreter {
  // The fields are those that the constructor sets.
  return Object.assign(Object.create(interpreterPrototype), fields) as Interpreter
}

/**
 * Their memory, but it doubles: theirs grows by 8 KiB and copies the whole each time, megabytes that go to the system and back
 * and make it put in order what else was freed.
 */
const growingPrototype: object = Object.assign(Object.create(memoryPrototype), {
  extend(this: Memory, offset: number, size: number): void {
    const needed = size === 0 ? 0 : Math.ceil((offset + size) / wordBytes) * wordBytes
    if (needed <= this._store.length) return
    const grown = new Uint8Array(Math.max(needed, 2 * this._store.length))
    grown.set(this._store)
    this._store = grown
  },
})

export function memoryOn(bytes: Uint8Array): Memory {
  // As above.
  return Object.assign(Object.create(growingPrototype), { _store: bytes }) as Memory
}

export function emptyStack(): Stack {
  // As above.
  return Object.assign(Object.create(stackPrototype), { _len: 0, _store: [], _maxHeight: 1024 }) as Stack
}
