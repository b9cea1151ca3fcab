/**
 * Who lied? A piece of several senders that failed leaves the digest of each block; when the good copy comes, each
 * sender whose block differs is guilty and each whose block agrees is cleared.
 */

import { createHash } from 'node:crypto'
import { blockBytes } from '@millrace/base'
import { type PartialPiece, senderOf } from './partial-piece.ts'

/** Failed pieces remembered at a time; the oldest is forgotten first. */
const failedPiecesMax = 256

interface Statement {
  readonly sender: number
  readonly block: number
  readonly bytes: number
  readonly digest: string
}

export interface Verdict {
  readonly sender: number
  readonly bytes: number
  readonly guilty: boolean
}

export class BlameBook {
  readonly #failed = new Map<number, Statement[]>()

  /** Remembers what each sender claimed of a piece that failed. */
  remember(partial: PartialPiece): void {
    const known = this.#failed.get(partial.piece) ?? []
    this.#failed.delete(partial.piece)
    this.#failed.set(partial.piece, [...known, ...statementsOf(partial)])
    const oldest = this.#failed.keys().next()
    if (this.#failed.size > failedPiecesMax && !oldest.done) this.#failed.delete(oldest.value)
  }

  /** The piece is right now: what that says of those who sent it when it failed. */
  judge(piece: number, memory: Uint8Array): readonly Verdict[] {
    const statements = this.#failed.get(piece)
    if (statements === undefined) return []
    this.#failed.delete(piece)
    return statements.map(({ sender, block, bytes, digest }) => ({
      sender,
      bytes,
      guilty: digest !== digestOf(memory, block, bytes),
    }))
  }
}

function statementsOf(partial: PartialPiece): Statement[] {
  return Array.from({ length: partial.blockCount }, (_, block) => {
    const sender = senderOf(partial, block)
    const bytes = Math.min(blockBytes, partial.memory.length - block * blockBytes)
    return { sender, block, bytes, digest: digestOf(partial.memory, block, bytes) }
  })
}

function digestOf(memory: Uint8Array, block: number, bytes: number): string {
  const start = block * blockBytes
  return createHash('sha1')
    .update(memory.subarray(start, start + bytes))
    .digest('hex')
}
