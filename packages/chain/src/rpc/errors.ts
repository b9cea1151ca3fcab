/** JSON-RPC 2.0 errors, with the codes and words that Ethereum's clients tell apart. */

import type { Hex } from 'viem'

/** Thrown by a method to answer the caller; never a bug of ours. */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: number
  readonly data: Hex | undefined

  constructor(code: number, message: string, data?: Hex) {
    super(message)
    this.code = code
    this.data = data
  }
}

export const rpcCodes = {
  parse: -32_700,
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internal: -32_603,
  /** The chain refuses: a transaction, a block that is not there. */
  server: -32_000,
  /** geth's: the answers of a request or a batch come to more than one may carry. */
  responseTooLarge: -32_003,
  limitExceeded: -32_005,
  /** geth's: a block of the chain that this node does not have any more, or never had. */
  pruned: 4444,
  /** geth's code of a reverted call, with the revert's output as data. */
  reverted: 3,
} as const

export function invalidParams(message: string): RpcError {
  return new RpcError(rpcCodes.invalidParams, message)
}
