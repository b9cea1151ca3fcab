/** The memory of pieces in flight: slots of one shared slab, which the hash workers see too. */

import { bytesPerMiB, defined } from '@millrace/base'
import { type Layout, sizeOfPiece } from './layout.ts'

export const memoryBytesDefault = 128 * bytesPerMiB
/** So many pieces should be in flight even when that takes up to twice the budget. */
const slotsWanted = 4
/** Slots begin on a page. */
const slotAlignmentBytes = 4096

/** `filling`: blocks arrive. `committed`: a worker has it. `held`: waits for the disk. `settled`: the verdict is known. */
export type SlotState = 'filling' | 'committed' | 'held' | 'settled'

export interface Slot {
  readonly index: number
  readonly piece: number
  readonly bytes: Uint8Array
  state: SlotState
  /** Given back while a worker still reads it. */
  isReleased: boolean
}

/**
 * Slots for a piece length: what the budget holds, at least four as long as they fit into twice the budget, and always
 * one (pieces of 512 MiB exist). Memory is taken from the system only when it is touched.
 */
export function slotCountFor(pieceLength: number, pieceCount: number, memoryBytes: number): number {
  const inBudget = Math.floor(memoryBytes / pieceLength)
  const inTwice = Math.floor((2 * memoryBytes) / pieceLength)
  return Math.min(pieceCount, Math.max(1, inBudget, Math.min(slotsWanted, inTwice)))
}

export class Slab {
  readonly memory: SharedArrayBuffer
  readonly slotBytes: number
  readonly slotCount: number
  readonly #layout: Layout
  readonly #byPiece = new Map<number, Slot>()
  readonly #byIndex: (Slot | undefined)[]
  /** Last given back is first taken: the fewest pages are touched. */
  readonly #free: number[]

  /** A slab that is not for `writing` has no slots. */
  constructor(layout: Layout, memoryBytes: number, writing: boolean) {
    this.#layout = layout
    this.slotCount = writing ? slotCountFor(layout.pieceLength, layout.pieceCount, memoryBytes) : 0
    const longest = Math.min(layout.pieceLength, layout.totalSize)
    this.slotBytes = Math.ceil(longest / slotAlignmentBytes) * slotAlignmentBytes
    this.memory = new SharedArrayBuffer(this.slotCount * this.slotBytes)
    this.#byIndex = Array.from({ length: this.slotCount }, () => undefined)
    this.#free = Array.from({ length: this.slotCount }, (_, i) => this.slotCount - 1 - i)
  }

  get used(): number {
    return this.slotCount - this.#free.length
  }

  /** The slot of a piece, a new one if it has none; undefined when all are taken or a worker still reads its old one. */
  take(piece: number): Slot | undefined {
    const present = this.#byPiece.get(piece)
    if (present !== undefined) return present.isReleased ? undefined : present
    const index = this.#free.pop()
    if (index === undefined) return undefined
    const bytes = new Uint8Array(this.memory, index * this.slotBytes, sizeOfPiece(this.#layout, piece))
    const slot: Slot = { index, piece, bytes, state: 'filling', isReleased: false }
    this.#byPiece.set(piece, slot)
    this.#byIndex[index] = slot
    return slot
  }

  ofPiece(piece: number): Slot | undefined {
    return this.#byPiece.get(piece)
  }

  ofIndex(index: number): Slot {
    return defined(this.#byIndex[index], 'a slot in use')
  }

  free(slot: Slot): void {
    this.#byPiece.delete(slot.piece)
    this.#byIndex[slot.index] = undefined
    this.#free.push(slot.index)
  }
}
