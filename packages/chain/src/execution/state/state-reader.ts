/**
 * Reads of committed states: any root's through the trie, and the newest one's out of flat tables, which each commit carries
 * on to its own root. Nodes are found by their hash, which can't go stale; the tables answer only for the root they stand at.
 */

import { RLP } from '@ethereumjs/rlp'
import { KECCAK256_NULL } from '@ethereumjs/util'
import { defined, fromBigEndian, toBigEndian, toHex } from '@millrace/base'
import { keccak } from '../../crypto.ts'
import { ChainError } from '../../errors.ts'
import { encodeRlp } from '../../rlp.ts'
import type { ChainStore } from '../../store/store.ts'
import { decodeNode, hashItem, type TrieNode } from '../../trie/node.ts'
import { nibblesOf } from '../../trie/path.ts'
import { lookup, openTrie, type ReadNode } from '../../trie/trie.ts'
import { byteKey, keyBytes, RecentMap } from './keys.ts'

/** What an account's leaf holds. */
export interface AccountData {
  readonly nonce: bigint
  readonly balance: bigint
  readonly storageRoot: Uint8Array
  readonly codeHash: Uint8Array
}

/** What a block has changed, by the keys of `keys.ts`. */
export interface StateChanges {
  readonly before: Uint8Array
  readonly after: Uint8Array
  /** Undefined where there is no account any more. */
  readonly accounts: ReadonlyMap<string, AccountData | undefined>
  readonly slots: ReadonlyMap<string, ReadonlyMap<string, Uint8Array>>
  /** Accounts whose earlier storage is gone. */
  readonly cleared: ReadonlySet<string>
}

/** Decoded nodes kept at hand, half of them recent: 2 KiB each at most. */
const nodesMax = 32_768
/** Entries of the flat tables: above it they begin anew. */
const flatEntriesMax = 500_000
const codesMax = 256
/** Before a code's hash, so that no code can be taken for a node: as @ethereumjs lays them out. */
const codePrefix = '63' // "c"

const empty = new Uint8Array(0)

export class StateReader {
  private readonly store: ChainStore
  private readonly nodes = new RecentMap<TrieNode>(nodesMax)
  private readonly codes = new RecentMap<Uint8Array>(codesMax)
  private root: string | undefined
  private accounts = new Map<string, AccountData | undefined>()
  private slots = new Map<string, Map<string, Uint8Array>>()
  private entries = 0

  constructor(store: ChainStore) {
    this.store = store
  }

  readonly node: ReadNode = (hash) => {
    const key = byteKey(hash)
    const known = this.nodes.get(key)
    if (known !== undefined) return known
    const rlp = this.store.get('node', toHex(hash))
    if (rlp === undefined) {
      throw new ChainError('store-format', `trie node ${toHex(hash)} is missing: start with a new folder`)
    }
    const node = decodeNode(rlp)
    node.reference = hashItem(hash)
    this.nodes.set(key, node)
    return node
  }

  /**
   * The account at `root`, whatever the newest state is.
   *
   * @param read of nodes that may not be stored yet
   */
  account(root: Uint8Array, address: string, read: ReadNode = this.node): AccountData | undefined {
    const isFlat = this.standsAt(root)
    if (isFlat && this.accounts.has(address)) return this.accounts.get(address)
    const rlp = lookup(openTrie(root), hashedPath(address), read)
    const account = rlp === undefined ? undefined : decodeAccount(rlp)
    if (isFlat) this.keepAccount(address, account)
    return account
  }

  /** The slot's value without leading zeros, in the storage with root `storageRoot` of an account at `root`. */
  slot(
    root: Uint8Array,
    address: string,
    storageRoot: Uint8Array,
    slot: string,
    read: ReadNode = this.node,
  ): Uint8Array {
    const isFlat = this.standsAt(root)
    const known = isFlat ? this.slots.get(address)?.get(slot) : undefined
    if (known !== undefined) return known
    const rlp = lookup(openTrie(storageRoot), hashedPath(slot), read)
    const value = rlp === undefined ? empty : RLP.decode(rlp)
    if (!(value instanceof Uint8Array)) throw new ChainError('store-format', 'a stored slot is no word')
    if (isFlat) this.keepSlot(address, slot, value)
    return value
  }

  code(hash: Uint8Array): Uint8Array {
    if (Buffer.compare(hash, KECCAK256_NULL) === 0) return empty
    const key = byteKey(hash)
    const known = this.codes.get(key)
    if (known !== undefined) return known
    const code = defined(this.store.get('node', codeKey(hash)), 'the code of a stored account')
    this.codes.set(key, code)
    return code
  }

  /** From now on the newest state is the one after these changes. */
  advance(changes: StateChanges): void {
    if (!this.standsAt(changes.before)) this.forget()
    this.root = byteKey(changes.after)
    for (const [address, account] of changes.accounts) this.keepAccount(address, account)
    for (const address of changes.cleared) this.slots.delete(address)
    for (const [address, values] of changes.slots) {
      for (const [slot, value] of values) this.keepSlot(address, slot, value)
    }
  }

  private standsAt(root: Uint8Array): boolean {
    return this.root === byteKey(root)
  }

  private keepAccount(address: string, account: AccountData | undefined): void {
    if (!this.accounts.has(address)) this.count()
    this.accounts.set(address, account)
  }

  private keepSlot(address: string, slot: string, value: Uint8Array): void {
    if (!this.slots.get(address)?.has(slot)) this.count()
    const slots = this.slots.get(address) ?? new Map<string, Uint8Array>()
    this.slots.set(address, slots.set(slot, value))
  }

  private count(): void {
    if (this.entries >= flatEntriesMax) this.forget()
    this.entries++
  }

  private forget(): void {
    this.accounts = new Map()
    this.slots = new Map()
    this.entries = 0
  }
}

/** Where a code stands among the nodes. */
export function codeKey(hash: Uint8Array): string {
  return codePrefix + toHex(hash)
}

/** Where an account or a slot stands in its trie. */
export function hashedPath(key: string): Uint8Array {
  return nibblesOf(keccak(keyBytes(key)))
}

export function encodeAccount({ nonce, balance, storageRoot, codeHash }: AccountData): Uint8Array {
  return encodeRlp([toBigEndian(nonce), toBigEndian(balance), storageRoot, codeHash])
}

export function decodeAccount(rlp: Uint8Array): AccountData {
  const item = RLP.decode(rlp)
  const [nonce, balance, storageRoot, codeHash] = Array.isArray(item) ? item : []
  if (
    !(nonce instanceof Uint8Array) ||
    !(balance instanceof Uint8Array) ||
    !(storageRoot instanceof Uint8Array) ||
    !(codeHash instanceof Uint8Array)
  ) {
    throw new ChainError('store-format', 'a stored account is none: start with a new folder')
  }
  return { nonce: fromBigEndian(nonce), balance: fromBigEndian(balance), storageRoot, codeHash }
}
