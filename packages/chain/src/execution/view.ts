/** Reads of the state after one block. */

import { KECCAK256_NULL } from '@ethereumjs/util'
import { equalBytes } from '@millrace/base'
import type { Hex } from 'viem'
import type { ChainBlock } from '../block.ts'
import { bytesOf } from '../hex.ts'
import type { ChainStore } from '../store/store.ts'
import { openTrie, trieValues } from '../trie/trie.ts'
import { findAccessList } from './access-list.ts'
import { runCall } from './call.ts'
import { Pace } from './evm/pace.ts'
import { overrideState } from './overrides.ts'
import type { CallContext, StateView } from './port.ts'
import { proveAccount } from './proof.ts'
import { traceBlock, traceCall } from './replay.ts'
import { simulate } from './simulation/simulation.ts'
import { byteKey } from './state/keys.ts'
import { decodeAccount, type StateReader } from './state/state-reader.ts'
import { ExecutionTimeout } from './trace/tracer.ts'
import { type HashOf, openWorld, type World } from './world.ts'

const slotBytes = 32
/** What an account that is read counts for. */
const leafWork = 100

/** What is answered depends on the block's root and on nothing else. */
export function stateView(store: ChainStore, reader: StateReader, block: ChainBlock, hashOf: HashOf): StateView {
  const { stateRoot: root, common } = block.header
  const accountAt = (address: Hex) => reader.account(root, byteKey(bytesOf(address)))
  const world = async ({ header, overrides, isOver }: CallContext): Promise<World> => {
    const opened = await openWorld(header.common, reader, root, hashOf, paceUntil(isOver))
    if (overrides !== undefined) await overrideState(opened, overrides)
    return opened
  }
  /** A simulation goes on from this block, whatever the chain holds after it. */
  const blockHashes = (simulated: ReadonlyMap<number, Uint8Array>) => (number: number) =>
    simulated.get(number) ?? (number <= block.number ? hashOf(number) : new Uint8Array(32))
  return {
    async account(address) {
      const account = accountAt(address)
      if (account === undefined) return undefined
      const { nonce, balance, codeHash } = account
      return { nonce, balance, hasCode: !equalBytes(codeHash, KECCAK256_NULL) }
    },
    async code(address) {
      const account = accountAt(address)
      return account === undefined ? new Uint8Array(0) : reader.code(account.codeHash)
    },
    async storage(address, slot) {
      const padded = new Uint8Array(slotBytes)
      const account = accountAt(address)
      if (account === undefined) return padded
      const value = reader.slot(root, byteKey(bytesOf(address)), account.storageRoot, byteKey(slot))
      padded.set(value, slotBytes - value.length)
      return padded
    },
    proof: (address, slots) => proveAccount({ common, store, root }, address, slots),
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
      simulate(
        (simulated) => openWorld(common, reader, root, blockHashes(simulated), paceUntil(request.isOver)),
        block,
        request,
      ),
    async supply() {
      let sum = 0n
      const pace = new Pace()
      for (const rlp of trieValues(openTrie(root), reader.node)) {
        sum += decodeAccount(rlp).balance
        if (pace.spend(leafWork)) await pace.rest()
      }
      return sum
    },
  }
}

function paceUntil(isOver: CallContext['isOver']): Pace {
  return new Pace(() => {
    if (isOver?.()) throw new ExecutionTimeout('execution aborted: it took too long')
  })
}
