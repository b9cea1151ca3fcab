/** The table of all methods. */

import { keccak256 } from 'viem'
import { quantity } from '../hex.ts'
import { blockMethods } from './block-methods.ts'
import { callMethods } from './call-methods.ts'
import { consensusMethods } from './consensus-methods.ts'
import type { Method, Methods, RpcContext } from './context.ts'
import { feeMethods } from './fee-methods.ts'
import { filterMethods } from './filter-methods.ts'
import { bytes } from './params.ts'
import { stateMethods } from './state-methods.ts'
import { transactionMethods } from './transaction-methods.ts'

/** By name; a Map, so that a caller's `constructor` finds nothing. */
export function allMethods(context: RpcContext): ReadonlyMap<string, Method> {
  const groups = [
    nodeMethods,
    consensusMethods,
    blockMethods,
    stateMethods,
    callMethods,
    transactionMethods,
    feeMethods,
    filterMethods,
  ]
  return new Map(groups.flatMap((group) => Object.entries(group(context))))
}

function nodeMethods({ chain }: RpcContext): Methods {
  const chainId = chain.genesis.chainId
  return {
    eth_chainId: () => quantity(chainId),
    eth_syncing: () => false,
    eth_accounts: () => [],
    net_version: () => String(chainId),
    net_listening: () => true,
    net_peerCount: () => '0x0',
    web3_clientVersion: () => 'millrace/0.1.0',
    web3_sha3: ([value]) => keccak256(bytes(value, 'data')),
  }
}
