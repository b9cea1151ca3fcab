/** Errors of a failed call, as clients decode them. */

import { decodeErrorResult, parseAbi, toHex } from 'viem'
import type { CallResult } from '../execution/port.ts'
import { hexOf, quantity } from '../hex.ts'
import { RpcError, rpcCodes } from './errors.ts'

/** geth's errors of a failed call, which clients decode: a revert carries its output. */
export function callError(result: CallResult): RpcError {
  if (result.outcome === 'out-of-gas') return new RpcError(rpcCodes.server, 'out of gas')
  if (result.outcome === 'failure') return new RpcError(rpcCodes.server, result.failure ?? 'execution failed')
  return revertError(result.output)
}

/** A revert in geth's words, with its output as data. */
export function revertError(output: Uint8Array): RpcError {
  const reason = revertReason(output)
  const message = reason === undefined ? 'execution reverted' : `execution reverted: ${reason}`
  return new RpcError(rpcCodes.reverted, message, hexOf(output))
}

const solidityErrors = parseAbi(['error Error(string)', 'error Panic(uint256)'])

/** What Solidity puts into a revert, as geth words it; undefined for anything else. */
function revertReason(output: Uint8Array): string | undefined {
  try {
    const { errorName, args } = decodeErrorResult({ abi: solidityErrors, data: toHex(output) })
    return errorName === 'Error' ? String(args[0]) : panicReason(BigInt(args[0]))
  } catch {
    return undefined // a custom error, or none: its bytes go as data
  }
}

/** The compiler's panic codes in geth's words. */
const panics: Readonly<Record<string, string>> = {
  '0x0': 'generic panic',
  '0x1': 'assert(false)',
  '0x11': 'arithmetic underflow or overflow',
  '0x12': 'division or modulo by zero',
  '0x21': 'enum overflow',
  '0x22': 'invalid encoded storage byte array accessed',
  '0x31': 'out-of-bounds array access; popping on an empty array',
  '0x32': 'out-of-bounds access of an array or bytesN',
  '0x41': 'out of memory',
  '0x51': 'uninitialized function',
}

function panicReason(code: bigint): string {
  return panics[quantity(code)] ?? `unknown panic code: ${quantity(code)}`
}
