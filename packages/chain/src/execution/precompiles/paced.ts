/**
 * Precompiles that let the event loop turn. @ethereumjs runs each of them in one piece, however much gas it is given: seconds for a
 * block's. Ours take the place of those that work long, wherever an override has moved them; all count for what they cost.
 */

import type { Common } from '@ethereumjs/common'
import { getActivePrecompiles, type PrecompileFunc } from '@ethereumjs/evm'
import { createCommon } from '../../common.ts'
import { insideOf } from '../evm/inside.ts'
import type { Pace } from '../evm/pace.ts'
import { blake2f } from './blake2f.ts'
import { modexp } from './modexp.ts'
import type { PacedPrecompile } from './outcome.ts'
import { pairing } from './pairing.ts'
import { ripemd } from './ripemd.ts'

interface Kind {
  /** In place of theirs; absent where that is short. */
  readonly paced?: PacedPrecompile
  /** What a gas counts for, on top of what the paced count themselves. */
  readonly gasWork: number
}

/** What a call counts for beside its gas. */
const callWork = 200
/** What is known of no gas but its price. */
const plain: Kind = { gasWork: 1 }
/** Points on bn254 are dear for their gas in plain JavaScript. */
const curve: Kind = { gasWork: 5 }
const theirs = getActivePrecompiles(createCommon(1))
const kinds = new Map<PrecompileFunc | undefined, Kind>(
  Object.entries({
    '03': { paced: ripemd, gasWork: 1 },
    '05': { paced: modexp, gasWork: 0 },
    '06': curve,
    '07': curve,
    '08': { paced: pairing, gasWork: 0 },
    '09': { paced: blake2f, gasWork: 0 },
  }).map(([address, kind]) => [theirs.get(address.padStart(40, '0')), kind]),
)

/** Runs the EVM's precompiles at this pace, with the same results. Whoever ended the work ends it within one, too. */
export function pacePrecompiles(evm: object, pace: Pace): void {
  const inside = insideOf(evm)
  const slow = inside.runPrecompile.bind(evm)
  inside.runPrecompile = async (code, data, gasLimit) => {
    const { common } = inside
    const { paced, gasWork } = kinds.get(code) ?? plain
    const isOurs = paced !== undefined && !inside.DEBUG && hasRules(common)
    const result = await (isOurs ? paced({ data, gasLimit, common }, pace) : slow(code, data, gasLimit))
    if (pace.spend(callWork + gasWork * Number(result.executionGasUsed))) await pace.rest()
    return result
  }
}

/** Modexp by EIP-2565, before EIP-7823 and EIP-7883 limit it: of other forks theirs is run. */
function hasRules(common: Common): boolean {
  return common.isActivatedEIP(2565) && !common.isActivatedEIP(7823) && !common.isActivatedEIP(7883)
}
