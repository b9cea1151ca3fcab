/** Watching a transaction as it runs. */

import type { EVMResult, InterpreterStep, Message } from '@ethereumjs/evm'
import type { Hex } from 'viem'
import type { World } from '../world.ts'

export interface Tracer {
  /** Before each instruction. */
  onStep?(step: InterpreterStep): Promise<void> | void
  /** A frame begins: the transaction's own, then those of its calls. */
  onEnter(message: Message): void
  onExit(result: EVMResult): void
  /** What the tracer answers, once the transaction has ended. */
  result(ended: Ended): unknown
}

export interface Ended {
  readonly gasLimit: bigint
  readonly gasUsed: bigint
  readonly isFailed: boolean
  readonly output: Uint8Array
}

/**
 * Lets the tracer watch what `run` executes in this world.
 *
 * @param isOver asked before each instruction: being watched, it may take a hundred times as long as its gas says
 * @throws ExecutionTimeout
 */
export async function watched<T>(
  { vm }: World,
  tracer: Tracer,
  isOver: () => boolean,
  run: () => Promise<T>,
): Promise<T> {
  const { events } = vm.evm
  if (events === undefined) throw new TypeError('an EVM without events can’t be traced')
  let failure: unknown
  // An @ethereumjs emitter waits for a listener of two parameters until it calls the second.
  const onStep = (step: InterpreterStep, resume: (() => void) | undefined): void => {
    if (isOver()) throw new ExecutionTimeout('execution aborted: it took too long')
    const failed = (thrown: unknown) => {
      failure ??= thrown
    }
    Promise.resolve(tracer.onStep?.(step)).catch(failed).then(resume)
  }
  const onEnter = (message: Message) => tracer.onEnter(message)
  const onExit = (result: EVMResult) => tracer.onExit(result)
  events.on('step', onStep)
  events.on('beforeMessage', onEnter)
  events.on('afterMessage', onExit)
  try {
    const result = await run()
    if (failure !== undefined) throw failure
    return result
  } finally {
    events.off('step', onStep)
    events.off('beforeMessage', onEnter)
    events.off('afterMessage', onExit)
  }
}

/** The EVM's word for a failure, in geth's words. */
export function failureOf(error: string): string {
  return gethWords[error] ?? error
}

const gethWords: Readonly<Record<string, string>> = {
  revert: 'execution reverted',
  'invalid JUMP': 'invalid jump destination',
  'stack overflow': 'stack limit reached 1024 (1023)',
  'static state change': 'write protection',
  'create collision': 'contract address collision',
  'code store out of gas': 'contract creation code storage out of gas',
  'code size to deposit exceeds maximum code size': 'max code size exceeded',
  'insufficient balance': 'insufficient balance for transfer',
}

/** `length` bytes of memory from `offset`, zeros where it has not grown to yet. */
export function memorySlice(memory: Uint8Array, offset: bigint, length: bigint): Uint8Array {
  const bytes = new Uint8Array(Number(length))
  const from = offset < BigInt(memory.length) ? Number(offset) : memory.length
  bytes.set(memory.subarray(from, from + bytes.length))
  return bytes
}

/** A word of the stack as an address. */
export function addressOf(word: bigint): Hex {
  return `0x${BigInt.asUintN(160, word).toString(16).padStart(40, '0')}`
}

/** A watched execution was given up; its world is in no state to be used again. */
export class ExecutionTimeout extends Error {
  override readonly name = 'ExecutionTimeout'
}
