/** Accounts of the fuzzer. They have no keys: their calls are made for them. */

import type { Hex } from 'viem'
import { nameOf } from '../stake-world.ts'

const word = (kind: number, index: number, length: number): Hex =>
  `0x${((BigInt(kind) << 32n) | BigInt(index)).toString(16).padStart(2 * length, '0')}`

export const operatorCount = 5
/** The first ones may become validators; the others only delegate. */
export const actors: readonly Hex[] = Array.from({ length: 8 }, (_, index) => word(0xac, index, 20))
export const operators = actors.slice(0, operatorCount)

/** The `index`th consensus key or signer that the fuzzer hands out. */
export const consensusKey = (index: number): Hex => word(0xce, index + 1, 32)
export const consensusName = (index: number): Hex => nameOf(consensusKey(index))
export const signer = (index: number): Hex => word(0x51, index + 1, 20)
