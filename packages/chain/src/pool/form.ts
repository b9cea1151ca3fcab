/** The form of a transaction: what can be said of its bytes without any state. One rule for RPC, peers and proposals. */

import type { Common } from '@ethereumjs/common'
import { equalBytes, messageOf, ok, type Result, refuse } from '@millrace/base'
import { type ChainTransaction, rawTransaction } from '../block.ts'
import { decodeTransaction } from '../execution/engine.ts'

/** As geth's: more is never taken into a pool. */
export const transactionBytesMax = 131_072
/** Legacy, access list, EIP-1559. Blobs have nowhere to go, and set-code came after this chain's fork. */
const knownTypes: readonly number[] = [0, 1, 2]

export interface FormFault {
  readonly code: 'size' | 'type' | 'malformed'
  readonly message: string
}

/** Decodes signed bytes and recovers their sender; whatever the bytes are it answers. */
export function decodeForm(raw: Uint8Array, common: Common): Result<ChainTransaction, FormFault> {
  if (raw.length === 0 || raw.length > transactionBytesMax) {
    const message = `transaction of ${raw.length} bytes: expected 1 to ${transactionBytesMax}`
    return refuse({ code: 'size', message })
  }
  const first = raw[0] ?? 0
  if (first < 0x80 && !knownTypes.includes(first)) {
    return refuse({ code: 'type', message: `transaction type not supported: ${first}; expected 0, 1 or 2` })
  }
  try {
    const transaction = decodeTransaction(raw, common)
    if (equalBytes(rawTransaction(transaction.tx), raw)) return ok(transaction)
    return refuse({ code: 'malformed', message: 'invalid transaction: not in its canonical encoding' })
  } catch (thrown) {
    // @ethereumjs refuses with sentences of its own, foreign chain ids and bad signatures among them.
    return refuse({ code: 'malformed', message: `invalid transaction: ${messageOf(thrown).slice(0, 300)}` })
  }
}

/** Why a decoded transaction has no place in a pool, in geth's words. */
export function gasFault({ tx }: ChainTransaction, gasLimit: bigint): string | undefined {
  if (tx.type === 0 && (tx.v === 27n || tx.v === 28n)) {
    return 'only replay-protected (EIP-155) transactions allowed over RPC'
  }
  if (tx.gasLimit > gasLimit) return `exceeds block gas limit: have ${tx.gasLimit}, limit ${gasLimit}`
  const intrinsic = tx.getIntrinsicGas()
  if (tx.gasLimit < intrinsic) return `intrinsic gas too low: have ${tx.gasLimit}, want ${intrinsic}`
  return undefined
}
