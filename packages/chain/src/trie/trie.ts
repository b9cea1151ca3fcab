/**
 * A Merkle Patricia trie as pure functions: many changes in memory, then each new node hashed and handed out once. The trie of
 * @ethereumjs hashes and stores the whole path anew at each single change.
 */

import { KECCAK256_RLP } from '@ethereumjs/util'
import { keccak } from '../crypto.ts'
import { type Branch, branchWidth, type Child, type Extension, encodeNode, hashItem, type TrieNode } from './node.ts'
import { commonLength, joinPaths } from './path.ts'

/** Reads the node with this hash. */
export type ReadNode = (hash: Uint8Array) => TrieNode

/** Takes a new node: where it will be found, and its RLP. */
export type KeepNode = (hash: Uint8Array, rlp: Uint8Array, node: TrieNode) => void

const hashBytes = 32

/** The trie with this root, nothing read yet. */
export function openTrie(root: Uint8Array): Child {
  return Buffer.compare(root, KECCAK256_RLP) === 0 ? undefined : root
}

/** @param key nibbles */
export function lookup(trie: Child, key: Uint8Array, read: ReadNode): Uint8Array | undefined {
  let child = trie
  let offset = 0
  while (child !== undefined) {
    const node = child instanceof Uint8Array ? read(child) : child
    if (node.kind === 'branch') {
      child = node.children[key[offset] ?? 0]
      offset++
      continue
    }
    if (commonLength(node.path, key, offset) < node.path.length) return undefined
    if (node.kind === 'leaf') return node.value
    offset += node.path.length
    child = node.child
  }
  return undefined
}

/** All values, in the order of their keys. */
export function* trieValues(trie: Child, read: ReadNode): Generator<Uint8Array> {
  if (trie === undefined) return
  const node = trie instanceof Uint8Array ? read(trie) : trie
  if (node.kind === 'leaf') yield node.value
  else for (const child of node.kind === 'branch' ? node.children : [node.child]) yield* trieValues(child, read)
}

/**
 * The trie with `value` at `key`.
 *
 * @param key nibbles, no prefix of another key and none of them a prefix of it
 */
export function insert(trie: Child, key: Uint8Array, value: Uint8Array, read: ReadNode, offset = 0): TrieNode {
  if (trie === undefined) return { kind: 'leaf', path: key.slice(offset), value }
  const node = trie instanceof Uint8Array ? read(trie) : trie
  if (node.kind === 'branch') {
    const nibble = key[offset] ?? 0
    return withChild(node, nibble, insert(node.children[nibble], key, value, read, offset + 1))
  }
  const shared = commonLength(node.path, key, offset)
  if (shared === node.path.length) {
    if (node.kind === 'leaf') return { kind: 'leaf', path: node.path, value }
    return { kind: 'extension', path: node.path, child: insert(node.child, key, value, read, offset + shared) }
  }
  const children: Child[] = new Array<Child>(branchWidth).fill(undefined)
  // Copies: a view would move a short array out of V8's heap.
  const rest = node.path.slice(shared + 1)
  const old: Child = node.kind === 'leaf' ? { kind: 'leaf', path: rest, value: node.value } : extended(rest, node.child)
  children[node.path[shared] ?? 0] = old
  children[key[offset + shared] ?? 0] = { kind: 'leaf', path: key.slice(offset + shared + 1), value }
  const branch: Branch = { kind: 'branch', children }
  return shared === 0 ? branch : { kind: 'extension', path: node.path.slice(0, shared), child: branch }
}

/** The trie without `key`; the same trie if it has none. */
export function remove(trie: Child, key: Uint8Array, read: ReadNode, offset = 0): Child {
  if (trie === undefined) return undefined
  const node = trie instanceof Uint8Array ? read(trie) : trie
  if (node.kind === 'branch') {
    const nibble = key[offset] ?? 0
    const child = remove(node.children[nibble], key, read, offset + 1)
    if (child === node.children[nibble]) return trie
    return child === undefined ? collapsed(node, nibble, read) : withChild(node, nibble, child)
  }
  if (commonLength(node.path, key, offset) < node.path.length) return trie
  if (node.kind === 'leaf') return undefined
  const child = remove(node.child, key, read, offset + node.path.length)
  if (child === node.child || child === undefined) return trie
  return prefixed(node.path, child, read)
}

/** Names each new node by its hash, hands it to `keep`, and answers the root. */
export function seal(trie: Child, keep: KeepNode): Uint8Array {
  if (trie === undefined) return KECCAK256_RLP
  if (trie instanceof Uint8Array) return trie
  if (trie.reference?.length === hashBytes + 1) return trie.reference.subarray(1)
  sealChildren(trie, keep)
  const rlp = encodeNode(trie)
  const hash = keccak(rlp)
  // A root has a hash, however short it is.
  keep(hash, rlp, trie)
  if (rlp.length >= hashBytes) trie.reference = hashItem(hash)
  return hash
}

function sealChildren(node: TrieNode, keep: KeepNode): void {
  if (node.kind === 'leaf') return
  for (const child of node.kind === 'branch' ? node.children : [node.child]) {
    if (child === undefined || child instanceof Uint8Array || child.reference !== undefined) continue
    sealChildren(child, keep)
    const rlp = encodeNode(child)
    if (rlp.length < hashBytes) {
      child.reference = rlp
      continue
    }
    const hash = keccak(rlp)
    child.reference = hashItem(hash)
    keep(hash, rlp, child)
  }
}

function withChild(node: Branch, nibble: number, child: Child): Branch {
  const children = node.children.slice()
  children[nibble] = child
  return { kind: 'branch', children }
}

/** A branch that loses the child at `nibble`; with one child left it is no branch any more. */
function collapsed(node: Branch, nibble: number, read: ReadNode): TrieNode {
  const left = node.children.flatMap((child, at) => (child === undefined || at === nibble ? [] : [{ at, child }]))
  const [only] = left
  if (only === undefined || left.length > 1) return withChild(node, nibble, undefined)
  return prefixed(Uint8Array.of(only.at), only.child, read)
}

/** What lies below `path`, the path drawn into it where it has one of its own. */
function prefixed(path: Uint8Array, child: TrieNode | Uint8Array, read: ReadNode): TrieNode {
  const node = child instanceof Uint8Array ? read(child) : child
  if (node.kind === 'branch') return { kind: 'extension', path, child }
  const joined = joinPaths(path, node.path)
  if (node.kind === 'leaf') return { kind: 'leaf', path: joined, value: node.value }
  return { kind: 'extension', path: joined, child: node.child }
}

function extended(path: Uint8Array, child: Extension['child']): TrieNode | Uint8Array {
  return path.length === 0 ? child : { kind: 'extension', path, child }
}
