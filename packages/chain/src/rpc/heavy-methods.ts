/** The methods that one request may keep busy for seconds: they run the EVM, or walk states or many blocks. */

import { logMethods } from './block-methods.ts'
import { callMethods } from './call-methods.ts'
import type { Methods, ReadContext, RpcContext } from './context.ts'
import { feeHistoryMethods } from './fee-methods.ts'
import { simulateMethods } from './simulate-methods.ts'
import { proofMethods, supplyMethods } from './state-methods.ts'
import { traceMethods } from './trace-methods.ts'

export function heavyMethods(context: ReadContext): Methods {
  return {
    ...callMethods(context),
    ...traceMethods(context),
    ...simulateMethods(context),
    ...proofMethods(context),
    ...supplyMethods(context),
    ...blockSearches(context),
  }
}

/** Those of them that read blocks and no state. */
export function blockSearches(context: ReadContext): Methods {
  return { ...logMethods(context), ...feeHistoryMethods(context) }
}

/** The same, on the context's threads where it has some. */
export function offloadedMethods(context: RpcContext): Methods {
  const here = heavyMethods(context)
  const { readers, chain, nextTimestamp } = context
  if (readers === undefined) return here
  const there = (method: string) => (params: readonly unknown[]) =>
    readers.run({
      method,
      params,
      head: chain.head().number,
      finalized: chain.finalized(),
      nextTimestamp: nextTimestamp(),
    })
  return Object.fromEntries(Object.keys(here).map((method) => [method, there(method)]))
}
