/**
 * For how long consensus punishes a fault, and a light client may trust who could be punished. Both follow from the
 * genesis file, for they must be shorter than stake that leaves is liable, now and after any vote: `Parameters.sol` lets
 * governance set neither factor of that time below the least one here.
 */

import { assert } from '@millrace/base'
import { boundsWith } from '@millrace/contracts'
import { genesisParameters, type Sections } from './parameters.ts'

/** Two days of blocks of a second, which is the least that a block takes. */
export const evidenceBlocksMost = 172_800
/**
 * Evidence about a block can be in the block after its age, and a set signs two blocks into the next epoch: with this
 * less, the evidence comes before the first claim of stake that stood behind the fault.
 */
const evidenceMarginBlocks = 2

/**
 * How many blocks after a fault its evidence is taken.
 *
 * @example evidenceBlocksOf(defaultGenesis) // 172800
 */
export function evidenceBlocksOf(genesis: Sections): number {
  const { epochBlocks, unbondingEpochs } = genesisParameters(genesis)
  const [epoch, epochs] = [boundsWith('epochBlocks', epochBlocks), boundsWith('unbondingEpochs', unbondingEpochs)]
  const blocks = Number(epoch.least * epochs.least) - evidenceMarginBlocks
  assert(blocks > 0, 'an epoch has more blocks than the margin')
  return Math.min(evidenceBlocksMost, blocks)
}

/**
 * For how many seconds after a header its validators can be believed: half of the time for evidence, so that as much is
 * left for who was lied to at the end of it. Blocks take a second at least.
 *
 * @example trustSecondsOf(defaultGenesis) // 86400
 */
export function trustSecondsOf(genesis: Sections): number {
  return Math.floor(evidenceBlocksOf(genesis) / 2)
}
