import { defined, silentLogger } from '@millrace/base'
import { expect, test } from 'vitest'
import { createCommon } from './common.ts'
import { embeddedEngine } from './execution/engine.ts'
import { defaultGenesis, resolveGenesis } from './genesis/config.ts'
import { createChain, deployContracts } from './node.ts'
import { blocksOf } from './store/blocks.ts'
import { type ChainStore, memoryStore } from './store/store.ts'

/** A store whose writes can be read before they are flushed, as those of a real one. */
function slowStore() {
  const inner = memoryStore()
  let flushed = Promise.resolve()
  let onWritten = (): void => {}
  const store: ChainStore = {
    ...inner,
    async write(puts, head) {
      await inner.write(puts, head)
      onWritten()
      await flushed
    },
  }
  /** From here on flushing waits for `flush`; `written` resolves when something waits. */
  const hold = () => {
    let flush = (): void => {}
    flushed = new Promise((resolve) => {
      flush = resolve
    })
    const written = new Promise<void>((resolve) => {
      onWritten = resolve
    })
    return { flush, written }
  }
  return { store, hold }
}

test('a block that is not flushed yet is not there: no receipt is shown without its effects', async () => {
  const { store, hold } = slowStore()
  const genesis = resolveGenesis(defaultGenesis, 1_700_000_000, new Uint8Array(16))
  const common = createCommon(genesis.chainId)
  const blocks = blocksOf(store, common)
  const engine = embeddedEngine({ common, store, genesis })
  const chain = await createChain({ common, genesis, engine, blocks, logger: silentLogger })
  const { flush, written } = hold()
  const deploying = deployContracts(chain, () => 1_700_000_001)
  await written
  const { hash, transactions } = defined(blocks.byNumber(1), 'a block in the store')
  const [deployment] = transactions
  const look = () => [
    chain.head().number,
    chain.blocks.byNumber(1)?.number,
    chain.blocks.byHash(hash)?.number,
    chain.blocks.header(1)?.number,
    chain.blocks.transaction(defined(deployment, 'the deployment').hash)?.index,
  ]
  expect(look()).toEqual([0, undefined, undefined, undefined, undefined])
  flush()
  await deploying
  expect(look()).toEqual([1, 1, 1, 1n, 0])
})
