/** eth_sendRawTransaction, and the checks of a transaction's form. */

import { messageOf } from '@millrace/base'
import type { ChainTransaction } from '../block.ts'
import { decodeTransaction } from '../execution/engine.ts'
import type { Methods, RpcContext } from './context.ts'
import { invalidParams, RpcError, rpcCodes } from './errors.ts'
import { bytes } from './params.ts'

const transactionBytesMax = 131_072
/** Legacy, access list, EIP-1559. Blobs have nowhere to go, and set-code came after this chain's fork. */
const knownTypes: readonly number[] = [0, 1, 2]

export function transactionMethods(context: RpcContext): Methods {
  const { chain } = context
  return {
    async eth_sendRawTransaction([value]) {
      const raw = bytes(value, 'transaction')
      const transaction = decode(raw, context)
      const fault = formFault(transaction, BigInt(chain.genesis.gasLimit))
      if (fault !== undefined) throw new RpcError(rpcCodes.server, fault)
      const admitted = await chain.submit(transaction)
      if (!admitted.ok) throw new RpcError(rpcCodes.server, admitted.error.message)
      return admitted.value
    },
  }
}

function decode(raw: Uint8Array, { chain }: RpcContext): ChainTransaction {
  if (raw.length === 0 || raw.length > transactionBytesMax) {
    throw invalidParams(`transaction of ${raw.length} bytes: expected 1 to ${transactionBytesMax}`)
  }
  const first = raw[0] ?? 0
  if (first < 0x80 && !knownTypes.includes(first)) {
    throw new RpcError(rpcCodes.server, `transaction type not supported: ${first}; expected 0, 1 or 2`)
  }
  try {
    return decodeTransaction(raw, chain.common)
  } catch (thrown) {
    // @ethereumjs refuses with sentences of its own, foreign chain ids and bad signatures among them.
    throw invalidParams(`invalid transaction: ${messageOf(thrown).slice(0, 300)}`)
  }
}

function formFault({ tx }: ChainTransaction, gasLimit: bigint): string | undefined {
  if (tx.type === 0 && (tx.v === 27n || tx.v === 28n)) {
    return 'only replay-protected (EIP-155) transactions allowed over RPC'
  }
  if (tx.gasLimit > gasLimit) return `exceeds block gas limit: have ${tx.gasLimit}, limit ${gasLimit}`
  const intrinsic = tx.getIntrinsicGas()
  if (tx.gasLimit < intrinsic) return `intrinsic gas too low: have ${tx.gasLimit}, want ${intrinsic}`
  return undefined
}
