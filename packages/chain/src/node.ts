/** The chain's one mutable state: its head and its pool, and the order in which they change. */

import type { Common } from '@ethereumjs/common'
import { assert, type Crash, type Logger, type Result, refuse } from '@millrace/base'
import type { Hex } from 'viem'
import type { ChainBlock, ChainTransaction } from './block.ts'
import type { Solo } from './consensus/solo.ts'
import { ChainError } from './errors.ts'
import { decodeTransaction } from './execution/engine.ts'
import type { AccountState, Candidate, ExecutionEngine, TransactionSource } from './execution/port.ts'
import type { ResolvedGenesis } from './genesis/config.ts'
import { signDeployments } from './genesis/vault.ts'
import { bytesOf } from './hex.ts'
import { createPool, type Pool, type PoolRefusal } from './pool/pool.ts'
import { type Blocks, blocksUpTo } from './store/blocks.ts'

export interface ChainParts {
  readonly common: Common
  readonly genesis: ResolvedGenesis
  readonly engine: ExecutionEngine
  readonly blocks: Blocks
  readonly logger: Logger
  readonly crash?: Crash | undefined
}

/** What the RPC and the driver see of the chain. */
export interface Chain extends ChainParts {
  readonly pool: Pool
  readonly floor: bigint
  readonly genesisHash: Hex
  head(): ChainBlock
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
  const { engine, blocks, genesis } = parts
  let head = blocks.head() ?? (await makeGenesis(parts))
  const pool = createPool()
  let wake = () => {}
  const watchers = new Set<ChainWatcher>()
  // Admissions run one after another, so that two transactions of an account are judged in the order they came.
  let admissions: Promise<unknown> = Promise.resolve()
  const floor = BigInt(genesis.priceFloor)
  const nonceOf = async (address: Hex) => (await engine.state(head).account(address))?.nonce ?? 0n

  const admit = async (transaction: ChainTransaction): Promise<Result<Hex, PoolRefusal>> => {
    if (blocks.transaction(transaction.hash) !== undefined) return refuse({ code: 'known', message: 'already known' })
    let judged: ChainBlock
    let account: AccountState | undefined
    do {
      judged = head
      account = await engine.state(judged).account(transaction.sender)
      // A block that came meanwhile may have moved the account.
    } while (judged !== head)
    if (account?.hasCode) {
      return refuse({ code: 'contract', message: `sender not an eoa: address ${transaction.sender} has code` })
    }
    const result = pool.add(transaction, {
      nonce: account?.nonce ?? 0n,
      balance: account?.balance ?? 0n,
      baseFeePerGas: head.header.calcNextBaseFee(),
      floor,
    })
    if (result.ok) parts.crash?.at('chain.admitted')
    if (result.ok) for (const watcher of watchers) watcher.onTransaction?.(transaction)
    if (result.ok) wake()
    return result
  }

  const makeBlock = async (timestamp: number): Promise<void> => {
    const candidate = await engine.build(head, timestamp, poolSource(pool, head.header.calcNextBaseFee()))
    await commit(parts, candidate)
    head = candidate.block
    // Nothing but its own transactions moves an account's nonce that has no code.
    for (const { sender, tx } of head.transactions) pool.settle(sender, tx.nonce + 1n)
    for (const watcher of watchers) watcher.onBlock?.(head)
    parts.logger.log('debug', 'block', { number: head.number, transactions: head.transactions.length })
  }

  return {
    ...parts,
    blocks: blocksUpTo(blocks, () => head.number),
    pool,
    floor,
    genesisHash: blocks.byNumber(0)?.hash ?? head.hash,
    head: () => head,
    submit(transaction) {
      const admission = admissions.then(() => admit(transaction))
      admissions = admission.catch(() => {})
      return admission
    },
    pendingNonce: async (address) => pool.pendingNonce(address, await nonceOf(address)),
    wantsBlock: () => pool.hasExecutable(head.header.calcNextBaseFee(), floor),
    makeBlock,
    watch(watcher) {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    onSubmit(callback) {
      wake = callback
    },
  }
}

function poolSource(pool: Pool, baseFeePerGas: bigint): TransactionSource {
  const selection = pool.ordered(baseFeePerGas)
  return {
    next: () => selection.next(),
    refused({ sender, hash }, why) {
      selection.skip(sender)
      if (why === 'invalid') pool.drop(hash)
    },
  }
}

async function makeGenesis(parts: ChainParts): Promise<ChainBlock> {
  const candidate = await parts.engine.genesis(parts.genesis)
  await commit(parts, candidate)
  return candidate.block
}

async function commit({ engine, blocks, crash }: ChainParts, candidate: Candidate): Promise<void> {
  crash?.at('chain.built')
  await engine.commit(candidate)
  crash?.at('chain.committed')
  blocks.remember(candidate.block)
}

/**
 * Makes block 1 with the deployments of the vault and its bonds, unless the chain has it already.
 *
 * @throws ChainError vault-failed
 */
export async function deployContracts(chain: Chain, timestamp: () => number): Promise<void> {
  if (chain.head().number > 0) return
  const deployments = await signDeployments(chain.genesis, chain.head().hash)
  for (const raw of deployments) {
    const admitted = await chain.submit(decodeTransaction(bytesOf(raw), chain.common))
    assert(admitted.ok, 'a chain at block 0 that admits the deployments of its contracts')
  }
  await chain.makeBlock(timestamp())
  const { receipts } = chain.head()
  if (receipts.length === deployments.length && receipts.every(({ status }) => status === 1)) return
  throw new ChainError(
    'vault-failed',
    'block 1 could not deploy the vault and its bonds: their code needs more gas than the deployer or the block has',
  )
}
