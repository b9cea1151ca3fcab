/** eth_fillTransaction: what a sender has left open, filled in, and the bytes of it without a signature. */

import { rawTransaction } from '../block.ts'
import { unsignedTransaction } from '../execution/simulation/unsigned.ts'
import { hexOf } from '../hex.ts'
import { asked, prepareCall } from './call-methods.ts'
import { type Methods, patience, type RpcContext } from './context.ts'
import { estimate } from './estimate.ts'
import { fieldsOf, optionalQuantity } from './params.ts'
import { transactionView } from './views.ts'

export function fillMethods(context: RpcContext): Methods {
  const { chain } = context
  return {
    async eth_fillTransaction([value]) {
      const fields = fieldsOf(value, 'transaction')
      const call = await prepareCall(context, value, 'pending', undefined, undefined)
      const { request, callContext } = call
      const gas = optionalQuantity(fields.gas, 'gas') ?? (await asked(estimate(call, patience(context))))
      const price = optionalQuantity(fields.gasPrice, 'gasPrice')
      // A tip of the floor is what keeps a transaction acceptable; twice the base fee lasts some full blocks.
      const tip = optionalQuantity(fields.maxPriorityFeePerGas, 'maxPriorityFeePerGas') ?? price ?? chain.floor
      const most = optionalQuantity(fields.maxFeePerGas, 'maxFeePerGas') ?? price
      const message = {
        ...request,
        gas,
        nonce: optionalQuantity(fields.nonce, 'nonce') ?? (await chain.pendingNonce(request.from)),
        maxFeePerGas: most ?? tip + 2n * (callContext.header.baseFeePerGas ?? 0n),
        maxPriorityFeePerGas: most !== undefined && most < tip ? most : tip,
      }
      const transaction = unsignedTransaction(message, callContext.header.common)
      return { raw: hexOf(rawTransaction(transaction.tx)), tx: transactionView(transaction, undefined) }
    },
  }
}
