import { silentLogger } from '@millrace/base'
import { expect, test } from 'vitest'
import { createCommon } from '../common.ts'
import { embeddedEngine } from '../execution/engine.ts'
import { defaultGenesis, resolveGenesis } from '../genesis/config.ts'
import { createChain } from '../node.ts'
import type { Job } from '../readers/protocol.ts'
import { blocksOf } from '../store/blocks.ts'
import { memoryStore } from '../store/store.ts'
import { JsonText } from './json-text.ts'
import { allMethods } from './methods.ts'

test('whatever walks many blocks, states or steps is handed to the threads', async () => {
  const genesis = resolveGenesis(defaultGenesis, 1_800_000_000, new Uint8Array(16))
  const common = createCommon(genesis.chainId)
  const store = memoryStore()
  const engine = embeddedEngine({ common, store, genesis })
  const chain = await createChain({ common, genesis, engine, blocks: blocksOf(store, common), logger: silentLogger })
  const handed: Job[] = []
  const readers = {
    async run(job: Job) {
      handed.push(job)
      return new JsonText('"there"')
    },
    async close() {},
  }
  const methods = allMethods({ chain, clock: { now: () => 0 }, nextTimestamp: () => 0, readers })
  const call = (method: string, ...params: unknown[]) => methods.get(method)?.(params)
  const filter = { fromBlock: '0x0', topics: [] }
  const id = await call('eth_newFilter', filter)
  const asked = [
    ['eth_getFilterLogs', id],
    ['eth_getLogs', filter],
    ['eth_feeHistory', '0x400', 'latest', [50]],
    ['eth_getProof', `0x${'11'.repeat(20)}`, [], 'latest'],
    ['eth_call', {}, 'latest'],
    ['eth_estimateGas', {}],
    ['eth_simulateV1', {}, 'latest'],
    ['debug_traceBlockByNumber', '0x0'],
    ['debug_traceBlock', '0x00'],
    ['millrace_supply', 'latest'],
  ] as const
  for (const [method, ...params] of asked)
    expect(await call(method, ...params), method).toEqual(new JsonText('"there"'))
  expect(handed.map(({ method }) => method)).toEqual(['eth_getLogs', ...asked.slice(1).map(([method]) => method)])
  expect(handed[0]?.params).toEqual([filter])
})
