/** The embedded node: store, engine, driver and RPC put together. */

import {
  type Clock,
  type Crash,
  type Logger,
  type Random,
  silentLogger,
  systemClock,
  systemRandom,
} from '@millrace/base'
import type { Address, Hex } from 'viem'
import { createCommon } from './common.ts'
import { type BlockTime, checkBlockTime, startSolo } from './consensus/solo.ts'
import { ChainError } from './errors.ts'
import { openExecution, type RemoteOptions } from './execution-choice.ts'
import { bondAddress, vaultAddress } from './genesis/accounts.ts'
import type { GenesisConfig } from './genesis/config.ts'
import { hasValidators } from './genesis/staking.ts'
import { openGenesis } from './genesis/stored.ts'
import { createChain, deployContracts } from './node.ts'
import { openReaders } from './readers/readers.ts'
import { allMethods } from './rpc/methods.ts'
import { type RpcOptions, startRpcServer } from './rpc/server.ts'
import { blocksOf } from './store/blocks.ts'
import { lmdbStore } from './store/lmdb.ts'
import { memoryStore } from './store/store.ts'

export interface ChainOptions {
  /** Where the chain lives; absent: in memory, gone with the process. */
  readonly dataFolder?: string
  /** Must be the folder's own, if it has one. Absent: the folder's, or `defaultGenesis`. */
  readonly genesis?: GenesisConfig
  readonly blockTime: BlockTime
  readonly rpc: RpcOptions
  /** A geth that executes for us and keeps the state; absent: this process does. */
  readonly remote?: RemoteOptions | undefined
  readonly clock?: Clock
  /** Unix seconds, fractions allowed: the one place where the calendar enters. */
  readonly wallSeconds?: () => number
  readonly random?: Random
  readonly logger?: Logger
  readonly crash?: Crash | undefined
}

export interface ChainNode {
  readonly rpcUrl: string
  readonly genesisHash: Hex
  readonly chainId: number
  readonly vaultAddress: Address
  /** The bonds of the vault's payers. */
  readonly bondAddress: Address
  head(): { readonly number: number; readonly hash: Hex; readonly timestamp: number }
  /** Ends RPC and blocks and closes the store; what is committed stays. */
  close(): Promise<void>
}

/**
 * Starts the node. When this resolves the vault is deployed and the RPC answers.
 *
 * @throws ChainError
 * @example
 * const node = await startChain({ blockTime: { kind: 'on-demand', leastSeconds: 1 }, rpc: { host: '127.0.0.1', port: 0 } })
 */
export async function startChain(options: ChainOptions): Promise<ChainNode> {
  checkBlockTime(options.blockTime)
  const { clock = systemClock, logger = silentLogger, crash, wallSeconds = () => Date.now() / 1000 } = options
  const store = options.dataFolder === undefined ? memoryStore() : lmdbStore(options.dataFolder)
  try {
    const { random = systemRandom, genesis: asked } = options
    const genesis = await openGenesis(store, { asked, random, wallSeconds })
    if (hasValidators(genesis)) {
      const message = 'the genesis names validators: expected millrace chain start, which makes its blocks with theirs'
      throw new ChainError('bad-option', message)
    }
    const common = createCommon(genesis.chainId)
    const blocks = blocksOf(store, common)
    const execution = await openExecution({ common, store, genesis, blocks, logger }, options.remote)
    const { engine } = execution
    const chain = await createChain({ common, genesis, engine, blocks, logger, clock, crash })
    const headTimestamp = () => Number(chain.head().header.timestamp)
    await deployContracts(chain, () => Math.max(Math.floor(wallSeconds()), headTimestamp() + 1))
    const { wantsBlock, makeBlock } = chain
    const solo = startSolo(options.blockTime, { clock, wallSeconds, logger, headTimestamp, wantsBlock, makeBlock })
    chain.onSubmit(solo.wake)
    const { dataFolder: folder } = options
    const threads = folder === undefined ? undefined : openReaders({ folder, genesis, clock, logger })
    const { nextTimestamp } = solo
    const readers = execution.readers({ chain, clock, nextTimestamp }, threads)
    const methods = allMethods({ chain, clock, nextTimestamp, readers })
    const server = await startRpcServer(methods, options.rpc, logger).catch(async (thrown: unknown) => {
      await Promise.all([readers?.close(), solo.stop()])
      throw thrown
    })
    return {
      rpcUrl: server.url,
      genesisHash: chain.genesisHash,
      chainId: genesis.chainId,
      vaultAddress,
      bondAddress,
      head: () => ({ number: chain.head().number, hash: chain.head().hash, timestamp: headTimestamp() }),
      async close() {
        await server.close()
        await Promise.all([readers?.close(), solo.stop()])
        await store.close()
      },
    }
  } catch (thrown) {
    await store.close()
    throw thrown
  }
}
