/** Who votes on blocks, as consensus knows them. */

import { createHash } from 'node:crypto'
import { stakingParameters } from '@millrace/contracts'
import type { Hex } from 'viem'
import { bytesOf } from '../hex.ts'

/** Who votes, and with which weight. Hex is lower-case. */
export interface Validator {
  /** ed25519 public key, 32 bytes: signs CometBFT's votes. */
  readonly consensusKey: Hex
  /** Address of the secp256k1 key that signs milestones: what a contract can check. */
  readonly signer: Hex
  /** Whole BTT of elected stake. All of it is below 2^53, so that this stays exact. */
  readonly power: number
}

/** As many as parameters let be elected: it keeps a record of votes small. CometBFT takes up to 10,000. */
export const validatorsMax = Number(stakingParameters.validatorsMax.most)

/** The name that CometBFT gives a key: the first 20 bytes of its SHA-256. */
export function consensusAddress(consensusKey: Hex): Hex {
  return `0x${createHash('sha256').update(bytesOf(consensusKey)).digest('hex').slice(0, 40)}`
}
