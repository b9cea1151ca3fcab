/** Plain transfers a second and gas a second, over JSON-RPC and in memory or on disk. Run: node packages/chain/src/chain.bench.ts */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { devAccount, startChain } from '@millrace/chain'
import type { Hex } from 'viem'

const transfersPerAccount = 60
const accounts = 8
const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))

for (const dataFolder of [undefined, folder]) {
  const node = await startChain({
    ...(dataFolder === undefined ? {} : { dataFolder }),
    blockTime: { kind: 'on-demand', leastSeconds: 0.2 },
    rpc: { host: '127.0.0.1', port: 0 },
  })
  const signed: Hex[] = []
  for (let nonce = 0; nonce < transfersPerAccount; nonce++) {
    for (let index = 0; index < accounts; index++) {
      const price = { maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 4n * 10n ** 11n, gas: 21_000n } as const
      const to = devAccount((index + 1) % accounts).address
      signed.push(
        await devAccount(index).signTransaction({
          ...price,
          type: 'eip1559',
          chainId: node.chainId,
          nonce,
          to,
          value: 1n,
        }),
      )
    }
  }
  const post = async (calls: readonly { method: string; params: readonly unknown[] }[]) => {
    const body = JSON.stringify(calls.map((call, id) => ({ jsonrpc: '2.0', id, ...call })))
    const response = await fetch(node.rpcUrl, { method: 'POST', body })
    return (await response.json()) as readonly { result: unknown }[]
  }
  const started = performance.now()
  for (let i = 0; i < signed.length; i += 100) {
    await post(signed.slice(i, i + 100).map((raw) => ({ method: 'eth_sendRawTransaction', params: [raw] })))
  }
  const admitted = performance.now()
  const last = { method: 'eth_getTransactionCount', params: [devAccount(accounts - 1).address, 'latest'] }
  while (Number((await post([last]))[0]?.result) < transfersPerAccount)
    await new Promise((resolve) => setTimeout(resolve, 5))
  const seconds = (performance.now() - started) / 1000
  const rate = Math.round(signed.length / seconds)
  console.log(
    `${dataFolder === undefined ? 'memory' : 'lmdb'}: ${signed.length} transfers in ${node.head().number - 1} blocks, ${rate}/s, admitted in ${((admitted - started) / 1000).toFixed(2)} s`,
  )
  await node.close()
}
rmSync(folder, { recursive: true, force: true })
