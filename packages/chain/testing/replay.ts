/** Executes a stored chain again from its genesis, in another store. */

import type { ChainBlock } from '../src/block.ts'
import { createCommon } from '../src/common.ts'
import { decodeTransaction, embeddedEngine } from '../src/execution/engine.ts'
import type { ResolvedGenesis } from '../src/genesis/config.ts'
import { blocksOf } from '../src/store/blocks.ts'
import { type ChainStore, memoryStore } from '../src/store/store.ts'

/**
 * The stored blocks, and what executing them from nothing gives; throws where a block does not execute to itself.
 *
 * @param given the genesis of a store that holds none
 */
export async function replayed(store: ChainStore, given?: ResolvedGenesis) {
  const genesis = given ?? storedGenesis(store)
  const common = createCommon(genesis.chainId)
  const blocks = blocksOf(store, common)
  const engine = embeddedEngine({ common, store: memoryStore(), genesis })
  const first = await engine.genesis(genesis)
  await engine.commit(first)
  const chain: ChainBlock[] = [first.block]
  const supplies = [await engine.state(first.block).supply()]
  const head = blocks.head()
  if (head === undefined) throw new Error('no head in the store')
  for (let number = 1; number <= head.number; number++) {
    const block = blocks.byNumber(number)
    const parent = chain[number - 1]
    if (block === undefined || parent === undefined) throw new Error(`block ${number} is missing`)
    // Senders are recovered again, not read.
    const transactions = block.transactions.map(({ tx }) => decodeTransaction(tx.serialize(), common))
    const result = await engine.execute(parent, block.header, transactions, block.report)
    if (!result.ok) throw new Error(result.error.message)
    await engine.commit(result.value)
    chain.push(result.value.block)
    supplies.push(await engine.state(result.value.block).supply())
  }
  return { common, genesis, blocks, engine, head, chain, supplies }
}

function storedGenesis(store: ChainStore): ResolvedGenesis {
  const stored = store.get('meta', '67656e65736973')
  if (stored === undefined) throw new Error('no genesis in the store')
  return JSON.parse(Buffer.from(stored).toString()) as ResolvedGenesis // the chain wrote it
}
