/** A piece in flight: its memory, and for each block who was asked for it and who sent it. */

import { assert } from '@millrace/base'

export const nobody = -1

export interface PartialPiece {
  readonly piece: number
  readonly memory: Uint8Array
  readonly blockCount: number
  /** Peer asked for the block, or nobody. */
  readonly asked: Int32Array
  /** Peer asked for it as well, in the end game, or nobody. */
  readonly askedToo: Int32Array
  /** Peer that sent the block that is in memory, or nobody. */
  readonly sender: Int32Array
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
    asked: new Int32Array(blockCount).fill(nobody),
    askedToo: new Int32Array(blockCount).fill(nobody),
    sender: new Int32Array(blockCount).fill(nobody),
    freeCount: blockCount,
    missingCount: blockCount,
    soloCount: 0,
    firstFree: 0,
    only,
  }
}

/** Takes the next free block for `peer`; there must be one. */
export function takeFree(partial: PartialPiece, peer: number): number {
  assert(partial.freeCount > 0, 'a free block')
  let block = partial.firstFree
  while (partial.asked[block] !== nobody || partial.sender[block] !== nobody) block++
  partial.asked[block] = peer
  partial.freeCount--
  partial.soloCount++
  partial.firstFree = block + 1
  return block
}

/** Takes a block that one other peer was asked for and is not sending yet, for the end game; -1 when there is none. */
export function takeDuplicate(partial: PartialPiece, peer: number, isArriving: (block: number) => boolean): number {
  if (partial.soloCount === 0) return -1
  for (let block = 0; block < partial.blockCount; block++) {
    const other = partial.asked[block]
    if (partial.sender[block] !== nobody || other === nobody || other === peer) continue
    if (partial.askedToo[block] !== nobody || isArriving(block)) continue
    partial.askedToo[block] = peer
    partial.soloCount--
    return block
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
  for (let block = 0; block < partial.blockCount; block++) {
    const other = partial.asked[block] as number // same length
    if (partial.sender[block] !== nobody || partial.askedToo[block] !== nobody) continue
    if (other === nobody || other === peer || !mayLose(other, block)) continue
    partial.asked[block] = peer
    return block
  }
  return -1
}

/** `peer` will not send the block after all. */
export function giveBack(partial: PartialPiece, block: number, peer: number): void {
  const wasSolo = isSolo(partial, block)
  if (partial.askedToo[block] === peer) partial.askedToo[block] = nobody
  if (partial.asked[block] === peer) {
    partial.asked[block] = partial.askedToo[block] as number // same length
    partial.askedToo[block] = nobody
    if (partial.asked[block] === nobody && partial.sender[block] === nobody) {
      partial.freeCount++
      if (block < partial.firstFree) partial.firstFree = block
    }
  }
  partial.soloCount += (isSolo(partial, block) ? 1 : 0) - (wasSolo ? 1 : 0)
}

/** The block from `peer` is in memory. Answers the other peer that was asked for it, or nobody. */
export function putBlock(partial: PartialPiece, block: number, peer: number): number {
  assert(partial.sender[block] === nobody, 'a block that is missing')
  const asked = partial.asked[block] as number // same length
  const askedToo = partial.askedToo[block] as number
  if (isSolo(partial, block)) partial.soloCount--
  if (asked === nobody) partial.freeCount--
  partial.sender[block] = peer
  partial.asked[block] = nobody
  partial.askedToo[block] = nobody
  partial.missingCount--
  return asked === peer ? askedToo : asked
}

function isSolo({ asked, askedToo, sender }: PartialPiece, block: number): boolean {
  return sender[block] === nobody && asked[block] !== nobody && askedToo[block] === nobody
}

/** Whether every block came from one peer; that peer, or nobody. */
export function soleSender(partial: PartialPiece): number {
  const first = partial.sender[0] as number // a piece has a block
  return partial.sender.every((peer) => peer === first) ? first : nobody
}
