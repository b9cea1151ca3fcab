/** The EVM over one block's state. What it changes lives and dies with the world that made it. */

import type { Common } from '@ethereumjs/common'
import { type AddPrecompile, EVMError } from '@ethereumjs/evm'
import { createAddressFromString } from '@ethereumjs/util'
import { createVM, type VM } from '@ethereumjs/vm'
import { hasten } from './evm/interpreter.ts'
import { Pace } from './evm/pace.ts'
import { pacePrecompiles } from './precompiles/paced.ts'
import { BlockState } from './state/block-state.ts'
import type { StateReader } from './state/state-reader.ts'

export interface World {
  readonly vm: VM
  readonly manager: BlockState
  readonly pace: Pace
}

/** Finds the hash of block `number` for the opcode BLOCKHASH. */
export type HashOf = (number: number) => Uint8Array

/** An EVM on the state with this root. What it writes stays in `manager` until somebody stores it. */
export async function openWorld(
  common: Common,
  reader: StateReader,
  root: Uint8Array,
  hashOf: HashOf,
  pace = new Pace(),
): Promise<World> {
  // A copy, because every EVM subscribes to its Common for good.
  const rules = common.copy()
  const manager = new BlockState(reader, root, pace)
  const blockchain = {
    getBlock: async (number: number) => ({ hash: () => hashOf(number) }),
    putBlock: async () => {},
    shallowCopy: () => blockchain,
  }
  // Without KZG @ethereumjs throws out of the transaction that calls point evaluation: here only the call fails.
  const evmOpts = rules.customCrypto.kzg === undefined ? { customPrecompiles: [failingPointEvaluation] } : {}
  const vm = await createVM({ common: rules, stateManager: manager, blockchain, evmOpts })
  hasten(vm.evm, pace)
  pacePrecompiles(vm.evm, pace)
  return { vm, manager, pace }
}

const failingPointEvaluation: AddPrecompile = {
  address: createAddressFromString('0x000000000000000000000000000000000000000a'),
  function: ({ gasLimit }) => ({
    executionGasUsed: gasLimit,
    returnValue: new Uint8Array(0),
    exceptionError: new EVMError(EVMError.errorMessages.INVALID_PROOF),
  }),
}
