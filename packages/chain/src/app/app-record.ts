/**
 * What the application knows after a block and no state holds: who votes from which height on, and the sums over all blocks.
 * The next header commits to it through its report, so whoever trusts that header can be given the record by anybody.
 *
 *     record = rlp([ genesis hash, sets of validators (validator-sets.ts), burned, minted ])
 *
 * What follows from votes alone is left out: which block is final is what each node has seen signatures for.
 */

import { RLP } from '@ethereumjs/rlp'
import { fromBigEndian, toBigEndian } from '@millrace/base'
import type { Hex } from 'viem'
import type { ChainBlock } from '../block.ts'
import { keccak } from '../crypto.ts'
import { bytesOf, hexOf } from '../hex.ts'
import { encodeRlp } from '../rlp.ts'
import { decodeSets, encodeSets, type ValidatorSet } from './validator-sets.ts'

export interface AppRecord extends Pick<ChainBlock, 'burned' | 'minted'> {
  readonly genesisHash: Hex
  readonly sets: readonly ValidatorSet[]
}

/** A record's bytes and their hash. */
export interface SealedRecord {
  readonly bytes: Uint8Array
  readonly hash: Hex
}

export function sealRecord({ genesisHash, sets, burned, minted }: AppRecord): SealedRecord {
  const bytes = encodeRlp([bytesOf(genesisHash), encodeSets(sets), toBigEndian(burned), toBigEndian(minted)])
  return { bytes, hash: hexOf(keccak(bytes)) }
}

/** Reads what `sealRecord` wrote: bytes whose hash was compared with a trusted one. Throws on others. */
export function decodeRecord(bytes: Uint8Array): AppRecord {
  const item = RLP.decode(bytes)
  const [genesisHash, sets, burned, minted] = Array.isArray(item) ? item : []
  if (
    !(genesisHash instanceof Uint8Array) ||
    !(sets instanceof Uint8Array) ||
    !(burned instanceof Uint8Array) ||
    !(minted instanceof Uint8Array)
  ) {
    throw new TypeError('a record of the application that is none')
  }
  return {
    genesisHash: hexOf(genesisHash),
    sets: decodeSets(sets),
    burned: fromBigEndian(burned),
    minted: fromBigEndian(minted),
  }
}
