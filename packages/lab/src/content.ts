/**
 * The content of a run in the units that policies see. They know blocks of 16 KiB; at the piece level each of those stands
 * for `blocksPerUnit` real ones: content, rates and pieces are divided by it and prices multiplied, so times, shares and
 * money stay what they were, and what a policy fixes in bytes (a stranger's trial, a seeding turn) is coarser by that factor.
 */

import { assert, blockBytes } from '@millrace/base'
import { fullBitfield } from '@millrace/swarm'

export interface Content {
  readonly info: { readonly pieceLength: number; readonly pieceCount: number; readonly totalSize: number }
  readonly blocksPerPiece: number
  readonly lastKey: number
  readonly lastLength: number
  /** Real bytes a model byte. */
  readonly scale: number
  /** Requests that a peer keeps for another (BEP 10 `reqq`), so that coarse units do not tie a leecher to one peer. */
  readonly requestsMax: number
  /** What nobody reads: pieces carry no bytes here, only their size. */
  readonly memory: Uint8Array
  readonly full: Uint8Array
}

const requestsMaxAtBlockLevel = 2_000
const requestsMaxCoarse = 512

export function contentOf(terms: {
  readonly contentBytes: number
  readonly pieceBytes: number
  readonly blocksPerUnit: number
}): Content {
  const scale = terms.blocksPerUnit
  const pieceLength = terms.pieceBytes / scale
  assert(pieceLength >= blockBytes && pieceLength % blockBytes === 0, 'pieces of whole units')
  const totalSize = Math.max(blockBytes, Math.floor(terms.contentBytes / scale))
  const pieceCount = Math.ceil(totalSize / pieceLength)
  const lastKey = Math.ceil(totalSize / blockBytes) - 1
  return {
    info: { pieceLength, pieceCount, totalSize },
    blocksPerPiece: pieceLength / blockBytes,
    lastKey,
    lastLength: totalSize - lastKey * blockBytes,
    scale,
    requestsMax: scale === 1 ? requestsMaxAtBlockLevel : Math.max(8, Math.floor(requestsMaxCoarse / scale)),
    memory: new Uint8Array(pieceLength),
    full: fullBitfield(pieceCount),
  }
}

/** Bytes of a block by its key (piece x blocks a piece + block). */
export function blockLength(content: Content, key: number): number {
  // Pieces are whole blocks, so only the content's last block is short.
  return key === content.lastKey ? content.lastLength : blockBytes
}

/** Where a block lies: its piece, and its first byte in it. */
export function blockPlace(content: Content, key: number): { readonly piece: number; readonly begin: number } {
  const block = key % content.blocksPerPiece
  return { piece: (key - block) / content.blocksPerPiece, begin: block * blockBytes }
}
