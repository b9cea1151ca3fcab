/**
 * Which block to ask a peer for (BEP 3): unfinished pieces first, then rarest first with the first few pieces at
 * random. Pure of sockets and time; looks only at the peer that asks.
 */

import type { Random } from '@millrace/base'
import { hasPiece } from './bitfield.ts'
import {
  addAsker,
  askersOf,
  giveBack,
  nobody,
  type PartialPiece,
  putBlock,
  senderOf,
  soleSender,
  startPiece,
  takeFree,
  writerOf,
} from './partial-piece.ts'
import { RarityIndex } from './rarity.ts'

/** Pieces picked at random before rarity counts, so that a new leecher soon has something to trade. */
export const randomFirstPieces = 4

/** What the picker needs to know of who asks. */
export interface Asker {
  peer: number
  bitfield: Uint8Array
  /** Every piece it has was started, as far as is known: set by the picker, to be kept until one more may be had of it. */
  isExhausted: boolean
}

export interface PickerOptions {
  readonly pieceCount: number
  readonly blockCount: (piece: number) => number
  /** Pieces verified already. */
  readonly verified: Uint8Array
  /** Memory for a piece in flight; undefined while there is none. */
  readonly acquire: (piece: number) => Uint8Array | undefined
  readonly random: Random
}

export class Picker {
  readonly #options: PickerOptions
  readonly #rarity: RarityIndex
  readonly #partials = new Map<number, PartialPiece>()
  /** Partials with free blocks, oldest first. */
  readonly #open = new Set<PartialPiece>()
  /** Pieces that failed with several senders: next time one peer sends the whole. */
  readonly #suspect = new Set<number>()
  #started = 0
  /** Pieces that are to be started again, as a count: who was exhausted may not be any more. */
  #restarts = 0

  constructor(options: PickerOptions) {
    this.#options = options
    this.#rarity = new RarityIndex(options.pieceCount, options.random)
    for (let piece = 0; piece < options.pieceCount; piece++) {
      if (!hasPiece(options.verified, piece)) continue
      this.#rarity.remove(piece)
      this.#started++
    }
  }

  /** Whether any piece is neither verified nor being verified. */
  get wantsMore(): boolean {
    return this.#rarity.size > 0 || this.#partials.size > 0
  }

  /** Rises when an exhausted asker may be worth asking again. */
  get restarts(): number {
    return this.#restarts
  }

  partial(piece: number): PartialPiece | undefined {
    return this.#partials.get(piece)
  }

  addPeerPiece(piece: number): void {
    this.#rarity.increment(piece)
  }

  addPeer(bitfield: Uint8Array): void {
    for (let piece = 0; piece < this.#options.pieceCount; piece++) {
      if (hasPiece(bitfield, piece)) this.#rarity.increment(piece)
    }
  }

  removePeer(bitfield: Uint8Array): void {
    for (let piece = 0; piece < this.#options.pieceCount; piece++) {
      if (hasPiece(bitfield, piece)) this.#rarity.decrement(piece)
    }
  }

  /**
   * Asks for up to `room` blocks by `ask(piece, block)`. Answers how many.
   * Fewer than `room` means that there is nothing more for this peer, or no memory for another piece.
   */
  pick(asker: Asker, room: number, ask: (piece: number, block: number) => void): number {
    let asked = this.#pickOpen(asker, room, ask)
    while (asked < room && !asker.isExhausted) {
      const partial = this.#startAnother(asker)
      if (partial === undefined) break
      asked += this.#takeFrom(partial, asker.peer, room - asked, ask)
    }
    return asked
  }

  /**
   * In the end game: who was asked for a block, nobody twice at most; undefined when `asker` is not to be asked for it as well: it
   * lacks the piece or was asked already, or the block comes right now or is here.
   */
  owedBy({ peer, bitfield }: Asker, piece: number, block: number): readonly [number, number] | undefined {
    const partial = this.#partials.get(piece)
    if (partial === undefined || !hasPiece(bitfield, piece)) return undefined
    if (partial.only !== nobody && partial.only !== peer) return undefined
    if (senderOf(partial, block) !== nobody || writerOf(partial, block) !== nobody) return undefined
    const askers = askersOf(partial, block)
    return askers.includes(peer) ? undefined : askers
  }

  /** `peer` is asked for a block for which at most one other is. */
  askToo(piece: number, block: number, peer: number): void {
    const partial = this.#partials.get(piece)
    if (partial === undefined) return
    addAsker(partial, block, peer)
    if (partial.freeCount === 0) this.#open.delete(partial)
  }

  /** A missing block from `peer` is in the piece's memory. Answers who else was asked for it. */
  receive(partial: PartialPiece, block: number, peer: number): readonly number[] {
    const wasOpen = partial.freeCount > 0
    const others = putBlock(partial, block, peer)
    if (wasOpen && partial.freeCount === 0) this.#open.delete(partial)
    return others
  }

  /** The block will not come from `peer`: choked, rejected, timed out or gone. */
  lose(piece: number, block: number, peer: number): void {
    const partial = this.#partials.get(piece)
    if (partial === undefined) return
    giveBack(partial, block, peer)
    if (partial.freeCount > 0) this.#open.add(partial)
  }

  /** `peer` left: a piece kept for it alone is anyone's again. */
  forget(peer: number): void {
    for (const partial of this.#partials.values()) if (partial.only === peer) partial.only = nobody
  }

  /** The piece was verified: it is done. */
  finish(piece: number): void {
    this.#drop(piece)
    this.#suspect.delete(piece)
  }

  /** The piece failed, or its memory was lost: it is wanted again, from one peer alone if several sent it. */
  restart(piece: number): void {
    const partial = this.#drop(piece)
    if (partial !== undefined && partial.missingCount === 0 && soleSender(partial) === nobody) this.#suspect.add(piece)
    this.#rarity.insert(piece)
    this.#started--
    this.#restarts++
  }

  /** Pieces in flight, to give their memory back. */
  inFlight(): readonly number[] {
    return [...this.#partials.keys()]
  }

  #drop(piece: number): PartialPiece | undefined {
    const partial = this.#partials.get(piece)
    if (partial === undefined) return undefined
    this.#partials.delete(piece)
    this.#open.delete(partial)
    return partial
  }

  #pickOpen(asker: Asker, room: number, ask: (piece: number, block: number) => void): number {
    let asked = 0
    for (const partial of this.#open) {
      if (asked >= room) break
      if (!hasPiece(asker.bitfield, partial.piece)) continue
      if (partial.only !== nobody && partial.only !== asker.peer) continue
      asked += this.#takeFrom(partial, asker.peer, room - asked, ask)
    }
    return asked
  }

  #startAnother(asker: Asker): PartialPiece | undefined {
    const has = (piece: number): boolean => hasPiece(asker.bitfield, piece)
    const piece = this.#started < randomFirstPieces ? this.#rarity.anyPiece(has) : this.#rarity.rarest(has)
    asker.isExhausted = piece < 0
    if (piece < 0) return undefined
    const memory = this.#options.acquire(piece)
    if (memory === undefined) return undefined
    const only = this.#suspect.has(piece) ? asker.peer : nobody
    const partial = startPiece(piece, this.#options.blockCount(piece), memory, only)
    this.#rarity.remove(piece)
    this.#started++
    this.#partials.set(piece, partial)
    this.#open.add(partial)
    return partial
  }

  #takeFrom(partial: PartialPiece, peer: number, room: number, ask: (piece: number, block: number) => void): number {
    let asked = 0
    while (asked < room && partial.freeCount > 0) {
      ask(partial.piece, takeFree(partial, peer))
      asked++
    }
    if (partial.freeCount === 0) this.#open.delete(partial)
    return asked
  }
}
