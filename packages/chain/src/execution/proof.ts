/** Merkle proofs of an account and of slots in its storage (EIP-1186). */

import type { Common } from '@ethereumjs/common'
import { MerklePatriciaTrie } from '@ethereumjs/mpt'
import { getMerkleStateProof, MerkleStateManager } from '@ethereumjs/statemanager'
import { createAddressFromString, type DB, ValueEncoding } from '@ethereumjs/util'
import type { Hex } from 'viem'
import { hexOf } from '../hex.ts'
import type { ChainStore } from '../store/store.ts'
import type { AccountProof } from './port.ts'

/** @param slots 32 bytes each */
export async function proveAccount(
  { common, store, root }: { readonly common: Common; readonly store: ChainStore; readonly root: Uint8Array },
  address: Hex,
  slots: readonly Uint8Array[],
): Promise<AccountProof> {
  const db = new StoredNodes(store)
  const trie = new MerklePatriciaTrie({ db, root, common, useKeyHashing: true, valueEncoding: ValueEncoding.Bytes })
  const manager = new MerkleStateManager({ common, trie })
  const proof = await getMerkleStateProof(manager, createAddressFromString(address), [...slots])
  const bySlot = new Map(proof.storageProof.map((item) => [item.key, item]))
  return {
    balance: proof.balance,
    nonce: proof.nonce,
    codeHash: proof.codeHash,
    storageHash: proof.storageHash,
    accountProof: proof.accountProof,
    // An account that is not there has no storage, hence no nodes that could show a slot's absence.
    storageProof: slots.map((slot) => {
      const found = bySlot.get(hexOf(slot))
      return found === undefined ? { value: '0x0', proof: [] } : { value: quantityOf(found.value), proof: found.proof }
    }),
  }
}

/** Storage holds values without leading zero bytes, a quantity has no leading zero digit either. */
function quantityOf(value: Hex): Hex {
  return `0x${BigInt(value).toString(16)}`
}

/** The store's nodes as @ethereumjs reads them. */
class StoredNodes implements DB<string, string | Uint8Array> {
  private readonly store: ChainStore

  constructor(store: ChainStore) {
    this.store = store
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.store.get('node', key)
  }

  /** A trie's empty root, which it writes before it is asked anything. */
  async put(): Promise<void> {}

  async del(): Promise<void> {}

  async batch(): Promise<void> {}

  shallowCopy(): this {
    return this
  }

  async open(): Promise<void> {}
}
