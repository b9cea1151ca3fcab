/** Reads of the state after one block. */

import { createAccountFromRLP, createAddressFromString } from '@ethereumjs/util'
import type { ChainBlock } from '../block.ts'
import type { ChainStore } from '../store/store.ts'
import { findAccessList } from './access-list.ts'
import { runCall } from './call.ts'
import { overrideState } from './overrides.ts'
import type { CallContext, StateView } from './port.ts'
import { proveAccount } from './proof.ts'
import { traceBlock, traceCall } from './replay.ts'
import { simulate } from './simulation/simulation.ts'
import { type HashOf, openState, openWorld, type World } from './world.ts'

const slotBytes = 32

/** Each read opens the state anew: it depends on the block's root and on nothing else. */
export function stateView(store: ChainStore, block: ChainBlock, hashOf: HashOf): StateView {
  const { stateRoot: root, common } = block.header
  const open = () => openState(common, store, root)
  const world = async ({ header, overrides }: CallContext): Promise<World> => {
    const opened = await openWorld(header.common, store, root, hashOf)
    if (overrides !== undefined) await overrideState(opened, overrides)
    return opened
  }
  /** A simulation goes on from this block, whatever the chain holds after it. */
  const blockHashes = (simulated: ReadonlyMap<number, Uint8Array>) => (number: number) =>
    simulated.get(number) ?? (number <= block.number ? hashOf(number) : new Uint8Array(32))
  return {
    async account(address) {
      const account = await open().manager.getAccount(createAddressFromString(address))
      if (account === undefined) return undefined
      return { nonce: account.nonce, balance: account.balance, hasCode: account.isContract() }
    },
    code: (address) => open().manager.getCode(createAddressFromString(address)),
    async storage(address, slot) {
      const value = await open().manager.getStorage(createAddressFromString(address), slot)
      const padded = new Uint8Array(slotBytes)
      padded.set(value, slotBytes - value.length)
      return padded
    },
    proof: (address, slots) => proveAccount(open(), address, slots),
    async call(request, context) {
      return runCall(await world(context), request, context.header)
    },
    accessList: (request, context) => findAccessList(() => world(context), request, context.header),
    async traceBlock(traced, config, only) {
      return traceBlock(await world({ header: traced.header }), block, traced, config, only)
    },
    async traceCall(request, context, config) {
      return traceCall(await world(context), request, context.header, config)
    },
    simulate: (request) =>
      simulate((simulated) => openWorld(common, store, root, blockHashes(simulated)), block, request),
    async supply() {
      let sum = 0n
      const { values } = await open().trie.getValueMap()
      for (const rlp of Object.values(values)) sum += createAccountFromRLP(rlpBytes(rlp)).balance
      return sum
    },
  }
}

function rlpBytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.startsWith('0x') ? hex.slice(2) : hex, 'hex'))
}
