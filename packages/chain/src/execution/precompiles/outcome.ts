/** What a precompile answers, as @ethereumjs words it. */

import type { Common } from '@ethereumjs/common'
import { EVMError } from '@ethereumjs/evm'
import type { ExecResult } from '../evm/inside.ts'
import type { Pace } from '../evm/pace.ts'

export interface PrecompileCall {
  readonly data: Uint8Array
  readonly gasLimit: bigint
  readonly common: Common
}

/** A precompile that lets the event loop turn while it works. */
export type PacedPrecompile = (call: PrecompileCall, pace: Pace) => Promise<ExecResult>

export function returned(executionGasUsed: bigint, returnValue: Uint8Array): ExecResult {
  return { executionGasUsed, returnValue }
}

/** A failure takes all the gas of the call. */
export function failed({ gasLimit }: PrecompileCall, error: EVMError): ExecResult {
  return { executionGasUsed: gasLimit, returnValue: new Uint8Array(0), exceptionError: error }
}

export function outOfGas(call: PrecompileCall): ExecResult {
  return failed(call, new EVMError(EVMError.errorMessages.OUT_OF_GAS))
}
