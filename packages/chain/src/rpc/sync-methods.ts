/** eth_sendRawTransactionSync (EIP-7966): sends, waits for the block, answers the receipt. */

import type { Hex } from 'viem'
import type { Chain } from '../node.ts'
import type { Methods, RpcContext } from './context.ts'
import { invalidParams, RpcError } from './errors.ts'
import { transactionMethods } from './transaction-methods.ts'
import { receiptView } from './views.ts'

const waitMsDefault = 20_000
const waitMsMax = 60_000
/** EIP-7966: sent, but in no block yet; the hash goes along. */
const notYetCode = 4

export function syncMethods(context: RpcContext): Methods {
  const { chain } = context
  const send = transactionMethods(context).eth_sendRawTransaction
  return {
    async eth_sendRawTransactionSync([raw, wait]) {
      const waitMs = waitOf(wait)
      const hash = (await send?.([raw])) as Hex // that method's answer
      const isThere = chain.blocks.transaction(hash) !== undefined || (await inclusion(chain, hash, waitMs))
      const place = isThere ? chain.blocks.transaction(hash) : undefined
      if (place !== undefined) return receiptView(place.block, place.index)
      throw new RpcError(notYetCode, `the transaction was sent, and is in no block after ${waitMs} ms`, hash)
    },
  }
}

function waitOf(value: unknown): number {
  if (value === undefined || value === null) return waitMsDefault
  const milliseconds = typeof value === 'string' && /^0x[0-9a-f]{1,8}$/i.test(value) ? Number(value) : value
  if (typeof milliseconds === 'number' && Number.isInteger(milliseconds) && milliseconds > 0) {
    return Math.min(milliseconds, waitMsMax)
  }
  throw invalidParams('timeout: expected milliseconds above 0')
}

/** Whether a block with the transaction comes before so many milliseconds are over. */
function inclusion(chain: Chain, hash: Hex, waitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (isIncluded: boolean): void => {
      clearTimeout(timer)
      unwatch()
      resolve(isIncluded)
    }
    const timer = setTimeout(end, waitMs, false)
    const unwatch = chain.watch({
      onBlock({ transactions }) {
        if (transactions.some((transaction) => transaction.hash === hash)) end(true)
      },
    })
  })
}
