/**
 * The EVM over one block's state. Nothing is kept from block to block: trie nodes are found by their hash, which can't
 * go stale, and the account caches live and die with the world that made them.
 */

import type { Common } from '@ethereumjs/common'
import { type AddPrecompile, EVMError } from '@ethereumjs/evm'
import { MerklePatriciaTrie } from '@ethereumjs/mpt'
import { Caches, CacheType, MerkleStateManager } from '@ethereumjs/statemanager'
import { type BatchDBOp, createAddressFromString, type DB, ValueEncoding } from '@ethereumjs/util'
import { createVM, type VM } from '@ethereumjs/vm'
import type { ChainStore, Put } from '../store/store.ts'

export interface World {
  readonly vm: VM
  readonly manager: MerkleStateManager
  readonly trie: MerklePatriciaTrie
  /** Every trie node and code written since the world was made. */
  readonly nodes: Overlay
}

/** Finds the hash of block `number` for the opcode BLOCKHASH. */
export type HashOf = (number: number) => Uint8Array

/** An EVM on the state with this root. What it writes stays in `nodes` until somebody stores it. */
export async function openWorld(common: Common, store: ChainStore, root: Uint8Array, hashOf: HashOf): Promise<World> {
  // A copy, because every EVM subscribes to its Common for good.
  const rules = common.copy()
  const { manager, trie, nodes } = openState(rules, store, root)
  const blockchain = {
    getBlock: async (number: number) => ({ hash: () => hashOf(number) }),
    putBlock: async () => {},
    shallowCopy: () => blockchain,
  }
  // Without KZG @ethereumjs throws out of the transaction that calls point evaluation: here only the call fails.
  const evmOpts = rules.customCrypto.kzg === undefined ? { customPrecompiles: [failingPointEvaluation] } : {}
  const vm = await createVM({ common: rules, stateManager: manager, blockchain, evmOpts })
  return { vm, manager, trie, nodes }
}

const failingPointEvaluation: AddPrecompile = {
  address: createAddressFromString('0x000000000000000000000000000000000000000a'),
  function: ({ gasLimit }) => ({
    executionGasUsed: gasLimit,
    returnValue: new Uint8Array(0),
    exceptionError: new EVMError(EVMError.errorMessages.INVALID_PROOF),
  }),
}

/** The state with this root, without an EVM. */
export function openState(common: Common, store: ChainStore, root: Uint8Array) {
  const nodes = new Overlay(store)
  const trie = new MerklePatriciaTrie({
    db: nodes,
    root,
    common,
    useKeyHashing: true,
    valueEncoding: ValueEncoding.Bytes,
  })
  const cache = { type: CacheType.ORDERED_MAP, size: cachedItemsMax }
  const caches = new Caches({ account: cache, code: cache, storage: cache })
  return { manager: new MerkleStateManager({ common, trie, caches }), trie, nodes }
}

const cachedItemsMax = 1_000_000

/** Buffers writes over the store, so that a whole block can be written at once or forgotten. */
export class Overlay implements DB<string, string | Uint8Array> {
  private readonly written = new Map<string, Uint8Array>()
  private readonly store: ChainStore

  constructor(store: ChainStore) {
    this.store = store
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.written.get(key) ?? this.store.get('node', key)
  }

  async put(key: string, value: string | Uint8Array): Promise<void> {
    if (typeof value === 'string') throw new TypeError('trie nodes are bytes: the trie was made with another encoding')
    this.written.set(key, value)
  }

  /** Nodes are shared between states by their hash, so none is ever deleted. */
  async del(_key: string): Promise<void> {}

  async batch(operations: BatchDBOp<string, string | Uint8Array>[]): Promise<void> {
    for (const operation of operations) if (operation.type === 'put') await this.put(operation.key, operation.value)
  }

  shallowCopy(): this {
    return this
  }

  async open(): Promise<void> {}

  puts(): readonly Put[] {
    return [...this.written].map(([key, value]) => ({ table: 'node', key, value }))
  }
}
