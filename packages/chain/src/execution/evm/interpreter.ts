/**
 * The loop over a contract's instructions. That of @ethereumjs awaits each one, and finds the jump destinations anew in each
 * frame; this one runs what needs no wait without any, hands the rest to the handlers of @ethereumjs one by one, and lets the
 * event loop turn in between. It takes the place of theirs in the EVMs that `hasten` was called for, in no other.
 */

import type { Common } from '@ethereumjs/common'
import { createEVM, EVMError, type EVMOpts } from '@ethereumjs/evm'
import { analyse } from './analysis.ts'
import { type Frame, wordAt } from './frame.ts'
import { type Instruction, instructions } from './instructions.ts'
import type { Pace } from './pace.ts'

type CustomOpcode = NonNullable<EVMOpts['customOpcodes']>[number]
type RunState = Parameters<Extract<CustomOpcode, { logicFunction: unknown }>['logicFunction']>[0]
type Interpreter = RunState['interpreter']
type Ended = Awaited<ReturnType<Interpreter['run']>>

/** What @ethereumjs keeps to itself, as it is in 10.1.3. */
interface Inside {
  readonly _runState: RunState
  readonly _evm: {
    readonly DEBUG: boolean
    readonly common: Common
    readonly events: { listenerCount(name: string): number }
    readonly _opcodeMap: readonly Opcode[]
  }
}

interface InsideStack {
  readonly _store: bigint[]
  _len: number
}

interface Opcode {
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

/** The instructions of one fork. */
interface Table {
  readonly opcodes: readonly Opcode[]
  readonly fast: readonly (Instruction | undefined)[]
  readonly fees: readonly number[]
}

const stackMax = 1024
const opcodeStop = 0x00
const opcodeJump = 0x56
const opcodeJumpIf = 0x57
/** What a frame, and each of the instructions that @ethereumjs runs, counts for. */
const frameWork = 400
const slowWork = 40
/** Then a loop asks whether it is time for others. */
const stepsMax = 5000
/** In place of an opcode: a loop's question. */
const turn = -1
/** EVM object format, witnesses, and what Amsterdam makes of gas: none of them is any rule of this chain. */
const foreignEips = [3540, 6800, 7864, 7928, 8037]
const { errorMessages } = EVMError

const paces = new WeakMap<object, Pace>()

/** Runs the EVM's code by this loop, at this pace. */
export function hasten(evm: object, pace: Pace): void {
  paces.set(evm, pace)
}

/** Their interpreter is not exported; an instruction of our own meets it. */
const prototype: Interpreter = await (async (): Promise<Interpreter> => {
  let met: Interpreter | undefined
  const logicFunction = ({ interpreter }: RunState): void => {
    met = interpreter
  }
  const evm = await createEVM({ customOpcodes: [{ opcode: 0x0c, opcodeName: 'MEET', baseFee: 0, logicFunction }] })
  await evm.runCode({ code: Uint8Array.of(0x0c) })
  if (met === undefined) throw new TypeError('@ethereumjs/evm runs custom opcodes differently from 10.1.3')
  return Object.getPrototypeOf(met)
})()

const slowRun = prototype.run
prototype.run = function run(this: Interpreter, code, options) {
  const pace = paces.get(this._evm)
  return pace === undefined || !isPlain(this) ? slowRun.call(this, code, options) : fastRun(this, code, pace)
}

/** Whether the frame is of the kind that this loop runs: nobody watches its steps, and its rules are known here. */
function isPlain(interpreter: Interpreter): boolean {
  const { _evm: evm, _runState: state } = insideOf(interpreter)
  if (evm.DEBUG || evm.events.listenerCount('step') > 0 || state.gasLeft > Number.MAX_SAFE_INTEGER) return false
  return !foreignEips.some((eip) => evm.common.isActivatedEIP(eip))
}

function insideOf(interpreter: Interpreter): Inside {
  // The fields are there; their types are hidden.
  return interpreter as unknown as Inside
}

function stackOf({ stack }: RunState): InsideStack {
  // As above.
  return stack as unknown as InsideStack
}

async function fastRun(interpreter: Interpreter, code: Uint8Array, pace: Pace): Promise<Ended> {
  const { _runState: state, _evm: evm } = insideOf(interpreter)
  if (pace.spend(frameWork)) await pace.rest()
  const table = tableOf(evm.common, evm._opcodeMap)
  const frame = openFrame(state, code)
  let failure: EVMError | undefined
  try {
    for (;;) {
      const opcode = runFast(frame, table)
      if (opcode === opcodeStop) break
      if (pace.spend(frame.steps + slowWork)) await pace.rest()
      frame.steps = 0
      if (opcode === turn) continue
      const waiting = runSlow(interpreter, frame, table.opcodes[opcode], opcode)
      if (waiting !== undefined) await waiting
      load(frame, state)
    }
    save(frame, state)
  } catch (thrown) {
    if (!(thrown instanceof EVMError)) throw thrown
    if (thrown.error !== errorMessages.STOP) failure = thrown
  }
  const { gasLeft, gasRefund, stateGasSpilled } = state
  // All that is read of it; the EVM copies the whole, and with it would keep the frame's memory.
  const left = { gasLeft, gasRefund, stateGasSpilled } as RunState
  return failure === undefined ? { runState: left } : { runState: left, exceptionError: failure }
}

/** Runs up to an instruction that it leaves to others, the opcode of which it answers; at the end that is STOP. */
function runFast(frame: Frame, { fast, fees }: Table): number {
  const { code } = frame
  while (frame.pc < code.length) {
    const opcode = code[frame.pc] ?? 0
    const instruction = fast[opcode]
    if (instruction === undefined) {
      if (opcode !== opcodeJump && opcode !== opcodeJumpIf) return opcode
      jump(frame, opcode === opcodeJumpIf, fees[opcode] ?? 0)
      if (frame.steps > stepsMax) return turn
      continue
    }
    charge(frame, fees[opcode] ?? 0, instruction.takes, instruction.gives)
    frame.pc++
    frame.steps++
    if (instruction.run(frame)) continue
    frame.pc--
    frame.gas += fees[opcode] ?? 0
    return opcode
  }
  return opcodeStop
}

function jump(frame: Frame, isConditional: boolean, fee: number): void {
  charge(frame, fee, isConditional ? 2 : 1, 0)
  frame.steps++
  const target = wordAt(frame.stack, --frame.height)
  if (isConditional && wordAt(frame.stack, --frame.height) === 0n) {
    frame.pc++
    return
  }
  if (target >= frame.code.length || frame.jumps[Number(target)] !== 1) throw new EVMError(errorMessages.INVALID_JUMP)
  frame.pc = Number(target)
}

function charge(frame: Frame, fee: number, takes: number, gives: number): void {
  if (frame.gas < fee) {
    frame.gas = 0
    throw new EVMError(errorMessages.OUT_OF_GAS)
  }
  frame.gas -= fee
  if (frame.height < takes) throw new EVMError(errorMessages.STACK_UNDERFLOW)
  if (frame.height - takes + gives > stackMax) throw new EVMError(errorMessages.STACK_OVERFLOW)
}

/** One instruction by the handlers of @ethereumjs; undefined when there is nothing to wait for. */
function runSlow(
  interpreter: Interpreter,
  frame: Frame,
  opcode: Opcode | undefined,
  code: number,
): Promise<void> | undefined {
  const { _runState: state, _evm: evm } = insideOf(interpreter)
  if (opcode === undefined || opcode.opcodeInfo.isInvalid) throw new EVMError(errorMessages.INVALID_OPCODE)
  const { dynamicGas, isAsync, feeBigInt } = opcode.opcodeInfo
  save(frame, state)
  state.opCode = code
  if (dynamicGas) return runPriced(interpreter, opcode, state, evm.common)
  interpreter.useGas(feeBigInt)
  state.programCounter++
  const done = opcode.opHandler(state, evm.common)
  return isAsync ? Promise.resolve(done) : undefined
}

async function runPriced(interpreter: Interpreter, opcode: Opcode, state: RunState, common: Common): Promise<void> {
  interpreter.useGas(await opcode.gasHandler(state, opcode.opcodeInfo.feeBigInt, common))
  state.programCounter++
  await opcode.opHandler(state, common)
}

function openFrame(state: RunState, code: Uint8Array): Frame {
  const { jumps, pushes } = analyse(code)
  Object.assign(state, { code, validJumps: jumps, cachedPushes: pushes, shouldDoJumpAnalysis: false })
  const { callData, callValue, caller, address } = state.env
  return {
    pc: state.programCounter,
    gas: Number(state.gasLeft),
    height: state.stack.length,
    stack: stackOf(state)._store,
    code,
    jumps,
    pushes,
    memory: state.memory._store,
    memoryLength: readyBytes(state),
    callData,
    callValue,
    callerBytes: caller.bytes,
    selfBytes: address.bytes,
    steps: 0,
  }
}

/** From our frame into theirs. */
function save(frame: Frame, state: RunState): void {
  state.programCounter = frame.pc
  state.gasLeft = BigInt(frame.gas)
  stackOf(state)._len = frame.height
}

/** And back, after an instruction of theirs. */
function load(frame: Frame, state: RunState): void {
  frame.pc = state.programCounter
  frame.gas = Number(state.gasLeft)
  frame.height = state.stack.length
  frame.memory = state.memory._store
  frame.memoryLength = readyBytes(state)
}

/** Memory that is paid for and there: what a call's output was to fill is paid for before it is. */
function readyBytes({ memory, memoryWordCount }: RunState): number {
  return Math.min(Number(memoryWordCount) * 32, memory._store.length)
}

const tables = new WeakMap<readonly Opcode[], Table>()

function tableOf(common: Common, opcodes: readonly Opcode[]): Table {
  const known = tables.get(opcodes)
  if (known !== undefined) return known
  const fast = instructions(Number(common.param('keccak256WordGas')))
  const table = {
    opcodes,
    fast: fast.map((instruction, opcode) => (opcodes[opcode]?.opcodeInfo.isInvalid ? undefined : instruction)),
    fees: Array.from({ length: 256 }, (_item, opcode) => opcodes[opcode]?.opcodeInfo.fee ?? 0),
  }
  tables.set(opcodes, table)
  return table
}
