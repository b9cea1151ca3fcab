/** The chain's one mutable state: its head and its pool, and the order in which they change. */

import type { BlockHeader } from '@ethereumjs/block'
import type { Common } from '@ethereumjs/common'
import { type Clock, type Crash, type Logger, type Result, systemClock } from '@millrace/base'
import type { Hex } from 'viem'
import { type App, createApp } from './app/app.ts'
import { electedSet, stakingElections } from './app/elected-set.ts'
import type { AppParts } from './app/state.ts'
import type { ValidatorSource } from './app/validator-sets.ts'
import type { ChainBlock, ChainTransaction } from './block.ts'
import { makeSoloBlock, type Solo } from './consensus/solo.ts'
import { ChainError } from './errors.ts'
import type { ExecutionEngine, LocalEngine } from './execution/port.ts'
import type { ResolvedGenesis } from './genesis/config.ts'
import { hasValidators } from './genesis/staking.ts'
import { contractCount } from './genesis/vault.ts'
import { admissions } from './pool/admissions.ts'
import { createPool, type Pool, type PoolRefusal } from './pool/pool.ts'
import { type Blocks, blocksUpTo } from './store/blocks.ts'

export interface ChainParts extends Pick<AppParts, 'signer' | 'store' | 'snapshotEveryBlocks'> {
  readonly common: Common
  readonly genesis: ResolvedGenesis
  readonly engine: ExecutionEngine
  readonly blocks: Blocks
  readonly logger: Logger
  /** By which transactions grow old in the pool. Absent: the system's. */
  readonly clock?: Clock | undefined
  readonly crash?: Crash | undefined
  /** Absent: the elections of the staking contracts. */
  readonly validatorSource?: ValidatorSource | undefined
}

/** What the RPC and the driver see of the chain. */
export interface Chain extends ChainParts {
  readonly pool: Pool
  /** Least effective price of a transaction in the next block. */
  readonly floor: bigint
  readonly genesisHash: Hex
  readonly app: App
  head(): ChainBlock
  /** The header of the next block, as far as it is known before execution. */
  nextHeader(timestamp: number): BlockHeader
  /** Number of the newest block that can't be undone. */
  finalized(): number
  /** Admits a transaction whose form was checked. */
  submit(transaction: ChainTransaction): Promise<Result<Hex, PoolRefusal>>
  /** The nonce of the account after its waiting transactions. */
  pendingNonce(address: Hex): Promise<bigint>
  wantsBlock(): boolean
  makeBlock(timestamp: number): Promise<void>
  /** Tells of new blocks and admitted transactions until the answer is called. */
  watch(watcher: ChainWatcher): () => void
  /** Calls back after each admission; the driver wakes by it. */
  onSubmit(wake: Solo['wake']): void
}

export interface ChainWatcher {
  /** The head has moved: one call a block, in order. */
  readonly onBlock?: (block: ChainBlock) => void
  /** The pool has taken a transaction. */
  readonly onTransaction?: (transaction: ChainTransaction) => void
}

/** Opens the stored chain or makes block 0; `head` is where it stands. */
export async function createChain(parts: ChainParts): Promise<Chain> {
  const { engine, blocks, genesis, validatorSource = stakingElections } = parts
  const start = blocks.head() ?? (await makeGenesis(parts))
  const pool = createPool({ clock: parts.clock ?? systemClock })
  const first = blocks.byNumber(0) ?? start
  const genesisHash = first.hash
  const firstValidators = hasValidators(genesis) ? await electedSet(ownEvm(engine).state(first), first.header) : []
  const watchers = new Set<ChainWatcher>()
  let rules = await engine.rules(start) // of the head's state, for those that can't wait for it
  const appParts = { ...parts, pool, firstValidators, validatorSource }
  const app = watchedApp(createApp(appParts, start, genesisHash), async (block) => {
    rules = await engine.rules(block)
    for (const watcher of watchers) watcher.onBlock?.(block)
  })
  const { head } = app
  let wake = () => {}
  const nonceOf = async (address: Hex) => (await engine.state(head()).account(address))?.nonce ?? 0n

  const admit = admissions({ engine, blocks, pool, head, floor: () => rules.priceFloor }, (transaction) => {
    parts.crash?.at('chain.admitted')
    for (const watcher of watchers) watcher.onTransaction?.(transaction)
    wake()
  })

  return {
    ...parts,
    blocks: blocksUpTo(blocks, () => head().number),
    pool,
    get floor() {
      return rules.priceFloor
    },
    genesisHash,
    app,
    head,
    nextHeader: (timestamp) => engine.nextHeader(head(), timestamp, rules),
    finalized: app.finalized,
    submit: admit,
    pendingNonce: async (address) => pool.pendingNonce(address, await nonceOf(address)),
    wantsBlock: () => pool.hasExecutable(head().header.calcNextBaseFee(), rules.priceFloor),
    makeBlock: (timestamp) => makeSoloBlock(app, timestamp),
    watch(watcher) {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    onSubmit(callback) {
      wake = callback
    },
  }
}

/** @throws ChainError bad-option where another process runs the EVM: the calls of staking are in no client's rules but ours */
function ownEvm({ local }: ExecutionEngine): LocalEngine {
  if (local !== undefined) return local
  const message = 'the genesis names validators, whose staking no other client executes: expected the embedded engine'
  throw new ChainError('bad-option', message)
}

/** The application whose commits are told of, whichever driver calls them. */
function watchedApp(app: App, onCommit: (block: ChainBlock) => Promise<void>): App {
  return {
    ...app,
    async commit() {
      await app.commit()
      await onCommit(app.head())
    },
    async applyChunk(index, chunk) {
      const verdict = await app.applyChunk(index, chunk)
      if (verdict.kind === 'restored') await onCommit(app.head())
      return verdict
    },
  }
}

/** Block 0 is no decision: the genesis file alone determines it, so it stands before any call of consensus. */
async function makeGenesis({ engine, blocks, genesis, crash }: ChainParts): Promise<ChainBlock> {
  const candidate = await engine.genesis(genesis)
  crash?.at('chain.built')
  await engine.commit(candidate)
  crash?.at('chain.committed')
  blocks.remember(candidate.block)
  return candidate.block
}

/**
 * Makes block 1 with the deployments of the vault and its bonds, unless the chain has it already.
 *
 * @throws ChainError vault-failed
 */
export async function deployContracts(chain: Chain, timestamp: () => number): Promise<void> {
  if (chain.head().number > 0) return
  await chain.makeBlock(timestamp())
  checkDeployed(chain.head())
}

/** @throws ChainError vault-failed when block 1 lacks a contract */
function checkDeployed({ receipts }: ChainBlock): void {
  if (receipts.length === contractCount && receipts.every(({ status }) => status === 1)) return
  throw new ChainError(
    'vault-failed',
    'block 1 could not deploy the vault and its bonds: their code needs more gas than the deployer or the block has',
  )
}
