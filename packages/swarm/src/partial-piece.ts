/** A piece in flight: its memory, and for each block who was asked for it, who sends it and who sent it. */

import { assert, blockBytes } from '@millrace/base'

export const nobody = -1

/** What is known of a block, side by side: peers, or nobody. */
const asked = 0
/** Asked as well, in the end game. */
const askedToo = 1
/** Whose bytes are in memory. */
const sender = 2
/** Whose bytes are on their way into memory right now. */
const writer = 3
const fields = 4

export interface PartialPiece {
  readonly piece: number
  readonly memory: Uint8Array
  readonly blockCount: number
  /** Belongs to the functions of this file. */
  readonly peers: Int32Array
  /** Blocks neither asked for nor here. */
  freeCount: number
  /** Blocks not here. */
  missingCount: number
  /** No free block stands before this one. */
  firstFree: number
  /** The only peer that may be asked, or nobody: set while liars are sought. */
  only: number
}

export function startPiece(piece: number, blockCount: number, memory: Uint8Array, only: number): PartialPiece {
  return {
    piece,
    memory,
    blockCount,
    peers: new Int32Array(fields * blockCount).fill(nobody),
    freeCount: blockCount,
    missingCount: blockCount,
    firstFree: 0,
    only,
  }
}

/** Who sent the block that is in memory, or nobody. */
export function senderOf({ peers }: PartialPiece, block: number): number {
  return peers[fields * block + sender] as number // the caller's block is one of the piece
}

/** Who sends the block right now, or nobody. */
export function writerOf({ peers }: PartialPiece, block: number): number {
  return peers[fields * block + writer] as number // as above
}

export function setWriter({ peers }: PartialPiece, block: number, peer: number): void {
  peers[fields * block + writer] = peer
}

/** Takes the next free block for `peer`; there must be one. */
export function takeFree(partial: PartialPiece, peer: number): number {
  assert(partial.freeCount > 0, 'a free block')
  const { peers } = partial
  let at = fields * partial.firstFree
  while (peers[at + asked] !== nobody || peers[at + sender] !== nobody) at += fields
  peers[at + asked] = peer
  partial.freeCount--
  const block = at / fields
  partial.firstFree = block + 1
  return block
}

/** Who was asked for the block, or nobody: in the end game two are at most. */
export function askersOf({ peers }: PartialPiece, block: number): readonly [number, number] {
  const at = fields * block
  return [peers[at + asked] as number, peers[at + askedToo] as number] // the caller's block is one of the piece
}

/** One more peer was asked for a block that is not here, and for which one was asked at most. */
export function addAsker(partial: PartialPiece, block: number, peer: number): void {
  const { peers } = partial
  const at = fields * block
  assert(peers[at + sender] === nobody && peers[at + askedToo] === nobody, 'a missing block with room for another peer')
  const isFree = peers[at + asked] === nobody
  peers[at + (isFree ? asked : askedToo)] = peer
  if (isFree) partial.freeCount--
}

/** `peer` will not send the block after all. */
export function giveBack(partial: PartialPiece, block: number, peer: number): void {
  const { peers } = partial
  const at = fields * block
  if (peers[at + askedToo] === peer) peers[at + askedToo] = nobody
  if (peers[at + asked] === peer) {
    peers[at + asked] = peers[at + askedToo] as number // inside
    peers[at + askedToo] = nobody
    if (peers[at + asked] === nobody && peers[at + sender] === nobody) {
      partial.freeCount++
      if (block < partial.firstFree) partial.firstFree = block
    }
  }
}

/** The block from `peer` is in memory. Answers the other peer that was asked for it, or nobody. */
export function putBlock(partial: PartialPiece, block: number, peer: number): number {
  const { peers } = partial
  const at = fields * block
  assert(peers[at + sender] === nobody, 'a block that is missing')
  const first = peers[at + asked] as number // inside
  const second = peers[at + askedToo] as number // as above
  if (first === nobody) partial.freeCount--
  peers[at + sender] = peer
  peers[at + asked] = nobody
  peers[at + askedToo] = nobody
  peers[at + writer] = nobody
  partial.missingCount--
  return first === peer ? second : first
}

/** Whether every block came from one peer; that peer, or nobody. */
export function soleSender(partial: PartialPiece): number {
  const first = senderOf(partial, 0)
  for (let block = 1; block < partial.blockCount; block++) if (senderOf(partial, block) !== first) return nobody
  return first
}

/** Bytes of the piece by who sent them. */
export function bytesBySender(partial: PartialPiece): Map<number, number> {
  const sums = new Map<number, number>()
  for (let block = 0; block < partial.blockCount; block++) {
    const sender = senderOf(partial, block)
    const bytes = Math.min(blockBytes, partial.memory.length - block * blockBytes)
    sums.set(sender, (sums.get(sender) ?? 0) + bytes)
  }
  return sums
}
