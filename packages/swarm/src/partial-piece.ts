/** A piece in flight: its memory, and for each block who was asked for it, who sends it and who sent it. */

import { assert } from '@millrace/base'

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
  /** Blocks not here that one peer alone was asked for. */
  soloCount: number
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
    soloCount: 0,
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
  partial.soloCount++
  const block = at / fields
  partial.firstFree = block + 1
  return block
}

/** Takes a block that one other peer was asked for and is not sending yet, for the end game; -1 when there is none. */
export function takeDuplicate(partial: PartialPiece, peer: number): number {
  if (partial.soloCount === 0) return -1
  const { peers } = partial
  for (let at = 0; at < peers.length; at += fields) {
    const other = peers[at + asked]
    if (peers[at + sender] !== nobody || other === nobody || other === peer) continue
    if (peers[at + askedToo] !== nobody || peers[at + writer] !== nobody) continue
    peers[at + askedToo] = peer
    partial.soloCount--
    return at / fields
  }
  return -1
}

/** Takes a block away from the one peer that was asked for it and may lose it; -1 when there is none. */
export function takeOver(
  partial: PartialPiece,
  peer: number,
  mayLose: (other: number, block: number) => boolean,
): number {
  if (partial.soloCount === 0) return -1
  const { peers } = partial
  for (let at = 0; at < peers.length; at += fields) {
    const other = peers[at + asked] as number // inside
    if (peers[at + sender] !== nobody || peers[at + askedToo] !== nobody || peers[at + writer] !== nobody) continue
    if (other === nobody || other === peer || !mayLose(other, at / fields)) continue
    peers[at + asked] = peer
    return at / fields
  }
  return -1
}

/** `peer` will not send the block after all. */
export function giveBack(partial: PartialPiece, block: number, peer: number): void {
  const { peers } = partial
  const at = fields * block
  const wasSolo = isSolo(peers, at)
  if (peers[at + askedToo] === peer) peers[at + askedToo] = nobody
  if (peers[at + asked] === peer) {
    peers[at + asked] = peers[at + askedToo] as number // inside
    peers[at + askedToo] = nobody
    if (peers[at + asked] === nobody && peers[at + sender] === nobody) {
      partial.freeCount++
      if (block < partial.firstFree) partial.firstFree = block
    }
  }
  partial.soloCount += (isSolo(peers, at) ? 1 : 0) - (wasSolo ? 1 : 0)
}

/** The block from `peer` is in memory. Answers the other peer that was asked for it, or nobody. */
export function putBlock(partial: PartialPiece, block: number, peer: number): number {
  const { peers } = partial
  const at = fields * block
  assert(peers[at + sender] === nobody, 'a block that is missing')
  const first = peers[at + asked] as number // inside
  const second = peers[at + askedToo] as number // as above
  if (isSolo(peers, at)) partial.soloCount--
  if (first === nobody) partial.freeCount--
  peers[at + sender] = peer
  peers[at + asked] = nobody
  peers[at + askedToo] = nobody
  peers[at + writer] = nobody
  partial.missingCount--
  return first === peer ? second : first
}

function isSolo(peers: Int32Array, at: number): boolean {
  return peers[at + sender] === nobody && peers[at + asked] !== nobody && peers[at + askedToo] === nobody
}

/** Whether every block came from one peer; that peer, or nobody. */
export function soleSender(partial: PartialPiece): number {
  const first = senderOf(partial, 0)
  for (let block = 1; block < partial.blockCount; block++) if (senderOf(partial, block) !== first) return nobody
  return first
}
