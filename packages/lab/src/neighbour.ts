/** One end of a connection: what a peer knows of another. It is the peer that the client's own policies look at. */

import { AskedBlocks, type DownloadPeer, FreeRate, RateMeter, type SlotPeer } from '@millrace/swarm'
import { BlockFifo } from './block-fifo.ts'
import type { Downlink, Path } from './downlink.ts'
import type { Actor, EventQueue } from './event-queue.ts'
import type { Trade } from './trade.ts'
import type { Turns } from './turns.ts'

/** Who holds this end. */
export interface Owner {
  readonly id: number
  readonly classIndex: number
  readonly downlink: Downlink
  readonly turns: Turns
  lengthOf(key: number): number
  /** A block came from this neighbour. */
  onBlock(from: Neighbour, key: number): void
  /** This neighbour asks for a block that takes `latencyMs` to be heard. */
  onRequest(from: Neighbour, key: number): void
  onCancel(from: Neighbour, key: number): void
  /** It chokes us, or no longer, and will not send what is in `dropped`. */
  onChoke(from: Neighbour, isChoked: boolean, dropped: readonly number[]): void
  onInterest(from: Neighbour, isInterested: boolean): void
  onHave(from: Neighbour, piece: number): void
  /** What this neighbour may be sent has changed. */
  refresh(neighbour: Neighbour): void
}

/** What `Neighbour.wake` is woken for. */
export const blockArrives = 0
export const requestIsHeard = 1

/** Stands among the keys of blocks for something said. */
const saying = -2

export interface NeighbourTerms {
  readonly id: number
  readonly owner: Owner
  readonly other: Owner
  readonly addressGroup: string
  readonly latencyMs: number
  readonly blocksPerPiece: number
  readonly requestsMax: number
  readonly bitfield: Uint8Array
  readonly nowMs: number
}

/** Fields that are used together stand together: a large swarm waits for memory more than for anything else. */
export class Neighbour implements Actor, Path, DownloadPeer, SlotPeer {
  /** The owner's handle of it, in its scheduler too. */
  readonly id: number
  readonly owner: Owner
  readonly other: Owner
  #twin: Neighbour | undefined
  /** What it asked of the owner, with the time at which the owner hears of it. */
  readonly requests = new BlockFifo()
  readonly latencyMs: number
  readonly coming = new BlockFifo()
  inFlightBytes = 0
  waiting = 0
  isHeldBack = false
  isOpen = true
  /** A wake-up for the next request is under way. */
  isAwaited = false
  weChoke = true
  readonly outstanding = new AskedBlocks()
  readonly late = new Set<number>()
  readonly download: RateMeter
  lastBlockAt: number
  arriving = -1
  exhaustedAt = -1
  pace = 0
  helpsAt = 0
  isStarved = false
  chokesUs = true
  snubbed = false
  /** Copied before the first change: a seed's is shared by all who know it. */
  bitfield: Uint8Array
  wantedCount = 0
  extended: { reqq: number; bttSpeed: { sells: boolean } | undefined }
  /** What the owner buys from it. */
  paid: Trade | undefined
  readonly upload: { total: number } = { total: 0 }
  readonly #blocksPerPiece: number
  /** When the last of what is coming is here. */
  lastArrivesMs = 0
  hasSlot = false
  isInterested = false
  weAreInterested = false
  readonly addressGroup: string
  turnedAt: number
  turnStartBytes = 0
  verifiedBytes = 0
  wastedBytes = 0
  readonly #free: FreeRate
  /** What the other end says between its blocks, in order. */
  readonly #sayings: (() => void)[] = []

  constructor(terms: NeighbourTerms) {
    this.id = terms.id
    this.owner = terms.owner
    this.other = terms.other
    this.addressGroup = terms.addressGroup
    this.latencyMs = terms.latencyMs
    this.bitfield = terms.bitfield
    this.download = new RateMeter(terms.nowMs)
    this.#free = new FreeRate(terms.nowMs)
    this.turnedAt = terms.nowMs
    this.lastBlockAt = terms.nowMs
    this.extended = { reqq: terms.requestsMax, bttSpeed: undefined }
    this.#blocksPerPiece = terms.blocksPerPiece
  }

  freeBytesPerSecond(nowMs: number): number {
    return this.#free.bytesPerSecond(this.download, this.paid?.billedBytes() ?? 0, nowMs)
  }

  /** The other end. */
  get twin(): Neighbour {
    if (this.#twin === undefined) throw new Error('an end of a connection without its other end')
    return this.#twin
  }

  /** Ties both ends of a new connection. */
  tie(twin: Neighbour): void {
    this.#twin = twin
  }

  wake(what: number): void {
    if (what === blockArrives) return this.owner.downlink.arrive(this)
    this.isAwaited = false
    if (this.isOpen) this.owner.refresh(this)
  }

  lengthOf(key: number): number {
    return key === saying ? 0 : this.owner.lengthOf(key)
  }

  deliver(key: number): void {
    if (key !== saying) return this.owner.onBlock(this, key)
    const act = this.#sayings.shift()
    if (this.isOpen) act?.()
  }

  /** The other end says something that is heard after the blocks which it sent before: they share a stream. */
  say(act: () => void, events: EventQueue): void {
    this.lastArrivesMs = Math.max(this.lastArrivesMs, events.now() + this.latencyMs)
    this.#sayings.push(act)
    this.coming.push(saying, this.lastArrivesMs)
    events.at(this.owner.turns.near(this.lastArrivesMs, events.now()), this, blockArrives)
  }

  resume(): void {
    if (this.isOpen) this.other.refresh(this.twin)
  }

  sendRequest(piece: number, begin: number): void {
    this.other.onRequest(this.twin, piece * this.#blocksPerPiece + begin / 16_384)
  }

  send(
    message:
      | { readonly type: 'choke' | 'unchoke' }
      | { readonly type: 'cancel'; readonly piece: number; readonly begin: number },
  ): void {
    if (message.type === 'cancel') {
      this.other.onCancel(this.twin, message.piece * this.#blocksPerPiece + message.begin / 16_384)
      return
    }
    const isChoked = message.type === 'choke'
    this.other.onChoke(this.twin, isChoked, isChoked ? this.requests.clear() : [])
  }

  /** Messages leave at once. */
  flush(): void {}

  /** No memory to give back: blocks carry no bytes here. */
  dropBlock(): void {}
}
