/**
 * The remote execution engine: a geth executes and keeps the state, we choose transactions, seal headers and keep blocks.
 *
 *     build    eth_simulateV1 (or testing_buildBlockV1) on the parent executes our choice; we seal; engine_newPayloadV3 checks
 *     execute  engine_newPayloadV3, then eth_getBlockReceipts
 *     commit   our store first, then engine_forkchoiceUpdatedV3: a geth that was killed between is led there again
 */

import { type BlockHeader, createBlockHeader } from '@ethereumjs/block'
import { assert, messageOf, ok, type Result, refuse } from '@millrace/base'
import type { Hex } from 'viem'
import { blockOf, type ChainBlock, type ChainTransaction } from '../../block.ts'
import { ChainError } from '../../errors.ts'
import { hexOf } from '../../hex.ts'
import { blocksOf } from '../../store/blocks.ts'
import { blockPuts } from '../../store/codec.ts'
import { type ChainStore, memoryStore } from '../../store/store.ts'
import { embeddedEngine } from '../engine.ts'
import { headerData, type Place } from '../next-header.ts'
import type { Candidate, ExecutionEngine, ExecutionFault } from '../port.ts'
import { rulesReader } from '../rules.ts'
import { remoteViews } from './accounts.ts'
import { attempt, type BuildParts, build, receiptsOf } from './build.ts'
import { RemoteRefusal } from './client.ts'
import { bringTogether, makeHead } from './together.ts'
import { ownFault, remoteFault } from './verdict.ts'

export interface RemoteEngineOptions extends BuildParts {
  readonly store: ChainStore
}

export interface RemoteEngine extends ExecutionEngine {
  /** Asks the other process, which is led to our head before, and once more if the answer shows that it has gone back. */
  ask<T>(question: () => Promise<T>): Promise<T>
}

/** Of a client that `openRemote` has found fit. */
export function remoteEngine(options: RemoteEngineOptions): RemoteEngine {
  const { client, common, store, genesis, logger } = options
  const together = togetherness(options)
  const views = remoteViews({
    call: (method, ...params) => together.ask(() => client.call(method, ...params)),
    calls: (list) => together.ask(() => client.calls(list)),
  })
  const readRules = rulesReader(genesis)
  const rules = (block: ChainBlock) => {
    const view = views(block.hash)
    return readRules({
      storage: view.storage,
      async storageRoot(contract) {
        return (await view.account(contract))?.hasCode ? (await view.proof(contract, [])).storageHash : undefined
      },
    })
  }
  const nextHeader: ExecutionEngine['nextHeader'] = (parent, timestamp, ruling) =>
    createBlockHeader(headerData(genesis, { parent, timestamp, ruling }), { common })
  return {
    async genesis(config) {
      const { block, faults } = await embeddedEngine({ common, store: memoryStore(), genesis }).genesis(config)
      return { block, nodes: [], faults }
    },
    rules,
    nextHeader,
    async build(parent, timestamp, source, report) {
      assert(report === undefined, 'no consensus beside a remote engine: its staking calls are in no other client')
      const place = { parent, timestamp, ruling: await rules(parent) }
      const nonceOf = async (sender: Hex) => (await views(parent.hash).account(sender))?.nonce ?? 0n
      const empty = await together.ask(() => attempt(options, place, [])).catch(together.lost)
      // A source gives each transaction once: what fails from here on is left to the next block, not asked again.
      return build(options, place, { source, nonceOf, empty }).catch(together.lost)
    },
    async execute(parent, header, transactions, report) {
      assert(report === undefined, 'no consensus beside a remote engine: its staking calls are in no other client')
      if (header.timestamp <= parent.header.timestamp) {
        return refuse({ code: 'bad-header', message: `timestamp ${header.timestamp} is not above its parent's` })
      }
      const place = { parent, timestamp: Number(header.timestamp), ruling: await rules(parent) }
      return together.ask(() => execute(options, place, header, transactions))
    },
    async commit({ block }, beside = [], on = hexOf(block.header.parentHash)) {
      const before = block.number === 0 ? undefined : on.slice(2)
      await store.write([...beside, ...(await blockPuts(block))], before)
      // What is stored is decided: from here on nothing may fail, or the chain would try to make the block again.
      await makeHead(client, block.hash).catch((thrown: unknown) => {
        together.lose()
        logger.log('warn', 'the engine was not told of a block', { number: block.number, cause: messageOf(thrown) })
      })
    },
    state: (block) => views(block.hash),
    ask: together.ask,
  }
}

/** The other process may be started anew at any time, and then be blocks behind: who asks it brings it back first. */
function togetherness({ client, common, store, logger }: RemoteEngineOptions) {
  let bringing: Promise<void> | undefined
  const lose = (): void => {
    bringing = undefined
  }
  /** One at a time, however many ask. */
  const bring = async (): Promise<void> => {
    bringing ??= bringTogether({ client, blocks: blocksOf(store, common), logger })
    await bringing.catch((thrown: unknown) => {
      lose()
      throw thrown
    })
  }
  return {
    lose,
    lost(thrown: unknown): never {
      lose()
      throw thrown
    },
    async ask<T>(question: () => Promise<T>): Promise<T> {
      await bring()
      const before = bringing
      try {
        return await question()
      } catch (thrown) {
        if (!isBehind(thrown)) throw thrown
        if (bringing === before) lose()
        await bring()
        return question()
      }
    },
  }
}

/** A call that reverts, or a state that is not kept, is no reason to ask again. */
function isBehind(thrown: unknown): boolean {
  if (thrown instanceof RemoteRefusal) return missing.test(thrown.message)
  return thrown instanceof ChainError
}

/** geth's words for blocks that it does not have, or whose state it has lost. */
const missing = /not found|missing|not current head|not available/i

async function execute(
  options: RemoteEngineOptions,
  place: Place,
  header: BlockHeader,
  transactions: readonly ChainTransaction[],
): Promise<Result<Candidate, ExecutionFault>> {
  const { client, genesis } = options
  const fault = ownFault(genesis, place, header, transactions) ?? (await remoteFault(client, { header, transactions }))
  if (fault !== undefined) return refuse(fault)
  const receipts = await receiptsOf(client, header, transactions)
  const { parent } = place
  const block = blockOf(parent, header, { transactions, receipts, minted: parent.minted })
  return ok({ block, nodes: [], faults: [] })
}
