/**
 * The Merkle tree of an airdrop, as `Airdrop.sol` checks it: leaves hashed twice, pairs sorted before they are hashed
 * (OpenZeppelin's MerkleProof), a node without a partner carried up as it is.
 */

import { assert, defined } from '@millrace/base'
import { concat, encodeAbiParameters, type Hex, keccak256 } from 'viem'

export interface AirdropEntry {
  readonly account: Hex
  /** Base units. */
  readonly amount: bigint
}

export interface AirdropTree {
  readonly root: Hex
  /** Of the entry at this index, from its neighbour up. */
  proof(index: number): readonly Hex[]
}

const leafTypes = [
  { type: 'bytes32' },
  { type: 'uint256' },
  { type: 'uint256' },
  { type: 'address' },
  { type: 'uint256' },
] as const

/** The leaf of an entry of drop number `drop`. */
export function airdropLeaf(domain: Hex, drop: number, index: number, { account, amount }: AirdropEntry): Hex {
  return keccak256(keccak256(encodeAbiParameters(leafTypes, [domain, BigInt(drop), BigInt(index), account, amount])))
}

/**
 * @param entries at least one; the index of each is its place here
 * @example const { root, proof } = airdropTree(domain, 0, [{ account, amount: 5n }])
 */
export function airdropTree(domain: Hex, drop: number, entries: readonly AirdropEntry[]): AirdropTree {
  assert(entries.length > 0, 'at least one entry')
  const levels: Hex[][] = [entries.map((entry, index) => airdropLeaf(domain, drop, index, entry))]
  let top = defined(levels[0], 'the leaves')
  while (top.length > 1) {
    top = parentsOf(top)
    levels.push(top)
  }
  return {
    root: defined(top[0], 'one node at the top'),
    proof: (index) =>
      levels.slice(0, -1).flatMap((level, height) => {
        const neighbour = level[Math.floor(index / 2 ** height) ^ 1]
        return neighbour === undefined ? [] : [neighbour]
      }),
  }
}

function parentsOf(level: readonly Hex[]): Hex[] {
  const parents: Hex[] = []
  for (let at = 0; at < level.length; at += 2) {
    const left = defined(level[at], 'a node at each even place')
    const right = level[at + 1]
    // Lower-case hex of equal length sorts as the numbers do.
    parents.push(right === undefined ? left : keccak256(concat(left < right ? [left, right] : [right, left])))
  }
  return parents
}
