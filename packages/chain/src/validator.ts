/** A node of a network of validators: the application, its JSON-RPC, and the cometbft process beside it. */

import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Clock, type Crash, type Logger, silentLogger, systemClock, systemRandom } from '@millrace/base'
import { createMempool } from './app/mempool.ts'
import type { MilestoneSigner } from './app/milestone.ts'
import type { ChainNode } from './chain.ts'
import { createCommon } from './common.ts'
import { findCometBft } from './consensus/cometbft/binary.ts'
import { networkNameOf } from './consensus/cometbft/calls.ts'
import { genesisName, homeName } from './consensus/cometbft/network.ts'
import { cometNetwork } from './consensus/cometbft/network-view.ts'
import { consensusRpc } from './consensus/cometbft/own-rpc.ts'
import { buildMs, proposalWaitMs } from './consensus/cometbft/pace.ts'
import { type CometBft, type CometBftOptions, startCometBft } from './consensus/cometbft/process.ts'
import { startAbciServer } from './consensus/cometbft/server.ts'
import { type VoteKeys, voteKeys } from './consensus/cometbft/vote-keys.ts'
import { spaceFault, watchSpace } from './disk-space.ts'
import { ChainError } from './errors.ts'
import { embeddedEngine } from './execution/engine.ts'
import { bondAddress, vaultAddress } from './genesis/accounts.ts'
import { checkGenesis, type GenesisConfig } from './genesis/config.ts'
import { hasValidators } from './genesis/staking.ts'
import { openGenesis } from './genesis/stored.ts'
import { milestoneKeys } from './milestone-keys.ts'
import { type Chain, createChain } from './node.ts'
import { readNodeFile } from './node-file.ts'
import { openReaders } from './readers/readers.ts'
import { allMethods } from './rpc/methods.ts'
import { startRpcServer } from './rpc/server.ts'
import { openShelf, type Shelf, snapshotEveryBlocksDefault } from './snapshots/shelf.ts'
import { blocksOf } from './store/blocks.ts'
import { lmdbStore } from './store/lmdb.ts'
import type { ChainStore } from './store/store.ts'

/** Where the chain lies in a validator's folder. */
const chainName = 'chain'

export interface ValidatorOptions {
  /** Made by `initNetwork`: genesis, keys, CometBFT's home; the chain is kept there too. */
  readonly folder: string
  /** Port 0 takes a free one. */
  readonly rpc: { readonly host: string; readonly port: number }
  /** Path of the cometbft binary; absent: the one on PATH. */
  readonly cometBft?: string | undefined
  /** Where CometBFT answers the light clients of nodes that join by a snapshot, host:port. Absent: nowhere. */
  readonly consensusRpc?: string | undefined
  /** A snapshot of each block whose number is a multiple of this; 0: none. Absent: of every 1000th. */
  readonly snapshotEveryBlocks?: number | undefined
  readonly clock?: Clock
  /** Unix seconds, fractions allowed: what calls of the present see; blocks take their time from consensus. */
  readonly wallSeconds?: () => number
  readonly logger?: Logger
  readonly crash?: Crash | undefined
}

export interface ValidatorNode extends ChainNode {
  /** Number of the newest block that more than two thirds of the voting power signed. */
  finalized(): number
  /** Of cometbft, while it runs. */
  consensusPid(): number | undefined
  /** Resolves when the node can't go on (disk-full, store-failed, consensus-failed) and has to be closed. Never rejects. */
  readonly failed: Promise<ChainError>
}

/**
 * Starts the node and its cometbft. When this resolves the JSON-RPC answers; blocks come when enough validators run.
 *
 * @throws ChainError, disk-full among them: its disks must have `freeBytesMin`
 * @example const node = await startValidator({ folder: 'net/0', rpc: { host: '127.0.0.1', port: 8545 } })
 */
export async function startValidator(options: ValidatorOptions): Promise<ValidatorNode> {
  const folder = resolve(options.folder)
  const { clock = systemClock, wallSeconds = () => Date.now() / 1000, logger = silentLogger } = options
  const binary = findCometBft(options.cometBft)
  const asked = readGenesis(join(folder, genesisName))
  const signer = milestoneKeys(folder, logger)
  const places = [folder, join(folder, chainName), join(folder, homeName), join(folder, homeName, 'data')]
  const fault = await spaceFault(places)
  if (fault !== undefined) throw fault
  let fail: (error: ChainError) => void = () => {}
  const failed = new Promise<ChainError>((resolve) => {
    fail = resolve
  })
  const store = failingStore(lmdbStore(join(folder, chainName)), fail)
  const opened: (() => Promise<void>)[] = [() => store.close()]
  const close = async () => {
    for (const end of opened.splice(0).reverse()) await end()
  }
  try {
    const chain = await openChain(store, asked, signer, options)
    const { head, app, common, pool, submit, genesis } = chain
    const headTimestamp = () => Number(head().header.timestamp)
    const nextTimestamp = () => Math.max(Math.floor(wallSeconds()), headTimestamp() + 1)
    const gasLimit = () => head().header.gasLimit
    const shelf = openSnapshots(chain, folder, logger)
    opened.push(shelf.close)
    const mempool = createMempool({ pool, common, gasLimit, submit, headNumber: () => head().number })
    const abciPath = join(folder, 'abci.sock')
    const proposalDue = () => delay(proposalWaitMs(headTimestamp(), wallSeconds()), undefined, { ref: false })
    const calls = { app, mempool, networkName: networkNameOf(genesis.chainId), proposalDue, snapshots: shelf }
    const abci = await startAbciServer(calls, abciPath, logger)
    opened.push(abci.close)
    const readers = openReaders({ folder: join(folder, chainName), genesis, clock, logger })
    opened.push(readers.close)
    const place = () => ({ number: head().number, timestamp: headTimestamp() })
    const network = cometNetwork({ ask: consensusRpc(abciPath), head: place, wallSeconds })
    const methods = allMethods({ chain, clock, nextTimestamp, readers, network })
    const server = await startRpcServer(methods, options.rpc, logger)
    opened.push(server.close)
    const { consensusRpc: rpcListen } = options
    const home = join(folder, homeName)
    const keys = voteKeys(folder, logger)
    const comet = await startConsensus(chain, keys, { binary, home, abciPath, rpcListen, logger, onFailed: fail })
    opened.push(comet.stop)
    const endWatch = watchSpace(places, fail)
    opened.push(async () => endWatch())
    return {
      rpcUrl: server.url,
      genesisHash: chain.genesisHash,
      chainId: genesis.chainId,
      vaultAddress,
      bondAddress,
      head: () => ({ number: head().number, hash: head().hash, timestamp: headTimestamp() }),
      finalized: chain.finalized,
      consensusPid: comet.pid,
      failed,
      close,
    }
  } catch (thrown) {
    await close()
    throw thrown
  }
}

/** CometBFT with the key that votes next; where a block makes that another one, it is started anew with it. */
async function startConsensus(
  { app, head, watch }: Chain,
  keys: VoteKeys,
  options: Omit<CometBftOptions, 'height' | 'prepare'>,
): Promise<CometBft> {
  const members = () => app.validators().map(({ consensusKey }) => consensusKey)
  const prepare = () => keys.install(members())
  const comet = await startCometBft({ ...options, height: () => head().number, prepare })
  let known = head().number
  watch({
    onBlock({ number }) {
      // CometBFT has not written yet what goes with a snapshot that was just restored: the block after it is early enough.
      const isNext = number === known + 1
      known = number
      if (isNext && keys.isDue(members())) comet.restart()
    },
  })
  return comet
}

/** CometBFT hears of a commit that failed and ends; started again, it would ask for the same. */
function failingStore(store: ChainStore, fail: (error: ChainError) => void): ChainStore {
  return {
    ...store,
    async write(puts, head) {
      try {
        await store.write(puts, head)
      } catch (thrown) {
        if (thrown instanceof ChainError) fail(thrown)
        throw thrown
      }
    },
  }
}

async function openChain(
  store: ChainStore,
  asked: GenesisConfig,
  signer: MilestoneSigner,
  { wallSeconds = () => Date.now() / 1000, logger = silentLogger, clock, crash, snapshotEveryBlocks }: ValidatorOptions,
): Promise<Chain> {
  const genesis = await openGenesis(store, { asked, random: systemRandom, wallSeconds })
  if (!hasValidators(genesis)) {
    throw new ChainError('bad-genesis', 'genesis: no validators are named: expected those of chain init')
  }
  const common = createCommon(genesis.chainId)
  const engine = embeddedEngine({ common, store, genesis })
  const parts = { common, genesis, engine, blocks: blocksOf(store, common), logger, clock, crash, signer, store }
  const buildTime = () => delay(buildMs, undefined, { ref: false })
  return createChain({ ...parts, snapshotEveryBlocks: everyBlocks(snapshotEveryBlocks), buildTime })
}

/** @throws ChainError bad-option */
function everyBlocks(asked = snapshotEveryBlocksDefault): number | undefined {
  if (Number.isSafeInteger(asked) && asked >= 0) return asked === 0 ? undefined : asked
  throw new ChainError('bad-option', `a snapshot every ${asked} blocks: expected a whole number, 0 for none`)
}

/** Takes the snapshots that are due: of blocks as they come, and of the last one that was when the process ended. */
function openSnapshots(chain: Chain, folder: string, logger: Logger): Shelf {
  const storeFolder = join(folder, chainName)
  const { genesis, blocks, snapshotEveryBlocks: every } = chain
  const shelf = openShelf({ storeFolder, folder: join(storeFolder, 'snapshots'), chainId: genesis.chainId, logger })
  const due = (number: number): void => {
    // The parent of the base has no body here, which its snapshot would need.
    if (every !== undefined && number > blocks.base() && number % every === 0) void shelf.take(number)
  }
  const { number } = chain.head()
  if (every !== undefined) due(number - (number % every))
  chain.watch({ onBlock: (block) => due(block.number) })
  return shelf
}

function readGenesis(path: string): GenesisConfig {
  const value: unknown = JSON.parse(readNodeFile(path))
  const config = value as GenesisConfig // checked by the next line
  checkGenesis(config)
  return config
}
