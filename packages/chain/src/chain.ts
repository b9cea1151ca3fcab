/** The embedded node: store, engine, driver and RPC put together. */

import {
  type Clock,
  type Crash,
  type Logger,
  type Random,
  silentLogger,
  systemClock,
  systemRandom,
  toUtf8,
} from '@millrace/base'
import type { Address, Hex } from 'viem'
import { createCommon } from './common.ts'
import { type BlockTime, checkBlockTime, startSolo } from './consensus/solo.ts'
import { ChainError } from './errors.ts'
import { embeddedEngine } from './execution/engine.ts'
import { bondAddress, vaultAddress } from './genesis/accounts.ts'
import {
  canonicalJson,
  defaultGenesis,
  type GenesisConfig,
  type ResolvedGenesis,
  resolveGenesis,
  sameGenesis,
} from './genesis/config.ts'
import { createChain, deployContracts } from './node.ts'
import { allMethods } from './rpc/methods.ts'
import { type RpcOptions, startRpcServer } from './rpc/server.ts'
import { blocksOf } from './store/blocks.ts'
import { lmdbStore } from './store/lmdb.ts'
import { type ChainStore, memoryStore } from './store/store.ts'

export interface ChainOptions {
  /** Where the chain lives; absent: in memory, gone with the process. */
  readonly dataFolder?: string
  /** Must be the folder's own, if it has one. Absent: the folder's, or `defaultGenesis`. */
  readonly genesis?: GenesisConfig
  readonly blockTime: BlockTime
  readonly rpc: RpcOptions
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
    const genesis = await openGenesis(store, options, wallSeconds)
    const common = createCommon(genesis.chainId)
    const blocks = blocksOf(store, common)
    const engine = embeddedEngine({ common, store, genesis })
    const chain = await createChain({ common, genesis, engine, blocks, logger, crash })
    const headTimestamp = () => Number(chain.head().header.timestamp)
    await deployContracts(chain, () => Math.max(Math.floor(wallSeconds()), headTimestamp() + 1))
    const { wantsBlock, makeBlock } = chain
    const solo = startSolo(options.blockTime, { clock, wallSeconds, logger, headTimestamp, wantsBlock, makeBlock })
    chain.onSubmit(solo.wake)
    const methods = allMethods({ chain, clock, nextTimestamp: solo.nextTimestamp })
    const server = await startRpcServer(methods, options.rpc, logger).catch(async (thrown: unknown) => {
      await solo.stop()
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
        await solo.stop()
        await store.close()
      },
    }
  } catch (thrown) {
    await store.close()
    throw thrown
  }
}

/** "genesis" and "format" in hex. */
const genesisKey = '67656e65736973'
const formatKey = '666f726d6174'
const storeFormat = 'millrace-chain-1'
const saltBytes = 16

async function openGenesis(
  store: ChainStore,
  { genesis: asked, random = systemRandom }: ChainOptions,
  wallSeconds: () => number,
): Promise<ResolvedGenesis> {
  const format = store.get('meta', formatKey)
  const stored = store.get('meta', genesisKey)
  if (format === undefined || stored === undefined) {
    // A second back, so that block 1, which follows at once, is not ahead of the clock.
    const secondAgo = Math.floor(wallSeconds()) - 1
    const fresh = resolveGenesis(asked ?? defaultGenesis, secondAgo, random.bytes(saltBytes))
    if (fresh.timestamp > secondAgo) {
      const message = `genesis: timestamp ${fresh.timestamp} is not past; expected at most ${secondAgo}: mend the genesis`
      throw new ChainError('bad-genesis', message)
    }
    const puts = [
      { table: 'meta' as const, key: formatKey, value: toUtf8(storeFormat) },
      { table: 'meta' as const, key: genesisKey, value: toUtf8(canonicalJson(fresh)) },
    ]
    await store.write(puts, undefined)
    return fresh
  }
  const found = Buffer.from(format).toString()
  if (found !== storeFormat) {
    const message = `the chain's folder has format ${found}, expected ${storeFormat}: use the version that wrote it`
    throw new ChainError('store-format', message)
  }
  const genesis = JSON.parse(Buffer.from(stored).toString()) as ResolvedGenesis // written by the branch above
  if (asked !== undefined && !sameGenesis(genesis, asked)) {
    const message = 'the folder holds a chain of another genesis: expected the same file, or choose another folder'
    throw new ChainError('genesis-mismatch', message)
  }
  return genesis
}
