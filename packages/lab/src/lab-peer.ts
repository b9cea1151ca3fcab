/**
 * One peer of a run: the client's downloader, slots and upload market over two lines, with no socket and no file. What it
 * does differently from the client is its behaviour's.
 */

import type { Btt, Random } from '@millrace/base'
import { UploadMarket } from '@millrace/market'
import { Downloader, hasPiece, noProgress, Slots, setPiece } from '@millrace/swarm'
import type { AgentView, Behaviour, Choker } from './behaviour.ts'
import { blockLength, blockPlace } from './content.ts'
import { Downlink } from './downlink.ts'
import type { Actor } from './event-queue.ts'
import { Handles } from './handles.ts'
import { Neighbour, type Owner } from './neighbour.ts'
import type { PeerTerms, World } from './peer-terms.ts'
import type { Scheduler } from './scheduler.ts'
import { Sender } from './sender.ts'
import { marketOptionsOf, moveAsk, Shop } from './shop.ts'
import type { Trade } from './trade.ts'
import type { Turns } from './turns.ts'
import { Uplink } from './uplink.ts'
import { wakes } from './wakes.ts'
import { Wallet } from './wallet.ts'

/** How often the slots are looked at: as in the client's session, and each epoch at the coarser level. */
const tickMsFine = 250
const tickMsCoarse = 1_000
const epochMs = 1_000
const settleMs = 20
/** A peer that bought stays this long for its last bill when it is complete. */
export const settleMsMax = 3_000

export class LabPeer implements Actor, Owner, AgentView {
  readonly terms: PeerTerms
  readonly id: number
  readonly classIndex: number
  readonly random: Random
  readonly verified: Uint8Array
  readonly neighbours: Neighbour[] = []
  readonly downlink: Downlink
  readonly turns: Turns
  readonly scheduler: Scheduler
  readonly shop: Shop
  readonly wallet: Wallet | undefined
  readonly progress = noProgress()
  /** Bytes of the model. */
  sentBytes = 0
  receivedBytes = 0
  wastedBytes = 0
  arrivedMs: number | undefined
  completedMs: number | undefined
  leftMs: number | undefined
  connectionsWanted: number
  connectionsMax: number
  readonly #world: World<LabPeer>
  readonly #sender: Sender
  readonly #downloader: Downloader
  readonly #slots: Choker
  readonly #handles = new Handles<Neighbour>()
  readonly #unhashed: number[] = []
  readonly #tickMs: number
  #isSettling = false
  #verifiedCount = 0
  #ticks = 0
  #announcedMs = 0

  constructor(terms: PeerTerms, world: World<LabPeer>) {
    const { plan, behaviour, purse } = terms
    const { content, events } = world
    this.terms = terms
    this.id = terms.id
    this.classIndex = terms.classIndex
    this.random = terms.random
    this.#world = world
    this.#tickMs = content.scale === 1 ? tickMsFine : tickMsCoarse
    this.verified = plan.has === 'all' ? content.full.slice() : new Uint8Array(content.full.length)
    this.#verifiedCount = plan.has === 'all' ? content.info.pieceCount : 0
    this.turns = terms.turns
    this.downlink = new Downlink(terms.downloadBytesPerSecond, events, terms.turns, world.downDelays)
    const wishes = behaviour.connections?.(this, terms.connectionsMax, terms.connectionsMax)
    this.connectionsMax = wishes?.max ?? terms.connectionsMax
    this.connectionsWanted = wishes?.wanted ?? Math.ceil(terms.connectionsMax * wantedPart)
    const options = marketOptionsOf(plan.sells, terms.uploadBytesPerSecond, content)
    this.scheduler = behaviour.scheduler?.(this, options) ?? new UploadMarket(options)
    this.#sender = new Sender({
      scheduler: this.scheduler,
      uplink: new Uplink(terms.lineBytesPerSecond, world.upDelays, terms.turns.earlyMs),
      events,
      turns: terms.turns,
      neighbour: (handle) => this.#handles.get(handle),
      onServed: (neighbour, bytes, billed) => this.#onServed(neighbour, bytes, billed),
    })
    this.shop = new Shop(this.scheduler, plan.sells !== undefined, world.vault)
    if (purse !== undefined) world.vault.deposit(terms.id, purse.deposit)
    this.wallet = purse === undefined ? undefined : new Wallet(this, purse, world.events)
    this.#slots = this.#makeSlots()
    this.#downloader = this.#makeDownloader()
  }

  get isComplete(): boolean {
    return this.#verifiedCount === this.#world.content.info.pieceCount
  }

  get isPresent(): boolean {
    return this.arrivedMs !== undefined && this.leftMs === undefined
  }

  get capacityBytesPerSecond(): number {
    return this.terms.uploadBytesPerSecond
  }

  get unchokeSlots(): number {
    return this.terms.unchokeSlots
  }

  get pieceBytes(): number {
    return this.#world.content.info.pieceLength
  }

  get behaviour(): Behaviour {
    return this.terms.behaviour
  }

  leftBytes(): number {
    const { pieceCount, pieceLength } = this.#world.content.info
    return (pieceCount - this.#verifiedCount) * pieceLength
  }

  /** Lets it come at `timeMs`; or go, if it is there still; or give up, unless it is complete by then. */
  plan(timeMs: number, what: 'arrive' | 'leave' | 'abort'): void {
    this.#world.events.at(timeMs, this, wakes[what])
  }

  wake(what: number): void {
    switch (what) {
      case wakes.tick:
        return this.#tick()
      case wakes.settle:
        return this.#settle()
      case wakes.arrive:
        return this.#arrive()
      case wakes.leave:
        return this.#leave()
      case wakes.abort:
        return this.isComplete ? undefined : this.#leave()
      case wakes.verifies:
        return this.#downloader.onVerified(this.#unhashed.shift() ?? 0)
    }
  }

  meet(count: number): void {
    this.#world.meet(this, count)
  }

  /** One end of a new connection; both are `admit`ted before they `greet`. */
  admit(other: LabPeer, latencyMs: number): Neighbour {
    const { events, content } = this.#world
    const claims = other.behaviour.claims?.(other) ?? other.verified
    const neighbour = new Neighbour({
      id: this.#handles.next,
      owner: this,
      other,
      addressGroup: other.terms.plan.addressGroup ?? `peer ${other.id}`,
      latencyMs,
      blocksPerPiece: content.blocksPerPiece,
      requestsMax: content.requestsMax,
      // A complete peer learns nothing more, so all can know it by one and the same bitfield.
      bitfield: other.isComplete && claims === other.verified ? content.full : claims.slice(),
      nowMs: events.now(),
    })
    this.neighbours.push(neighbour)
    this.#handles.add(neighbour)
    this.scheduler.addPeer(neighbour.id, neighbour.addressGroup, events.now())
    this.#downloader.addPeer(neighbour, neighbour.bitfield)
    return neighbour
  }

  greet(neighbour: Neighbour, trade: Trade | undefined): void {
    if (trade !== undefined) {
      neighbour.paid = trade
      neighbour.extended = { ...neighbour.extended, bttSpeed: { sells: true } }
      this.wallet?.open(trade)
    }
    this.#updateInterest(neighbour)
  }

  disconnect(neighbour: Neighbour): void {
    if (!neighbour.isOpen) return
    const other = neighbour.other as LabPeer // all owners of a run are its peers
    this.#drop(neighbour)
    other.#drop(neighbour.twin)
    this.#world.onDisconnect(this, other)
  }

  lengthOf(key: number): number {
    return blockLength(this.#world.content, key)
  }

  onBlock(from: Neighbour, key: number): void {
    const length = this.lengthOf(key)
    const { piece, begin } = blockPlace(this.#world.content, key)
    this.receivedBytes += length
    if (!from.isOpen || this.#downloader.onBlockStart(from, piece, begin, length) === undefined) {
      this.wastedBytes += length
      return
    }
    const doubled = this.progress.wastedBytes
    this.#downloader.onBlockEnd(from, piece, begin, length)
    this.wastedBytes += this.progress.wastedBytes - doubled
    this.#fill(from)
  }

  onRequest(from: Neighbour, key: number): void {
    const { events } = this.#world
    if (this.behaviour.mayServe?.(this, from) === false) return
    if (from.weChoke) {
      const { twin } = from
      events.after(2 * from.latencyMs, () => twin.isOpen && (twin.owner as LabPeer).#lose(twin, key)) // owners are peers
      return
    }
    from.requests.push(key, this.turns.near(events.now() + from.latencyMs, events.now()))
    if (from.requests.size === 1) this.refresh(from)
  }

  onCancel(from: Neighbour, key: number): void {
    this.#world.events.after(from.latencyMs, () => {
      if (from.isOpen && from.requests.remove(key)) this.refresh(from)
    })
  }

  onChoke(from: Neighbour, isChoked: boolean, dropped: readonly number[]): void {
    this.#world.events.after(from.latencyMs, () => {
      if (!from.isOpen) return
      from.chokesUs = isChoked
      for (const key of dropped) this.#lose(from, key)
      if (!isChoked) this.#fill(from)
    })
  }

  onInterest(from: Neighbour, isInterested: boolean): void {
    from.isInterested = isInterested
    this.scheduler.setInterested(from.id, isInterested)
    // Who leaves the line without having been served makes room for nobody.
    if (!isInterested && !from.hasSlot && from.weChoke) return
    this.#slots.fillFree(this.neighbours, this.#world.events.now())
  }

  onHave(from: Neighbour, piece: number): void {
    if (hasPiece(from.bitfield, piece)) return
    setPiece(from.bitfield, piece)
    this.#downloader.addPeerPiece(from, piece)
    this.#updateInterest(from)
    if (!from.chokesUs && from.outstanding.size === 0) this.#fill(from)
  }

  refresh(neighbour: Neighbour): void {
    this.#sender.refresh(neighbour)
  }

  #onServed(neighbour: Neighbour, bytes: number, billed: Btt): void {
    this.sentBytes += bytes
    this.#world.onServed(this, neighbour.other.classIndex, bytes, billed)
    if (billed === 0n || this.#isSettling) return
    this.#isSettling = true
    this.#world.events.at(this.turns.at(this.#world.events.now() + settleMs), this, wakes.settle)
  }

  #settle(): void {
    this.#isSettling = false
    if (this.isPresent) this.shop.settle(this.#world.events.now())
  }

  #arrive(): void {
    const { events } = this.#world
    this.arrivedMs = events.now()
    this.#world.onArrive(this)
    events.at(this.turns.at(events.now() + this.random.below(epochMs)), this, wakes.tick)
  }

  #tick(): void {
    if (!this.isPresent) return
    const { events } = this.#world
    const now = events.now()
    events.at(this.turns.at(now + this.#tickMs), this, wakes.tick)
    this.#slots.tick(this.neighbours, this.isComplete, now)
    if (this.#ticks++ % (epochMs / this.#tickMs) === 0) this.#epoch(now)
    const starved = this.#handles.get(this.scheduler.starvedPeer())
    if (starved !== undefined) this.#slots.lend(starved, now)
    this.#sender.wakeAt(now)
  }

  #epoch(now: number): void {
    // Nothing limits its requests but what it was told, and that leads to requests at once: only snubs are looked for.
    if (!this.isComplete) this.#downloader.tick(this.neighbours, now)
    this.scheduler.epoch(now)
    this.shop.onEpoch(now)
    this.wallet?.onEpoch(now)
    moveAsk(this, this.#world.content, now)
    this.behaviour.onSecond?.(this, now)
    const missing = this.connectionsWanted - this.neighbours.length
    if (missing <= 0 || now - this.#announcedMs < announceMs) return
    this.#announcedMs = now
    this.meet(missing)
  }

  #leave(): void {
    if (!this.isPresent) return
    const now = this.#world.events.now()
    const completed = this.completedMs
    const waits = completed !== undefined && now - completed < settleMsMax && this.wallet?.isSettled === false
    if (waits) return this.plan(now + tickMsFine, 'leave')
    this.leftMs = now
    for (const neighbour of [...this.neighbours]) this.disconnect(neighbour)
    this.#world.onLeave(this)
  }

  #drop(neighbour: Neighbour): void {
    const now = this.#world.events.now()
    neighbour.isOpen = false
    this.neighbours.splice(this.neighbours.indexOf(neighbour), 1)
    this.#handles.delete(neighbour.id)
    this.#downloader.removePeer(neighbour)
    this.scheduler.removePeer(neighbour.id, now)
    this.shop.close(neighbour.id)
    if (neighbour.paid !== undefined) this.wallet?.close(neighbour.paid)
    if (this.isPresent) this.#slots.fillFree(this.neighbours, now)
  }

  #fill(neighbour: Neighbour): void {
    if (this.isComplete || this.behaviour.mayAsk?.(this, neighbour) === false) return
    this.#downloader.fill(neighbour)
  }

  #lose(neighbour: Neighbour, key: number): void {
    const { piece, begin } = blockPlace(this.#world.content, key)
    this.#downloader.loseRequest(neighbour, piece, begin)
  }

  #onPiece(piece: number): void {
    setPiece(this.verified, piece)
    this.#verifiedCount++
    const { isComplete } = this
    for (const neighbour of this.neighbours) {
      if (hasPiece(neighbour.bitfield, piece)) {
        neighbour.wantedCount--
        this.#updateInterest(neighbour)
      } else neighbour.other.onHave(neighbour.twin, piece)
    }
    if (!isComplete) return
    this.completedMs = this.#world.events.now()
    this.#world.onComplete(this)
  }

  #makeSlots(): Choker {
    const { behaviour, unchokeSlots, random } = this.terms
    const { events } = this.#world
    const decisions = {
      isEntitled: (neighbour: Neighbour) => this.shop.sellsTo(neighbour.id) && this.scheduler.isEntitled(neighbour.id),
      onSlot: (neighbour: Neighbour, hasSlot: boolean) =>
        this.scheduler.setUnchoked(neighbour.id, hasSlot, events.now()),
      onChoke: (neighbour: Neighbour) => this.refresh(neighbour),
    }
    return behaviour.choker?.(this, decisions) ?? new Slots<Neighbour>(unchokeSlots, random, decisions)
  }

  #makeDownloader(): Downloader {
    const { events: clock, content } = this.#world
    const { verified, random, progress } = this
    const commit = (piece: number): void => {
      this.#unhashed.push(piece)
      clock.at(clock.now(), this, wakes.verifies)
    }
    const store = { verified, acquire: () => content.memory, release() {}, commit }
    const allowance = { bytes: () => Number.POSITIVE_INFINITY, take() {} }
    return new Downloader(
      { info: content.info, store, clock, random, progress, allowance },
      {
        peer: (id) => this.#handles.get(id),
        peers: () => this.neighbours,
        onPiece: (piece) => this.#onPiece(piece),
        onGuilty() {},
      },
    )
  }

  #updateInterest(neighbour: Neighbour): void {
    const wants = neighbour.wantedCount > 0
    if (wants === neighbour.weAreInterested) return
    neighbour.weAreInterested = wants
    neighbour.other.onInterest(neighbour.twin, wants)
  }
}

/** It opens this part of its connections itself and leaves the rest to those who come later. */
const wantedPart = 0.6
/** A peer with too few connections asks the tracker again this often. */
const announceMs = 10_000
