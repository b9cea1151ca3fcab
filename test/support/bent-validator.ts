/** A validator that does as a test wants: the real node and the real cometbft around an application that the test has bent. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { silentLogger } from '@millrace/base'
import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { App } from '../../packages/chain/src/app/app.ts'
import { createMempool } from '../../packages/chain/src/app/mempool.ts'
import { createCommon } from '../../packages/chain/src/common.ts'
import { findCometBft } from '../../packages/chain/src/consensus/cometbft/binary.ts'
import { networkNameOf } from '../../packages/chain/src/consensus/cometbft/calls.ts'
import { startCometBft } from '../../packages/chain/src/consensus/cometbft/process.ts'
import { startAbciServer } from '../../packages/chain/src/consensus/cometbft/server.ts'
import { embeddedEngine } from '../../packages/chain/src/execution/engine.ts'
import type { ResolvedGenesis } from '../../packages/chain/src/genesis/config.ts'
import { type Chain, type ChainParts, createChain } from '../../packages/chain/src/node.ts'
import { blocksOf } from '../../packages/chain/src/store/blocks.ts'
import { memoryStore } from '../../packages/chain/src/store/store.ts'

/** Starts the validator of `folder`; answers what ends it. */
export async function startBent(
  folder: string,
  bend: (chain: Chain) => App,
  options: Pick<ChainParts, 'buildTime'> = {},
): Promise<() => Promise<void>> {
  const genesis = JSON.parse(readFileSync(join(folder, 'genesis.json'), 'utf8')) as ResolvedGenesis // chain init wrote it
  const key = readFileSync(join(folder, 'milestone.key'), 'utf8').trim() as Hex // likewise
  const account = privateKeyToAccount(key)
  const store = memoryStore()
  const common = createCommon(genesis.chainId)
  const chain = await createChain({
    common,
    genesis,
    engine: embeddedEngine({ common, store, genesis }),
    blocks: blocksOf(store, common),
    logger: silentLogger,
    signer: { sign: (hash) => account.sign({ hash }) },
    ...options,
  })
  const { pool, submit, head } = chain
  const mempool = createMempool({
    pool,
    common,
    gasLimit: () => head().header.gasLimit,
    submit,
    headNumber: () => head().number,
  })
  const abciPath = join(folder, 'abci.sock')
  const server = await startAbciServer(
    { app: bend(chain), mempool, networkName: networkNameOf(genesis.chainId), proposalDue: () => Promise.resolve() },
    abciPath,
    silentLogger,
  )
  const binary = findCometBft(undefined)
  const comet = await startCometBft({
    binary,
    home: join(folder, 'cometbft'),
    abciPath,
    logger: silentLogger,
    height: () => head().number,
    onFailed(error) {
      throw error
    },
  })
  return async () => {
    await comet.stop()
    await server.close()
  }
}
