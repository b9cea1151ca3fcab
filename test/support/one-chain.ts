/** What must hold of validators after whatever happened to them: one chain, and a supply that adds up at every block. */

import { join } from 'node:path'
import { expect } from 'vitest'
import type { ChainBlock } from '../../packages/chain/src/block.ts'
import { lmdbStore } from '../../packages/chain/src/store/lmdb.ts'
import { replayed } from '../../packages/chain/testing/replay.ts'
import { suppliesOf } from '../../packages/chain/testing/supply.ts'
import { stopValidators, type Validator } from './validators.ts'

/**
 * All have the same blocks, each of which executes again to itself from what is stored, and keeps the supply. Ends the
 * validators; answers the first one's head.
 */
export async function expectOneChain(validators: readonly Validator[]): Promise<ChainBlock> {
  const heads = await Promise.all(validators.map(async (one) => (await one.consensus()).head))
  const common = Math.min(...heads)
  for (let number = 0; number <= common; number++) {
    const hashes = await Promise.all(validators.map((one) => one.hashOf(number)))
    expect(new Set(hashes).size, `hashes of block ${number}: ${hashes.join(' ')}`).toBe(1)
  }
  await stopValidators(validators)
  const store = lmdbStore(join(validators[0]?.folder ?? '', 'chain'))
  try {
    const { chain, head, engine } = await replayed(store)
    expect(chain.at(-1)?.hash).toBe(head.hash)
    const supplies = await suppliesOf(engine, chain)
    expect(supplies.reduce((sum, { minted }) => sum + minted, 0n)).toBe(head.minted)
    expect(head.minted).toBeGreaterThan(0n)
    return head
  } finally {
    await store.close()
  }
}
