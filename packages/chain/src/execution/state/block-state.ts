/**
 * The state that a block's transactions change: accounts, slots and code in maps, an undo log for reverted calls, and the
 * tries once, when somebody asks for the root. It stands where @ethereumjs has its MerkleStateManager, which writes the trie at
 * each change or, with caches, copies them at each call.
 */

import type { AccountFields, StateManagerInterface } from '@ethereumjs/common'
import { Account, type Address, KECCAK256_NULL, KECCAK256_RLP } from '@ethereumjs/util'
import { toHex } from '@millrace/base'
import { keccak } from '../../crypto.ts'
import { encodeRlp } from '../../rlp.ts'
import type { Put } from '../../store/store.ts'
import type { Child, TrieNode } from '../../trie/node.ts'
import { insert, openTrie, type ReadNode, remove, seal } from '../../trie/trie.ts'
import { Pace } from '../evm/pace.ts'
import { byteKey } from './keys.ts'
import {
  type AccountData,
  codeKey,
  encodeAccount,
  hashedPath,
  type StateChanges,
  type StateReader,
} from './state-reader.ts'

const empty = new Uint8Array(0)
const wordBytes = 32
/** What a changed leaf counts for: its path, its nodes and their hashes. */
const leafWork = 300

/** One account's storage as it is now. */
interface Storage {
  /** Root of what lies below `slots`. */
  root: Uint8Array
  /** Values that were read or written, without leading zeros. */
  readonly slots: Map<string, Uint8Array>
  /** Written since the last root. */
  dirty: Set<string>
}

export class BlockState implements StateManagerInterface {
  private readonly reader: StateReader
  private readonly pace: Pace
  private readonly start: Uint8Array
  private root: Uint8Array
  private accounts = new Map<string, AccountData | undefined>()
  private storages = new Map<string, Storage>()
  private readonly codes = new Map<string, Uint8Array>()
  private dirty = new Set<string>()
  private readonly changed = new Set<string>()
  private readonly cleared = new Set<string>()
  private undo: (() => void)[] = []
  private marks: number[] = []
  private readonly kept = new Map<string, { readonly key: string; readonly rlp: Uint8Array; readonly node: TrieNode }>()
  private readonly keptCodes = new Map<string, Uint8Array>()
  private originals = new Map<string, Uint8Array>()

  constructor(reader: StateReader, root: Uint8Array, pace = new Pace()) {
    this.pace = pace
    this.reader = reader
    this.start = root
    this.root = root
  }

  /** What each slot held when the transaction first asked. */
  readonly originalStorageCache = {
    get: async (address: Address, slot: Uint8Array): Promise<Uint8Array> => {
      const key = byteKey(address.bytes) + byteKey(slot)
      const known = this.originals.get(key)
      if (known !== undefined) return known
      const value = this.slotValue(byteKey(address.bytes), byteKey(slot))
      this.originals.set(key, value)
      return value
    },
    clear: (): void => {
      if (this.originals.size > 0) this.originals = new Map()
    },
  }

  async getAccount(address: Address): Promise<Account | undefined> {
    const data = this.account(byteKey(address.bytes))
    return data === undefined ? undefined : new Account(data.nonce, data.balance, data.storageRoot, data.codeHash)
  }

  async putAccount(address: Address, account?: Account): Promise<void> {
    if (account === undefined) return this.deleteAccount(address)
    const { nonce, balance, storageRoot, codeHash } = account
    this.write(byteKey(address.bytes), { nonce, balance, storageRoot, codeHash })
  }

  async deleteAccount(address: Address): Promise<void> {
    const key = byteKey(address.bytes)
    if (this.account(key) === undefined) return
    this.replaceStorage(key)
    this.write(key, undefined)
  }

  async modifyAccountFields(address: Address, fields: AccountFields): Promise<void> {
    const account = (await this.getAccount(address)) ?? new Account()
    Object.assign(account, Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)))
    await this.putAccount(address, account)
  }

  async putCode(address: Address, code: Uint8Array): Promise<void> {
    const codeHash = code.length === 0 ? KECCAK256_NULL : keccak(code)
    this.codes.set(byteKey(codeHash), code)
    await this.modifyAccountFields(address, { codeHash })
  }

  async getCode(address: Address): Promise<Uint8Array> {
    const account = this.account(byteKey(address.bytes))
    if (account === undefined) return empty
    return this.codes.get(byteKey(account.codeHash)) ?? this.reader.code(account.codeHash)
  }

  async getCodeSize(address: Address): Promise<number> {
    return (await this.getCode(address)).length
  }

  async getStorage(address: Address, slot: Uint8Array): Promise<Uint8Array> {
    checkSlot(slot)
    return this.slotValue(byteKey(address.bytes), byteKey(slot))
  }

  async putStorage(address: Address, slot: Uint8Array, value: Uint8Array): Promise<void> {
    checkSlot(slot)
    if (value.length > wordBytes)
      throw new TypeError(`a slot's value of ${value.length} bytes: expected up to ${wordBytes}`)
    const owner = byteKey(address.bytes)
    if (this.account(owner) === undefined) throw new TypeError('storage is written where no account is')
    const key = byteKey(slot)
    const storage = this.storageOf(owner)
    const before = this.slotValue(owner, key)
    const set = (to: Uint8Array): void => {
      storage.slots.set(key, to)
      storage.dirty.add(key)
      this.dirty.add(owner)
    }
    set(withoutZeros(value))
    this.onRevert(() => set(before))
  }

  async clearStorage(address: Address): Promise<void> {
    const key = byteKey(address.bytes)
    this.replaceStorage(key)
    const { nonce, balance, codeHash } = this.account(key) ?? new Account()
    this.write(key, { nonce, balance, codeHash, storageRoot: KECCAK256_RLP })
  }

  async checkpoint(): Promise<void> {
    this.marks.push(this.undo.length)
  }

  async commit(): Promise<void> {
    this.marks.pop()
    if (this.marks.length === 0) {
      this.undo = []
      this.originalStorageCache.clear()
    }
  }

  async revert(): Promise<void> {
    const mark = this.marks.pop() ?? 0
    while (this.undo.length > mark) this.undo.pop()?.()
    if (this.marks.length === 0) this.originalStorageCache.clear()
  }

  /** Writes the tries: after the block, or wherever a root is needed. */
  async getStateRoot(): Promise<Uint8Array> {
    if (this.dirty.size === 0) return this.root
    const keys = this.dirty
    this.dirty = new Set()
    this.root = await this.written(this.root, keys, async (key) => {
      this.changed.add(key)
      const account = await this.sealedAccount(key)
      return account === undefined ? undefined : encodeAccount(account)
    })
    return this.root
  }

  async setStateRoot(root: Uint8Array): Promise<void> {
    this.root = root
    this.accounts = new Map()
    this.storages = new Map()
    this.dirty = new Set()
    this.undo = []
    this.marks = []
    this.originalStorageCache.clear()
  }

  async hasStateRoot(root: Uint8Array): Promise<boolean> {
    try {
      const trie = openTrie(root)
      if (trie instanceof Uint8Array) this.read(trie)
      return true
    } catch {
      return false
    }
  }

  clearCaches(): void {}

  shallowCopy(): BlockState {
    return new BlockState(this.reader, this.root)
  }

  /** New nodes and codes up to the last root. */
  puts(): readonly Put[] {
    const puts: Put[] = []
    for (const { key, rlp } of this.kept.values()) puts.push({ table: 'node', key, value: rlp })
    for (const [key, value] of this.keptCodes) puts.push({ table: 'node', key, value })
    return puts
  }

  /** What is different at the last root from where it began. */
  changes(): StateChanges {
    const slots = new Map<string, ReadonlyMap<string, Uint8Array>>()
    for (const key of this.changed) {
      const storage = this.storages.get(key)
      if (storage !== undefined && storage.slots.size > 0) slots.set(key, storage.slots)
    }
    const accounts = new Map([...this.changed].map((key) => [key, this.accounts.get(key)]))
    return { before: this.start, after: this.root, accounts, slots, cleared: this.cleared }
  }

  private readonly read: ReadNode = (hash) => this.kept.get(byteKey(hash))?.node ?? this.reader.node(hash)

  private readonly keep = (hash: Uint8Array, rlp: Uint8Array, node: TrieNode): void => {
    this.kept.set(byteKey(hash), { key: toHex(hash), rlp, node })
  }

  private account(key: string): AccountData | undefined {
    const known = this.accounts.get(key)
    if (known !== undefined || this.accounts.has(key)) return known
    const account = this.reader.account(this.root, key, this.read)
    this.accounts.set(key, account)
    return account
  }

  private write(key: string, account: AccountData | undefined): void {
    const before = this.account(key)
    const set = (to: AccountData | undefined): void => {
      this.accounts.set(key, to)
      this.dirty.add(key)
    }
    set(account)
    this.onRevert(() => set(before))
  }

  private storageOf(key: string): Storage {
    const known = this.storages.get(key)
    if (known !== undefined) return known
    const storage: Storage = {
      root: this.account(key)?.storageRoot ?? KECCAK256_RLP,
      slots: new Map(),
      dirty: new Set(),
    }
    this.storages.set(key, storage)
    return storage
  }

  /** An empty storage in place of the one that was there. */
  private replaceStorage(key: string): void {
    const before = this.storages.get(key)
    const wasCleared = this.cleared.has(key)
    this.storages.set(key, { root: KECCAK256_RLP, slots: new Map(), dirty: new Set() })
    this.cleared.add(key)
    this.onRevert(() => {
      if (before === undefined) this.storages.delete(key)
      else this.storages.set(key, before)
      if (!wasCleared) this.cleared.delete(key)
    })
  }

  private slotValue(owner: string, slot: string): Uint8Array {
    if (this.account(owner) === undefined) return empty
    const storage = this.storageOf(owner)
    const known = storage.slots.get(slot)
    if (known !== undefined) return known
    // Not asked of the reader where the storage was cleared: it knows the account as it was before.
    const value =
      storage.root === KECCAK256_RLP ? empty : this.reader.slot(this.root, owner, storage.root, slot, this.read)
    storage.slots.set(slot, value)
    return value
  }

  private onRevert(undo: () => void): void {
    if (this.marks.length > 0) this.undo.push(undo)
  }

  /** The account with its storage and code written. */
  private async sealedAccount(key: string): Promise<AccountData | undefined> {
    const account = this.accounts.get(key)
    if (account === undefined) return undefined
    const code = this.codes.get(byteKey(account.codeHash))
    if (code !== undefined && code.length > 0) this.keptCodes.set(codeKey(account.codeHash), code)
    const storage = this.storages.get(key)
    if (storage === undefined) return account
    const slots = storage.dirty
    storage.dirty = new Set()
    storage.root = await this.written(storage.root, slots, async (slot) => {
      const value = storage.slots.get(slot) ?? empty
      return value.length === 0 ? undefined : encodeRlp(value)
    })
    const sealed = { ...account, storageRoot: storage.root }
    this.accounts.set(key, sealed)
    return sealed
  }

  /** The trie's root once each key has its value, or has none. In the order of the paths, so that a part is done when it is left. */
  private async written(
    root: Uint8Array,
    keys: ReadonlySet<string>,
    leafOf: (key: string) => Promise<Uint8Array | undefined>,
  ): Promise<Uint8Array> {
    const paths = [...keys].map((key) => ({ key, path: hashedPath(key) }))
    paths.sort((a, b) => Buffer.compare(a.path, b.path))
    let trie: Child = openTrie(root)
    for (const { key, path } of paths) {
      const value = await leafOf(key)
      trie = value === undefined ? remove(trie, path, this.read) : insert(trie, path, value, this.read)
      if (!this.pace.spend(leafWork)) continue
      seal(trie, this.keep)
      await this.pace.rest()
    }
    return seal(trie, this.keep)
  }
}

function checkSlot(slot: Uint8Array): void {
  if (slot.length !== wordBytes) throw new TypeError(`a slot of ${slot.length} bytes: expected ${wordBytes}`)
}

function withoutZeros(value: Uint8Array): Uint8Array {
  let at = 0
  while (at < value.length && value[at] === 0) at++
  return at === 0 ? value : value.subarray(at)
}
