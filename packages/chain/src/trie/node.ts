/** Nodes of a Merkle Patricia trie (Yellow Paper, appendix D) in memory, and their RLP. */

import { RLP } from '@ethereumjs/rlp'
import { ChainError } from '../errors.ts'
import { encodeRlp, joinRlp, type RlpItem } from '../rlp.ts'
import { packPath, unpackPath } from './path.ts'

/** A node is never changed once it is there: a changed trie has new nodes from the change up to its root. */
export type TrieNode = Leaf | Extension | Branch

interface Kept {
  /** How a parent names it: RLP of its hash, or its own RLP where that is shorter. Absent until somebody seals it. */
  reference?: Uint8Array
}

export interface Leaf extends Kept {
  readonly kind: 'leaf'
  /** Nibbles. */
  readonly path: Uint8Array
  readonly value: Uint8Array
}

export interface Extension extends Kept {
  readonly kind: 'extension'
  readonly path: Uint8Array
  readonly child: TrieNode | Uint8Array
}

/** Keys of one trie are no prefixes of each other, so a branch has no value of its own. */
export interface Branch extends Kept {
  readonly kind: 'branch'
  /** Sixteen. */
  readonly children: readonly Child[]
}

/** Nothing, a node, or the hash of one that nobody has read yet. */
export type Child = TrieNode | Uint8Array | undefined

export const branchWidth = 16
const hashBytes = 32
const emptyItem = Uint8Array.of(0x80)

/** The node's RLP; its children must be sealed. */
export function encodeNode(node: TrieNode): Uint8Array {
  if (node.kind === 'leaf') return encodeRlp([packPath(node.path, true), node.value])
  if (node.kind === 'extension') return joinRlp([encodeRlp(packPath(node.path, false)), referenceOf(node.child)])
  const items = node.children.map(referenceOf)
  items.push(emptyItem)
  return joinRlp(items)
}

/** @throws ChainError store-format */
export function decodeNode(rlp: Uint8Array): TrieNode {
  return nodeOf(RLP.decode(rlp))
}

/** How a parent names a node by its hash. */
export function hashItem(hash: Uint8Array): Uint8Array {
  const item = new Uint8Array(1 + hashBytes)
  item[0] = 0x80 + hashBytes
  item.set(hash, 1)
  return item
}

function nodeOf(item: RlpItem): TrieNode {
  if (item instanceof Uint8Array || (item.length !== 2 && item.length !== branchWidth + 1)) throw damaged()
  if (item.length === branchWidth + 1) return { kind: 'branch', children: item.slice(0, branchWidth).map(childOf) }
  const [packed, second] = item
  if (!(packed instanceof Uint8Array) || second === undefined) throw damaged()
  const { path, isLeaf } = unpackPath(packed)
  if (!isLeaf) return { kind: 'extension', path, child: childOf(second) ?? fail() }
  if (!(second instanceof Uint8Array)) throw damaged()
  return { kind: 'leaf', path, value: second }
}

function childOf(item: RlpItem): Child {
  if (!(item instanceof Uint8Array)) return nodeOf(item)
  if (item.length === 0) return undefined
  if (item.length !== hashBytes) throw damaged()
  return item
}

function referenceOf(child: Child): Uint8Array {
  if (child === undefined) return emptyItem
  if (child instanceof Uint8Array) return hashItem(child)
  return child.reference ?? fail()
}

function damaged(): ChainError {
  return new ChainError('store-format', 'a stored trie node is none: start with a new folder')
}

function fail(): never {
  throw damaged()
}
