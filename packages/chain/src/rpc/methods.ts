/** The table of all methods. */

import { blockMethods } from './block-methods.ts'
import { configMethods } from './config-methods.ts'
import { consensusMethods } from './consensus-methods.ts'
import type { Method, RpcContext } from './context.ts'
import { feeMethods } from './fee-methods.ts'
import { fillMethods } from './fill-methods.ts'
import { filterMethods } from './filter-methods.ts'
import { offloadedMethods } from './heavy-methods.ts'
import { networkMethods } from './network-methods.ts'
import { rawMethods } from './raw-methods.ts'
import { stateMethods } from './state-methods.ts'
import { subscriptionMethods } from './subscription-methods.ts'
import { syncMethods } from './sync-methods.ts'
import { transactionMethods } from './transaction-methods.ts'
import { txpoolMethods } from './txpool-methods.ts'

/** By name; a Map, so that a caller's `constructor` finds nothing. */
export function allMethods(context: RpcContext): ReadonlyMap<string, Method> {
  const groups = [
    ...[configMethods, blockMethods, stateMethods, offloadedMethods, transactionMethods, feeMethods, filterMethods],
    ...[rawMethods, txpoolMethods, subscriptionMethods, fillMethods, syncMethods],
    ...[consensusMethods, networkMethods],
  ]
  return new Map(groups.flatMap((group) => Object.entries(group(context))))
}
