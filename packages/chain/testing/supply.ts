/** The supply of a chain, block by block: nothing appears or is gone that the block does not say. */

import type { ChainBlock } from '../src/block.ts'
import type { LocalEngine } from '../src/execution/port.ts'
import { totalSupply } from '../src/genesis/config.ts'

/** Nobody has its key: burned slashes stay there, out of use. */
const burnAddress = '0x000000000000000000000000000000000000dead'
const gwei = 1_000_000_000n

export interface BlockSupply {
  readonly number: number
  /** The sum of all balances but what was burned of slashes. */
  readonly inUse: bigint
  readonly minted: bigint
  readonly burnedFees: bigint
  readonly burnedSlashes: bigint
}

/**
 * Holds each block to: in use after = in use before + minted - base fees burned - slashes burned; block 0 to the total
 * supply. What a block minted and burned is read from its header and withdrawals, not from the chain's own sums, and those
 * are held to it. Throws at the first block that breaks the rule.
 */
export async function suppliesOf(engine: LocalEngine, chain: readonly ChainBlock[]): Promise<readonly BlockSupply[]> {
  const supplies: BlockSupply[] = []
  let dead = 0n
  let [mintedSum, burnedSum] = [0n, 0n]
  for (const block of chain) {
    const state = engine.state(block)
    const burnedBefore = dead
    dead = (await state.account(burnAddress))?.balance ?? 0n
    const supply: BlockSupply = {
      number: block.number,
      inUse: (await state.supply()) - dead,
      minted: (block.withdrawals ?? []).reduce((sum, { amountGwei }) => sum + amountGwei * gwei, 0n),
      burnedFees: block.header.gasUsed * (block.header.baseFeePerGas ?? 0n),
      burnedSlashes: dead - burnedBefore,
    }
    const { minted, burnedFees, burnedSlashes } = supply
    mintedSum += minted
    burnedSum += burnedFees
    const before = supplies.at(-1)?.inUse ?? totalSupply
    const due = before + minted - burnedFees - burnedSlashes
    if (supply.inUse !== due) throw new Error(`block ${block.number}: ${supply.inUse} in use, expected ${due}`)
    if (block.minted !== mintedSum || block.burned !== burnedSum)
      throw new Error(`block ${block.number}: its own sums are minted ${block.minted}, burned ${block.burned}`)
    supplies.push(supply)
  }
  return supplies
}
