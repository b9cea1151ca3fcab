/** eth_sendRawTransaction: the form first, then the pool. */

import type { ChainTransaction } from '../block.ts'
import { decodeForm, gasFault } from '../pool/form.ts'
import type { Methods, RpcContext } from './context.ts'
import { invalidParams, RpcError, rpcCodes } from './errors.ts'
import { bytes } from './params.ts'

export function transactionMethods(context: RpcContext): Methods {
  const { chain } = context
  return {
    async eth_sendRawTransaction([value]) {
      const raw = bytes(value, 'transaction')
      const transaction = decode(raw, context)
      const fault = gasFault(transaction, chain.head().header.gasLimit)
      if (fault !== undefined) throw new RpcError(rpcCodes.server, fault)
      const admitted = await chain.submit(transaction)
      if (!admitted.ok) throw new RpcError(rpcCodes.server, admitted.error.message)
      return admitted.value
    },
  }
}

function decode(raw: Uint8Array, { chain }: RpcContext): ChainTransaction {
  const decoded = decodeForm(raw, chain.common)
  if (decoded.ok) return decoded.value
  if (decoded.error.code === 'type') throw new RpcError(rpcCodes.server, decoded.error.message)
  throw invalidParams(decoded.error.message)
}
