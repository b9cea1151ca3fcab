/** ExtendVote and VerifyVoteExtension: the signature that each validator adds to its vote. */

import { ok, type Result, refuse } from '@millrace/base'
import type { Hex } from 'viem'
import { ChainError } from '../errors.ts'
import type { BlockInput } from './block-input.ts'
import { checkExtension, signExtension } from './milestone.ts'
import { type AppState, executedOf } from './state.ts'
import { validatorNamed, validatorsAt } from './validator-sets.ts'

/**
 * Signs the hash that the block executes to.
 *
 * @throws ChainError bad-option without a key
 */
export async function extendVote(state: AppState, input: BlockInput): Promise<Uint8Array> {
  const { signer } = state.parts
  if (signer === undefined) {
    const message = 'this node is asked to vote but has no key to sign milestones: give it that of its validator'
    throw new ChainError('bad-option', message)
  }
  const { candidate } = await executedOf(state, input)
  const members = validatorsAt(state.sets, input.height).map((validator) => validator.signer)
  return signExtension(state.network, { height: input.height, hash: candidate.block.hash }, signer, members)
}

/** Judges a vote's extension by its bytes and our record of validators: every honest node says the same. */
export function verifyVoteExtension(
  { network, sets }: AppState,
  height: number,
  address: Hex,
  extension: Uint8Array,
): Result<undefined, string> {
  const validator = validatorNamed(validatorsAt(sets, height), address)
  if (validator === undefined) return refuse(`${address} is no validator at height ${height}`)
  const checked = checkExtension(network, extension, height, validator)
  return checked.ok ? ok(undefined) : checked
}
