/**
 * The order in which a state is sent and received: depth first, an account's storage and its code right after its leaf. Both
 * sides walk by this one rule, so what comes next is always known by its hash, and nothing else is taken.
 */

import { KECCAK256_NULL, KECCAK256_RLP } from '@ethereumjs/util'
import { equalBytes } from '@millrace/base'
import { byteKey } from '../execution/state/keys.ts'
import { decodeAccount } from '../execution/state/state-reader.ts'
import { type Child, decodeNode, type TrieNode } from '../trie/node.ts'

/** A node of the accounts' trie or of a storage, or code, by its hash. */
export interface Wanted {
  readonly kind: 'account' | 'slot' | 'code'
  readonly hash: Uint8Array
}

export interface Frontier {
  /** What comes next, the same until it was taken; undefined when the state is whole. */
  wanted(): Wanted | undefined
  /** Goes on below the bytes of what was wanted, whose hash is the wanted one. */
  take(bytes: Uint8Array): void
}

/** @param root of the accounts' trie */
export function frontierOf(root: Uint8Array): Frontier {
  const stack: Wanted[] = []
  // Contracts share code, and storages that nobody has written to since they were made: each comes once.
  const seen = new Set<string>()
  const once = (wanted: Wanted): readonly Wanted[] => {
    const key = byteKey(wanted.hash)
    if (seen.has(key) || isEmpty(wanted.hash)) return []
    seen.add(key)
    return [wanted]
  }
  const below = (node: TrieNode, kind: 'account' | 'slot'): readonly Wanted[] => {
    if (node.kind === 'leaf') {
      if (kind === 'slot') return []
      const { storageRoot, codeHash } = decodeAccount(node.value)
      return [...once({ kind: 'slot', hash: storageRoot }), ...once({ kind: 'code', hash: codeHash })]
    }
    const children: readonly Child[] = node.kind === 'branch' ? node.children : [node.child]
    return children.flatMap((child) => {
      if (child === undefined) return []
      return child instanceof Uint8Array ? [{ kind, hash: child }] : below(child, kind)
    })
  }
  if (!isEmpty(root)) stack.push({ kind: 'account', hash: root })
  return {
    wanted: () => stack.at(-1),
    take(bytes) {
      const taken = stack.pop()
      if (taken === undefined || taken.kind === 'code') return
      for (const next of [...below(decodeNode(bytes), taken.kind)].reverse()) stack.push(next)
    },
  }
}

/** The root of an empty trie, or the hash of no code. */
function isEmpty(hash: Uint8Array): boolean {
  return equalBytes(hash, KECCAK256_RLP) || equalBytes(hash, KECCAK256_NULL)
}
