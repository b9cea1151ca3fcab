/** Our own record of who votes from which height on: power is never taken from what a peer says of itself. */

import { RLP } from '@ethereumjs/rlp'
import { defined, fromBigEndian, toBigEndian } from '@millrace/base'
import type { Hex } from 'viem'
import type { ChainBlock } from '../block.ts'
import type { StateView } from '../execution/port.ts'
import type { Validator } from '../genesis/validators.ts'
import { consensusAddress } from '../genesis/validators.ts'
import { bytesOf, hexOf } from '../hex.ts'
import { encodeRlp } from '../rlp.ts'

/** Where a new set of validators comes from. */
export interface ValidatorSource {
  /** The whole set that holds since `block`, by the states before and after it; undefined where it is as before. */
  elected(block: ChainBlock, before: StateView, after: StateView): Promise<readonly Validator[] | undefined>
}

/** The set that votes at `fromHeight` and above, until a later one begins. */
export interface ValidatorSet {
  readonly fromHeight: number
  readonly validators: readonly Validator[]
}

/** CometBFT lets what FinalizeBlock answers at a height vote this much later. */
export const updateDelayHeights = 2

/** The validators that vote at `height`. */
export function validatorsAt(sets: readonly ValidatorSet[], height: number): readonly Validator[] {
  const set = sets.findLast(({ fromHeight }) => fromHeight <= height)
  return set?.validators ?? []
}

/** The one with this consensus address. */
export function validatorNamed(validators: readonly Validator[], address: Hex): Validator | undefined {
  return validators.find(({ consensusKey }) => consensusAddress(consensusKey) === address)
}

/** Sets with a new one that block `height` elected; those that no vote can refer to any more are forgotten. */
export function withElected(
  sets: readonly ValidatorSet[],
  height: number,
  validators: readonly Validator[],
): readonly ValidatorSet[] {
  const current = sets.findLastIndex(({ fromHeight }) => fromHeight <= height - 1)
  return [...sets.slice(Math.max(0, current)), { fromHeight: height + updateDelayHeights, validators }]
}

/** What CometBFT must be told to get from one set to the next: changed powers, and 0 for who leaves; sorted by key. */
export function updatesBetween(
  before: readonly Validator[],
  after: readonly Validator[],
): readonly Pick<Validator, 'consensusKey' | 'power'>[] {
  const left = before.filter(({ consensusKey }) => !after.some((one) => one.consensusKey === consensusKey))
  const changed = after.filter(
    ({ consensusKey, power }) => !before.some((one) => one.consensusKey === consensusKey && one.power === power),
  )
  return [
    ...changed.map(({ consensusKey, power }) => ({ consensusKey, power })),
    ...left.map(({ consensusKey }) => ({ consensusKey, power: 0 })),
  ].sort((a, b) => (a.consensusKey < b.consensusKey ? -1 : 1))
}

/** Bytes of the record, for the store. */
export function encodeSets(sets: readonly ValidatorSet[]): Uint8Array {
  return encodeRlp(
    sets.map(({ fromHeight, validators }) => [
      toBigEndian(BigInt(fromHeight)),
      validators.map(({ consensusKey, signer, power }) => [
        bytesOf(consensusKey),
        bytesOf(signer),
        toBigEndian(BigInt(power)),
      ]),
    ]),
  )
}

/** Reads what `encodeSets` wrote; a damaged record is a bug or a broken disk, and throws. */
export function decodeSets(bytes: Uint8Array): readonly ValidatorSet[] {
  return list(RLP.decode(bytes)).map((item) => {
    const [fromHeight, rows] = list(item)
    return {
      fromHeight: Number(fromBigEndian(leaf(fromHeight))),
      validators: list(rows).map((row) => {
        const [key, signer, power] = list(row).map(leaf)
        const part = (value: Uint8Array | undefined) =>
          defined(value, 'three parts in each row of the stored validators')
        return {
          consensusKey: hexOf(part(key)),
          signer: hexOf(part(signer)),
          power: Number(fromBigEndian(part(power))),
        }
      }),
    }
  })
}

type Item = Uint8Array | readonly Item[]

function list(item: Item | undefined): readonly Item[] {
  if (item === undefined || item instanceof Uint8Array) throw new TypeError('the stored validators are damaged')
  return item
}

function leaf(item: Item | undefined): Uint8Array {
  if (!(item instanceof Uint8Array)) throw new TypeError('the stored validators are damaged')
  return item
}
