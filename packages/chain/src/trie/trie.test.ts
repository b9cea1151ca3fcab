import { MerklePatriciaTrie } from '@ethereumjs/mpt'
import { RLP } from '@ethereumjs/rlp'
import { KECCAK256_RLP } from '@ethereumjs/util'
import { equalBytes, seededRandom } from '@millrace/base'
import { describe, expect, test } from 'vitest'
import { keccak } from '../crypto.ts'
import { hexOf } from '../hex.ts'
import { listRoot } from './list-root.ts'
import { type Child, decodeNode, hashItem } from './node.ts'
import { nibblesOf } from './path.ts'
import { insert, lookup, openTrie, type ReadNode, remove, seal } from './trie.ts'

/** Kept nodes by hash, as a store would have them. */
function keeper() {
  const nodes = new Map<string, Uint8Array>()
  const read: ReadNode = (hash) => {
    const rlp = nodes.get(hexOf(hash))
    if (rlp === undefined) throw new Error(`no node ${hexOf(hash)}`)
    return { ...decodeNode(rlp), reference: hashItem(hash) }
  }
  return { nodes, read, keep: (hash: Uint8Array, rlp: Uint8Array) => nodes.set(hexOf(hash), rlp) }
}

/** Keys that share long prefixes, so that extensions and embedded nodes come about; or hashes, as in a state. */
const keyMakers = {
  hashed: (number: number) => keccak(Uint8Array.of(number >> 8, number & 255)),
  crowded: (number: number) => Uint8Array.of(7, 7, number & 1, (number >> 1) & 3, number & 0x11, number & 255),
}

describe.each(Object.entries(keyMakers))('random changes over %s keys', (_name, keyOf) => {
  const seed = 20_261_126
  test(`give the roots of the trie of @ethereumjs (seed ${seed})`, async () => {
    const random = seededRandom(seed)
    const { nodes, read, keep } = keeper()
    const theirs = new MerklePatriciaTrie()
    let root = KECCAK256_RLP
    for (let round = 0; round < 40; round++) {
      let trie: Child = openTrie(root)
      for (let change = random.below(30); change >= 0; change--) {
        const key = keyOf(random.below(120))
        if (random.below(3) === 0) {
          trie = remove(trie, nibblesOf(key), read)
          await theirs.del(key)
          continue
        }
        const value = random.bytes(1 + random.below(40))
        trie = insert(trie, nibblesOf(key), value, read)
        await theirs.put(key, value)
      }
      root = seal(trie, keep)
      expect(hexOf(root)).toBe(hexOf(theirs.root()))
    }
    // And what was kept is the whole trie: it can be read from its root alone.
    for (let number = 0; number < 120; number++) {
      const value = lookup(openTrie(root), nibblesOf(keyOf(number)), read)
      expect(value ?? null).toEqual(await theirs.get(keyOf(number)))
    }
    expect(nodes.size).toBeGreaterThan(0)
  })
})

test('only new nodes are handed out, each once', () => {
  const { nodes, read, keep } = keeper()
  const first = Array.from({ length: 100 }, (_item, number) => keyMakers.hashed(number))
  const all = first.reduce<Child>((trie, key) => insert(trie, nibblesOf(key), key, read), undefined)
  const root = seal(all, keep)
  const before = nodes.size
  const again: string[] = []
  const changed = insert(openTrie(root), nibblesOf(first[0] ?? root), Uint8Array.of(1), read)
  seal(changed, (hash) => again.push(hexOf(hash)))
  expect(again.length).toBeLessThan(5)
  expect(new Set(again).size).toBe(again.length)
  expect(again.some((hash) => nodes.has(hash))).toBe(false)
  expect(nodes.size).toBe(before)
})

test('a removed key leaves the trie as if it had never been there', () => {
  const { read, keep } = keeper()
  const [one, two] = [keyMakers.hashed(1), keyMakers.hashed(2)]
  const single = insert(undefined, nibblesOf(one), Uint8Array.of(5), read)
  const both = insert(single, nibblesOf(two), Uint8Array.of(6), read)
  expect(equalBytes(seal(remove(both, nibblesOf(two), read), keep), seal(single, keep))).toBe(true)
  expect(remove(remove(both, nibblesOf(two), read), nibblesOf(one), read)).toBeUndefined()
  expect(remove(single, nibblesOf(two), read)).toBe(single)
})

test.each([0, 1, 2, 17, 127, 128, 129, 300])(
  'the root of a list of %i is that of a trie keyed by index',
  async (count) => {
    const items = Array.from({ length: count }, (_item, index) => keccak(Uint8Array.of(index & 255, index >> 8)))
    const trie = new MerklePatriciaTrie()
    for (const [index, item] of items.entries()) await trie.put(RLP.encode(index), item)
    expect(hexOf(listRoot(items))).toBe(hexOf(trie.root()))
  },
)
