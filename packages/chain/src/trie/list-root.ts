/** The root of the trie of a block's list: its transactions or its receipts, keyed by rlp(index). */

import { toBigEndian } from '@millrace/base'
import { encodeRlp } from '../rlp.ts'
import type { Child } from './node.ts'
import { nibblesOf } from './path.ts'
import { insert, type ReadNode, seal } from './trie.ts'

/** So many items are hashed at a time as they come, or a full block's would all be hashed in one turn of the event loop. */
const sealedItems = 128

export class ListTrie {
  private trie: Child
  private length = 0

  add(item: Uint8Array): void {
    this.trie = insert(this.trie, nibblesOf(encodeRlp(toBigEndian(BigInt(this.length)))), item, readNothing)
    this.length++
    if (this.length % sealedItems === 0) this.root()
  }

  root(): Uint8Array {
    return seal(this.trie, () => {})
  }
}

/** @example listRoot(transactions.map(({ tx }) => rawTransaction(tx))) */
export function listRoot(items: readonly Uint8Array[]): Uint8Array {
  const list = new ListTrie()
  for (const item of items) list.add(item)
  return list.root()
}

const readNothing: ReadNode = () => {
  throw new TypeError('a trie made in memory has no node to read')
}
