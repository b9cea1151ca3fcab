/**
 * The instructions that take most of a contract's steps, each of a fixed price and without any wait. All others, and these
 * where memory must grow, are left to @ethereumjs.
 */

import { fromBigEndian } from '@millrace/base'
import { keccak } from '../../crypto.ts'
import { type Frame, wordAt } from './frame.ts'
import { readWord, writeWord } from './words.ts'

/** Runs one instruction whose gas and stack were checked; false leaves it, untouched, to @ethereumjs. */
export type Run = (frame: Frame) => boolean

export interface Instruction {
  readonly takes: number
  readonly gives: number
  readonly run: Run
}

const twoPow256 = 1n << 256n
const wordMax = twoPow256 - 1n
const wordBytes = 32

function binary(compute: (a: bigint, b: bigint) => bigint): Instruction {
  const run: Run = (frame) => {
    const { stack } = frame
    const top = --frame.height
    stack[top - 1] = compute(wordAt(stack, top), wordAt(stack, top - 1))
    return true
  }
  return { takes: 2, gives: 1, run }
}

function unary(compute: (a: bigint) => bigint): Instruction {
  const run: Run = ({ stack, height }) => {
    stack[height - 1] = compute(wordAt(stack, height - 1))
    return true
  }
  return { takes: 1, gives: 1, run }
}

function constant(value: (frame: Frame) => bigint): Instruction {
  const run: Run = (frame) => {
    frame.stack[frame.height++] = value(frame)
    return true
  }
  return { takes: 0, gives: 1, run }
}

const flag = (holds: boolean): bigint => (holds ? 1n : 0n)
const wrapped = (value: bigint): bigint => (value > wordMax ? BigInt.asUintN(256, value) : value)
const signed = (value: bigint): bigint => BigInt.asIntN(256, value)

const pop: Instruction = {
  takes: 1,
  gives: 0,
  run(frame) {
    frame.height--
    return true
  },
}

const load: Instruction = {
  takes: 1,
  gives: 1,
  run({ stack, height, memory, memoryLength }) {
    const at = wordAt(stack, height - 1)
    if (at > memoryLength - wordBytes) return false
    stack[height - 1] = readWord(memory, Number(at))
    return true
  },
}

const store: Instruction = {
  takes: 2,
  gives: 0,
  run(frame) {
    const { stack, height, memory, memoryLength } = frame
    const at = wordAt(stack, height - 1)
    if (at > memoryLength - wordBytes) return false
    writeWord(memory, Number(at), wordAt(stack, height - 2))
    frame.height -= 2
    return true
  },
}

/** @param wordGas for each word that is hashed */
function hash(wordGas: number): Instruction {
  const run: Run = (frame) => {
    const { stack, height, memory, memoryLength } = frame
    const at = wordAt(stack, height - 1)
    const length = wordAt(stack, height - 2)
    if (length > memoryLength || at + length > memoryLength) return false
    const price = wordGas * Math.ceil(Number(length) / wordBytes)
    if (frame.gas < price) return false
    frame.gas -= price
    frame.steps += Number(length) >> 5
    const digest = keccak(memory.subarray(Number(at), Number(at + length)))
    frame.height--
    stack[height - 2] = readWord(digest, 0)
    return true
  }
  return { takes: 2, gives: 1, run }
}

const callDataLoad = (frame: Frame, at: bigint): bigint => {
  const { callData } = frame
  if (at > callData.length) return 0n
  const from = Number(at)
  if (from + wordBytes <= callData.length) return readWord(callData, from)
  const word = new Uint8Array(wordBytes)
  word.set(callData.subarray(from))
  return readWord(word, 0)
}

function push(length: number): Instruction {
  const run: Run = (frame) => {
    frame.stack[frame.height++] = frame.pushes[frame.pc] ?? 0n
    frame.pc += length
    return true
  }
  return { takes: 0, gives: 1, run }
}

function duplicate(depth: number): Instruction {
  const run: Run = (frame) => {
    frame.stack[frame.height] = wordAt(frame.stack, frame.height - depth)
    frame.height++
    return true
  }
  return { takes: depth, gives: depth + 1, run }
}

function swap(depth: number): Instruction {
  const run: Run = ({ stack, height }) => {
    const top = wordAt(stack, height - 1)
    stack[height - 1] = wordAt(stack, height - 1 - depth)
    stack[height - 1 - depth] = top
    return true
  }
  return { takes: depth + 1, gives: depth + 1, run }
}

/** By opcode. JUMP, JUMPI and STOP belong to the loop itself. */
export function instructions(wordGas: number): readonly (Instruction | undefined)[] {
  const table: (Instruction | undefined)[] = new Array<Instruction | undefined>(256).fill(undefined)
  table[0x01] = binary((a, b) => wrapped(a + b))
  table[0x02] = binary((a, b) => wrapped(a * b))
  table[0x03] = binary((a, b) => (a >= b ? a - b : a - b + twoPow256))
  table[0x04] = binary((a, b) => (b === 0n ? 0n : a / b))
  table[0x06] = binary((a, b) => (b === 0n ? 0n : a % b))
  table[0x10] = binary((a, b) => flag(a < b))
  table[0x11] = binary((a, b) => flag(a > b))
  table[0x12] = binary((a, b) => flag(signed(a) < signed(b)))
  table[0x13] = binary((a, b) => flag(signed(a) > signed(b)))
  table[0x14] = binary((a, b) => flag(a === b))
  table[0x15] = unary((a) => flag(a === 0n))
  table[0x16] = binary((a, b) => a & b)
  table[0x17] = binary((a, b) => a | b)
  table[0x18] = binary((a, b) => a ^ b)
  table[0x19] = unary((a) => wordMax - a)
  table[0x1b] = binary((a, b) => (a > 255n ? 0n : wrapped(b << a)))
  table[0x1c] = binary((a, b) => (a > 255n ? 0n : b >> a))
  table[0x20] = hash(wordGas)
  table[0x30] = constant(({ selfBytes }) => fromBigEndian(selfBytes))
  table[0x33] = constant(({ callerBytes }) => fromBigEndian(callerBytes))
  table[0x34] = constant(({ callValue }) => callValue)
  table[0x35] = {
    takes: 1,
    gives: 1,
    run(frame) {
      frame.stack[frame.height - 1] = callDataLoad(frame, wordAt(frame.stack, frame.height - 1))
      return true
    },
  }
  table[0x36] = constant(({ callData }) => BigInt(callData.length))
  table[0x50] = pop
  table[0x51] = load
  table[0x52] = store
  table[0x58] = constant(({ pc }) => BigInt(pc - 1))
  table[0x5a] = constant(({ gas }) => BigInt(gas))
  table[0x5b] = { takes: 0, gives: 0, run: () => true }
  for (let length = 0; length <= 32; length++) table[0x5f + length] = push(length)
  for (let depth = 1; depth <= 16; depth++) {
    table[0x7f + depth] = duplicate(depth)
    table[0x8f + depth] = swap(depth)
  }
  return table
}
