/** One call frame as the fast instructions see it: numbers where @ethereumjs has big integers. */

export interface Frame {
  pc: number
  /** Below 2^53. */
  gas: number
  /** Words of the stack in use; `stack` may be longer. */
  height: number
  readonly stack: bigint[]
  readonly code: Uint8Array
  readonly jumps: Uint8Array
  readonly pushes: readonly bigint[]
  memory: Uint8Array
  /** Bytes of memory that are paid for and there. */
  memoryLength: number
  readonly callData: Uint8Array
  readonly callValue: bigint
  readonly callerBytes: Uint8Array
  readonly selfBytes: Uint8Array
  /** Since the last jump. */
  steps: number
}

/** The word at stack position `at`; the loop has checked the height. */
export function wordAt(stack: readonly bigint[], at: number): bigint {
  return stack[at] ?? 0n
}
