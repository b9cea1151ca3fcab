/** What CometBFT asks when it starts: where the application stands, and what block 0 is. */

import type { Hex } from 'viem'
import { ChainError } from '../errors.ts'
import type { Validator } from '../genesis/validators.ts'
import type { AppState } from './state.ts'
import { validatorsAt } from './validator-sets.ts'

/** The last committed block: CometBFT replays what comes after it. */
export function info({ head }: AppState): { readonly height: number; readonly appHash: Hex } {
  return { height: head.number, appHash: head.hash }
}

/**
 * Agrees on block 0, which the genesis file alone determines; whoever has another one must not take part.
 *
 * @throws ChainError genesis-mismatch
 */
export function initChain(
  { network, sets }: AppState,
  genesisHash: string,
): { readonly appHash: Hex; readonly validators: readonly Validator[] } {
  if (genesisHash === network.genesisHash) return { appHash: network.genesisHash, validators: validatorsAt(sets, 1) }
  const message = `consensus begins with genesis ${genesisHash.slice(0, 80)}, this node with ${network.genesisHash}: give both the same file`
  throw new ChainError('genesis-mismatch', message)
}
