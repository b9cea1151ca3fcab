/** What governance rules on about blocks: read from the parameters' contract in the state of the block before. */

import { maxBig, minBig } from '@millrace/base'
import { type ParameterName, systemAddresses } from '@millrace/contracts'
import { concatHex, type Hex, keccak256, numberToHex, stringToHex } from 'viem'
import type { ResolvedGenesis } from '../genesis/config.ts'
import { bytesOf, hexOf } from '../hex.ts'

/** Of the next block. */
export interface BlockRules {
  /** Least effective price of a transaction, base units a gas. */
  readonly priceFloor: bigint
  /** What the gas limit of headers moves towards. */
  readonly gasLimit: bigint
}

/** What is read of a state; undefined where no contract stands at the address. */
export interface RulesState {
  storageRoot(contract: Hex): Promise<string | undefined>
  storage(contract: Hex, slot: Uint8Array): Promise<Uint8Array>
}

/** Reads the rules of a state. Where nobody changed a parameter since the last call, it reads one account. */
export type RulesReader = (state: RulesState) => Promise<BlockRules>

const contract = systemAddresses.parameters
/** In Parameters.sol: a mapping in slot 0, whose entries begin with a value of 128 bits and whether it is defined. */
const valueBits = 128n
const floorSlot = slotOf('gasPriceFloor')
const limitSlot = slotOf('blockGasLimit')
/** EIP-1559 and before: a header's gas limit differs from its parent's by less than a 1024th of that. */
const limitDivisor = 1024n

/** On a chain without the contract, one that others made, the genesis file rules for ever. */
export function rulesReader({ priceFloor, gasLimit }: ResolvedGenesis): RulesReader {
  const first = { priceFloor: BigInt(priceFloor), gasLimit: BigInt(gasLimit) }
  let known: { readonly root: string; readonly rules: BlockRules } | undefined
  return async (state) => {
    const root = await state.storageRoot(contract)
    if (root === undefined) return first
    if (known?.root === root) return known.rules
    const read = async (slot: Uint8Array) => decode(await state.storage(contract, slot))
    const rules = {
      priceFloor: (await read(floorSlot)) ?? first.priceFloor,
      gasLimit: (await read(limitSlot)) ?? first.gasLimit,
    }
    known = { root, rules }
    return rules
  }
}

/** The gas limit of a header on a parent with `parent`, on the way to `wanted`. */
export function nextGasLimit(parent: bigint, wanted: bigint): bigint {
  const step = parent / limitDivisor - 1n
  return wanted > parent ? minBig(wanted, parent + step) : maxBig(wanted, parent - step)
}

function slotOf(name: ParameterName): Uint8Array {
  return bytesOf(keccak256(concatHex([stringToHex(name, { size: 32 }), numberToHex(0, { size: 32 })])))
}

function decode(word: Uint8Array): bigint | undefined {
  const packed = word.length === 0 ? 0n : BigInt(hexOf(word))
  return packed >> valueBits === 0n ? undefined : packed & ((1n << valueBits) - 1n)
}
