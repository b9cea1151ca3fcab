/**
 * The loop over a contract's instructions. That of @ethereumjs awaits each one, and finds the jump destinations anew in each
 * frame; this one runs what needs no wait without any, hands the rest to the handlers of @ethereumjs one by one, and lets the
 * event loop turn in between. It takes the place of theirs in the EVMs that `hasten` was called for, in no other.
 */

import type { Common } from '@ethereumjs/common'
import { EVMError, type Message } from '@ethereumjs/evm'
import { analyse } from './analysis.ts'
import { type Frame, wordAt } from './frame.ts'
import { type InsideEvm, insideOf, type MessageOptions, type Opcode, type RunState, stackOf } from './inside.ts'
import { type Instruction, instructions } from './instructions.ts'
import { MemoryPool } from './memory-pool.ts'
import { type RunCode, runMessage } from './message-run.ts'
import type { Pace } from './pace.ts'

/** The instructions of one fork. */
interface Table {
  readonly opcodes: readonly Opcode[]
  readonly fast: readonly (Instruction | undefined)[]
  readonly fees: readonly number[]
  /** Whether all of its rules are known here. */
  readonly isKnown: boolean
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

/** Runs the EVM's code by this loop, at this pace. */
export function hasten(evm: object, pace: Pace): void {
  const inside = insideOf(evm)
  const slow = inside.runInterpreter.bind(evm)
  const memories = new MemoryPool()
  const run: RunCode = (_evm, state, code) => fastRun(inside, state, code, pace)
  inside.runInterpreter = (message, options = {}) =>
    isPlain(inside, message, options) ? runMessage(inside, message, options, memories, run) : slow(message, options)
}

/** Whether the frame is of the kind that this loop runs: nobody watches its steps, and its rules are known here. */
function isPlain(evm: InsideEvm, { gasLimit }: Message, { pc }: MessageOptions): boolean {
  if (evm.DEBUG || evm.events.listenerCount('step') > 0 || gasLimit > Number.MAX_SAFE_INTEGER) return false
  return pc === undefined && evm._optsCached.profiler?.enabled !== true && tableOf(evm).isKnown
}

async function fastRun(evm: InsideEvm, state: RunState, code: Uint8Array, pace: Pace): Promise<EVMError | undefined> {
  if (pace.spend(frameWork)) await pace.rest()
  const table = tableOf(evm)
  const frame = openFrame(state, code)
  try {
    for (;;) {
      const opcode = runFast(frame, table)
      if (opcode === opcodeStop) break
      if (pace.spend(frame.steps + slowWork)) await pace.rest()
      frame.steps = 0
      if (opcode === turn) continue
      const waiting = runSlow(evm.common, state, frame, table.opcodes[opcode], opcode)
      if (waiting !== undefined) await waiting
      load(frame, state)
    }
    save(frame, state)
  } catch (thrown) {
    if (!(thrown instanceof EVMError)) throw thrown
    if (thrown.error !== errorMessages.STOP) return thrown
  }
  return undefined
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
  common: Common,
  state: RunState,
  frame: Frame,
  opcode: Opcode | undefined,
  code: number,
): Promise<void> | undefined {
  if (opcode === undefined || opcode.opcodeInfo.isInvalid) throw new EVMError(errorMessages.INVALID_OPCODE)
  const { dynamicGas, isAsync, feeBigInt } = opcode.opcodeInfo
  save(frame, state)
  state.opCode = code
  if (dynamicGas) return runPriced(opcode, state, common)
  state.interpreter.useGas(feeBigInt)
  state.programCounter++
  const done = opcode.opHandler(state, common)
  return isAsync ? Promise.resolve(done) : undefined
}

async function runPriced(opcode: Opcode, state: RunState, common: Common): Promise<void> {
  state.interpreter.useGas(await opcode.gasHandler(state, opcode.opcodeInfo.feeBigInt, common))
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

/** Made once: an EVM gets another map of opcodes with each fork. */
function tableOf({ common, _opcodeMap: opcodes }: InsideEvm): Table {
  const known = tables.get(opcodes)
  if (known !== undefined) return known
  const fast = instructions(Number(common.param('keccak256WordGas')))
  const table = {
    opcodes,
    fast: fast.map((instruction, opcode) => (opcodes[opcode]?.opcodeInfo.isInvalid ? undefined : instruction)),
    fees: Array.from({ length: 256 }, (_item, opcode) => opcodes[opcode]?.opcodeInfo.fee ?? 0),
    isKnown: !foreignEips.some((eip) => common.isActivatedEIP(eip)),
  }
  tables.set(opcodes, table)
  return table
}
