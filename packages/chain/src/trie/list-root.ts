/** The root of the trie of a block's list: its transactions or its receipts, keyed by rlp(index). */

import { RLP } from '@ethereumjs/rlp'
import type { Child } from './node.ts'
import { nibblesOf } from './path.ts'
import { insert, type ReadNode, seal } from './trie.ts'

/** @example listRoot(transactions.map(({ tx }) => tx.serialize())) */
export function listRoot(items: readonly Uint8Array[]): Uint8Array {
  let trie: Child
  for (const [index, item] of items.entries()) trie = insert(trie, nibblesOf(RLP.encode(index)), item, readNothing)
  return seal(trie, () => {})
}

const readNothing: ReadNode = () => {
  throw new TypeError('a trie made in memory has no node to read')
}
