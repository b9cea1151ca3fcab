/** A chain that others made, in our store and behind our JSON-RPC: to be read, for it makes no blocks. */

import type { GethGenesis } from '@ethereumjs/common'
import { silentLogger } from '@millrace/base'
import { embeddedEngine } from '../src/execution/engine.ts'
import { defaultGenesis, type ResolvedGenesis } from '../src/genesis/config.ts'
import { createChain } from '../src/node.ts'
import { allMethods } from '../src/rpc/methods.ts'
import { startRpcServer } from '../src/rpc/server.ts'
import { blocksOf } from '../src/store/blocks.ts'
import { memoryStore } from '../src/store/store.ts'
import { foreignCommon, importChain } from './foreign-import.ts'

/** Imports the blocks of `rlp` and listens on loopback; close when done. */
export async function serveForeignChain(genesis: GethGenesis, rlp: Uint8Array) {
  const store = memoryStore()
  const common = foreignCommon(genesis)
  const { header } = await importChain(store, common, genesis, rlp)
  common.setHardforkBy({ blockNumber: header.number, timestamp: header.timestamp })
  // The parts of our genesis that RPC and pool read; the rest has no meaning here.
  const ours: ResolvedGenesis = {
    ...defaultGenesis,
    chainId: Number(common.chainId()),
    gasLimit: Number(header.gasLimit),
    priceFloor: '0',
    timestamp: 0,
    extraData: '0x',
  }
  const engine = embeddedEngine({ common, store, genesis: ours })
  const chain = await createChain({
    common,
    genesis: ours,
    engine,
    blocks: blocksOf(store, common),
    logger: silentLogger,
  })
  // It stands still, so that no machine is too slow for a limit of time.
  const clock = { now: () => 0 }
  const nextTimestamp = () => Number(header.timestamp) + 1
  const methods = allMethods({ chain, clock, nextTimestamp })
  const server = await startRpcServer(methods, { host: '127.0.0.1', port: 0 }, silentLogger)
  return { url: server.url, chain, close: () => server.close() }
}
