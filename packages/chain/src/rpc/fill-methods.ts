/** eth_fillTransaction: what a sender has left open, filled in, and the bytes of it without a signature. */

import { rawTransaction } from '../block.ts'
import { unsignedTransaction } from '../execution/simulation/unsigned.ts'
import { hexOf } from '../hex.ts'
import { callRequest } from './call-params.ts'
import type { Methods, RpcContext } from './context.ts'
import { checkFunds } from './estimate.ts'
import { offloadedMethods } from './heavy-methods.ts'
import { JsonText } from './json-text.ts'
import { bigQuantity, fieldsOf, optionalQuantity } from './params.ts'
import { transactionView } from './views.ts'

export function fillMethods(context: RpcContext): Methods {
  const { chain } = context
  const { eth_estimateGas: estimate } = offloadedMethods(context)
  const estimated = async (value: unknown): Promise<bigint> => {
    const answer = await estimate?.([value, 'pending'])
    return bigQuantity(answer instanceof JsonText ? JSON.parse(answer.text) : answer, 'estimate')
  }
  return {
    async eth_fillTransaction([value]) {
      const fields = fieldsOf(value, 'transaction')
      const header = chain.nextHeader(context.nextTimestamp())
      const request = callRequest(fields, header.gasLimit)
      await checkFunds(chain.engine.state(chain.head()), request, { header })
      const gas = optionalQuantity(fields.gas, 'gas') ?? (await estimated(value))
      const price = optionalQuantity(fields.gasPrice, 'gasPrice')
      // A tip of the floor is what keeps a transaction acceptable; twice the base fee lasts some full blocks.
      const tip = optionalQuantity(fields.maxPriorityFeePerGas, 'maxPriorityFeePerGas') ?? price ?? chain.floor
      const most = optionalQuantity(fields.maxFeePerGas, 'maxFeePerGas') ?? price
      const message = {
        ...request,
        gas,
        nonce: optionalQuantity(fields.nonce, 'nonce') ?? (await chain.pendingNonce(request.from)),
        maxFeePerGas: most ?? tip + 2n * (header.baseFeePerGas ?? 0n),
        maxPriorityFeePerGas: most !== undefined && most < tip ? most : tip,
      }
      const transaction = unsignedTransaction(message, header.common)
      return { raw: hexOf(rawTransaction(transaction.tx)), tx: transactionView(transaction, undefined) }
    },
  }
}
