/** Paths through a trie: nibbles in memory, hex-prefix encoding in nodes (Yellow Paper, appendix C). */

/** Two nibbles a byte, high one first. */
export function nibblesOf(key: Uint8Array): Uint8Array {
  const nibbles = new Uint8Array(key.length * 2)
  for (let i = 0; i < key.length; i++) {
    const byte = key[i] ?? 0
    nibbles[2 * i] = byte >> 4
    nibbles[2 * i + 1] = byte & 15
  }
  return nibbles
}

export function packPath(nibbles: Uint8Array, isLeaf: boolean): Uint8Array {
  const odd = nibbles.length & 1
  const packed = new Uint8Array((nibbles.length >> 1) + 1)
  packed[0] = ((isLeaf ? 2 : 0) + odd) << 4
  if (odd === 1) packed[0] |= nibbles[0] ?? 0
  for (let i = odd, at = 1; i < nibbles.length; i += 2, at++) {
    packed[at] = ((nibbles[i] ?? 0) << 4) | (nibbles[i + 1] ?? 0)
  }
  return packed
}

export function unpackPath(packed: Uint8Array): { readonly path: Uint8Array; readonly isLeaf: boolean } {
  const nibbles = nibblesOf(packed)
  const flag = nibbles[0] ?? 0
  return { path: nibbles.subarray((flag & 1) === 1 ? 1 : 2), isLeaf: flag >= 2 }
}

/** How many nibbles `path` and `key` from `offset` on have in common. */
export function commonLength(path: Uint8Array, key: Uint8Array, offset: number): number {
  let length = 0
  while (length < path.length && path[length] === key[offset + length]) length++
  return length
}

export function joinPaths(...paths: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const joined = new Uint8Array(paths.reduce((sum, path) => sum + path.length, 0))
  let at = 0
  for (const path of paths) {
    joined.set(path, at)
    at += path.length
  }
  return joined
}
