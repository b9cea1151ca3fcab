/** Gets the info dictionary of a magnet link from peers (BEP 9): 16 KiB pieces, accepted only when the hash agrees. */

import { createHash } from 'node:crypto'
import { equalBytes, ok, type Result, refuse } from '@millrace/base'
import { metadataBytesMax, metadataPieceBytes } from '@millrace/wire'

/** Pieces asked of one peer at a time. */
const asksPerPeerMax = 4
const askMillisecondsMax = 10_000
/** A claimed size of which no piece came for so long gives way to another claim. */
export const sizeMillisecondsMax = 10_000

interface Ask {
  readonly peer: number
  readonly since: number
}

export class MetadataFetch {
  readonly #infoHash: Uint8Array
  /** As long as one peer claimed first: other claims wait until that one fails. */
  #buffer: Uint8Array | undefined
  /** When the size was believed, or a piece of it came. */
  #progressAt = 0
  readonly #asks = new Map<number, Ask>()
  readonly #have = new Set<number>()
  /** Peers whose size was refused or whose data were wrong. */
  readonly #distrusted = new Set<number>()
  readonly #senders = new Set<number>()

  constructor(infoHash: Uint8Array) {
    this.#infoHash = infoHash
  }

  /** Pieces to ask this peer for now; `metadataSize` is what it claims (BEP 10). */
  plan(peer: number, metadataSize: number | undefined, now: number): readonly number[] {
    if (metadataSize === undefined || metadataSize < 1 || metadataSize > metadataBytesMax) return []
    if (this.#distrusted.has(peer)) return []
    if (this.#buffer?.length !== metadataSize) {
      const isAlive = this.#asks.size + this.#have.size > 0 && now - this.#progressAt <= sizeMillisecondsMax
      if (isAlive) return []
      this.#forget()
      this.#buffer = new Uint8Array(metadataSize)
      this.#progressAt = now
    }
    const wanted: number[] = []
    const room = asksPerPeerMax - [...this.#asks.values()].filter((ask) => ask.peer === peer).length
    for (let piece = 0; piece < this.#pieceCount && wanted.length < room; piece++) {
      const ask = this.#asks.get(piece)
      const isOpen = ask === undefined || now - ask.since > askMillisecondsMax
      if (this.#have.has(piece) || !isOpen) continue
      this.#asks.set(piece, { peer, since: now })
      wanted.push(piece)
    }
    return wanted
  }

  /** A piece came. Answers the info dictionary when it is whole and right; a refusal names who sent what was wrong. */
  receive(
    peer: number,
    piece: number,
    data: Uint8Array,
    now: number,
  ): Result<Uint8Array, readonly number[]> | undefined {
    if (this.#asks.get(piece)?.peer !== peer || this.#buffer === undefined) return undefined
    const start = piece * metadataPieceBytes
    if (data.length !== Math.min(metadataPieceBytes, this.#buffer.length - start)) return this.#startAgain([peer])
    this.#asks.delete(piece)
    this.#progressAt = now
    this.#have.add(piece)
    this.#senders.add(peer)
    this.#buffer.set(data, start)
    if (this.#have.size < this.#pieceCount) return undefined
    const digest = createHash('sha1').update(this.#buffer).digest()
    return equalBytes(digest, this.#infoHash) ? ok(this.#buffer) : this.#startAgain([...this.#senders])
  }

  /** The peer refused, or left. */
  lose(peer: number, piece?: number): void {
    if (piece !== undefined) this.#distrusted.add(peer)
    for (const [asked, ask] of this.#asks) if (ask.peer === peer) this.#asks.delete(asked)
  }

  get #pieceCount(): number {
    return Math.ceil((this.#buffer?.length ?? 0) / metadataPieceBytes)
  }

  /** With one sender it lied; with several any may have, so each is asked alone from now on. */
  #startAgain(senders: readonly number[]): Result<never, readonly number[]> {
    const [liar] = senders
    if (senders.length === 1 && liar !== undefined) this.#distrusted.add(liar)
    else for (const sender of senders.slice(1)) this.#distrusted.add(sender)
    this.#forget()
    return refuse(senders.length === 1 ? senders : [])
  }

  #forget(): void {
    this.#buffer = undefined
    this.#asks.clear()
    this.#have.clear()
    this.#senders.clear()
  }
}

/** The piece of our own info dictionary that a peer asked for; undefined when there is no such piece. */
export function metadataPiece(infoBytes: Uint8Array, piece: number): Uint8Array | undefined {
  const start = piece * metadataPieceBytes
  if (start >= infoBytes.length) return undefined
  return infoBytes.subarray(start, Math.min(start + metadataPieceBytes, infoBytes.length))
}
