/** viem clients of a running chain, for tests. */

import { systemClock } from '@millrace/base'
import { createPublicClient, createWalletClient, defineChain, http, type PrivateKeyAccount } from 'viem'
import type { ChainNode, ChainOptions } from '../src/chain.ts'
import { startChain } from '../src/chain.ts'
import { devAccount } from '../src/genesis/accounts.ts'
import { minedReceipt } from './receipt.ts'

let start: typeof startChain = startChain

/** From now on `quickChain` starts its chains so. */
export function startChainsBy(starter: typeof startChain): void {
  start = starter
}

/** A chain in memory whose blocks don't wait. */
export function quickChain(options: Partial<ChainOptions> = {}): Promise<ChainNode> {
  return start({
    blockTime: { kind: 'on-demand', leastSeconds: 0.005 },
    rpc: { host: '127.0.0.1', port: 0 },
    ...options,
  })
}

/** The same with a clock that is slow: a machine that has other things to do must not run into limits of time. */
export function unhurriedChain(): Promise<ChainNode> {
  return quickChain({
    clock: { now: () => systemClock.now() / 100 },
    blockTime: { kind: 'on-demand', leastSeconds: 0.000_05 },
  })
}

/** Dev account `index` as a viem user of the node. */
export function connect(node: Pick<ChainNode, 'rpcUrl' | 'chainId'>, index: number) {
  return connectAs(node, devAccount(index))
}

/** A node's first answer to a call waits for a thread that loads an EVM: on two cores that run a dozen nodes, longer than viem does. */
const patienceMilliseconds = 60_000

/** Any account as a viem user of the node. */
export function connectAs({ rpcUrl, chainId }: Pick<ChainNode, 'rpcUrl' | 'chainId'>, account: PrivateKeyAccount) {
  const chain = defineChain({
    id: chainId,
    name: 'millrace',
    nativeCurrency: { name: 'BitTorrent', symbol: 'BTT', decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  })
  const transport = http(rpcUrl, { retryCount: 0, timeout: patienceMilliseconds })
  const reader = createPublicClient({ chain, transport, cacheTime: 0 })
  const wallet = createWalletClient({ account, chain, transport })
  return { account, reader, wallet, receipt: (hash: `0x${string}`) => minedReceipt(reader, hash) }
}

/** A bare JSON-RPC call: the parsed answer. */
export async function rpc(url: string, method: string, ...params: unknown[]) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  return (await response.json()) as { result?: unknown; error?: { code: number; message: string; data?: string } }
}
