/**
 * One peer of a run: the client's downloader, slots and upload market over two lines, with no socket and no file. What it
 * does differently from the client is its behaviour's.
 */

import { type Btt, blockBytes, btt, type Random } from '@millrace/base'
import { UploadMarket } from '@millrace/market'
import { Downloader, hasPiece, noProgress, Slots, setPiece } from '@millrace/swarm'
import type { AgentView, Behaviour, Choker, Scheduler } from './behaviour.ts'
import { blockLength, type Content } from './content.ts'
import type { DelayMeter } from './delay-meter.ts'
import { Downlink } from './downlink.ts'
import type { Actor, EventQueue } from './event-queue.ts'
import { blockArrives, Neighbour, type Owner, requestIsHeard } from './neighbour.ts'
import type { Purse } from './purse.ts'
import type { PeerClass } from './scenario.ts'
import { Shop } from './shop.ts'
import type { Trade } from './trade.ts'
import { Uplink } from './uplink.ts'
import { Wallet } from './wallet.ts'

/** As in the client's session. */
export const tickMs = 250
const ticksAnEpoch = 4
const settleMs = 20
/** A peer that bought stays this long for its last bill when it is complete. */
export const settleMsMax = 3_000

const tick = 0
const pump = 1
const settle = 2
const arrive = 3
const leave = 4
const verified = 5
const abort = 6

export interface PeerTerms {
  readonly id: number
  readonly classIndex: number
  readonly plan: PeerClass
  readonly uploadBytesPerSecond: number
  readonly downloadBytesPerSecond: number
  readonly lineBytesPerSecond: number
  readonly latencyMs: number
  readonly unchokeSlots: number
  readonly connectionsMax: number
  readonly behaviour: Behaviour
  readonly purse: Purse | undefined
  readonly random: Random
}

/** What a peer needs of the run that it is in. */
export interface World {
  readonly events: EventQueue
  readonly content: Content
  readonly downDelays: DelayMeter
  readonly upDelays: DelayMeter
  onArrive(peer: LabPeer): void
  onComplete(peer: LabPeer): void
  onLeave(peer: LabPeer): void
  /** A block left: bytes of the model. */
  onServed(seller: LabPeer, buyer: number, bytes: number, billed: Btt): void
  meet(peer: LabPeer, count: number): void
  onDisconnect(a: LabPeer, b: LabPeer): void
}

export class LabPeer implements Actor, Owner, AgentView {
  readonly terms: PeerTerms
  readonly id: number
  readonly classIndex: number
  readonly random: Random
  readonly verified: Uint8Array
  readonly neighbours: Neighbour[] = []
  readonly downlink: Downlink
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
  readonly #world: World
  readonly #uplink: Uplink
  readonly #downloader: Downloader
  readonly #slots: Choker
  readonly #handles = new Map<number, Neighbour>()
  readonly #unhashed: number[] = []
  #nextHandle = 1
  #pumpAtMs = Number.POSITIVE_INFINITY
  #isSettling = false
  #verifiedCount = 0
  #ticks = 0

  constructor(terms: PeerTerms, world: World) {
    const { plan, behaviour, purse } = terms
    const { content, events } = world
    this.terms = terms
    this.id = terms.id
    this.classIndex = terms.classIndex
    this.random = terms.random
    this.#world = world
    this.verified = plan.has === 'all' ? content.full.slice() : new Uint8Array(content.full.length)
    this.#verifiedCount = plan.has === 'all' ? content.info.pieceCount : 0
    this.downlink = new Downlink(terms.downloadBytesPerSecond, events, world.downDelays)
    this.#uplink = new Uplink(terms.lineBytesPerSecond, world.upDelays)
    const wishes = behaviour.connections?.(this, terms.connectionsMax, terms.connectionsMax)
    this.connectionsMax = wishes?.max ?? terms.connectionsMax
    this.connectionsWanted = wishes?.wanted ?? Math.ceil(terms.connectionsMax * wantedPart)
    const options = {
      capacity: { kind: 'limited', bytesPerSecond: terms.uploadBytesPerSecond },
      askPerMiB: plan.sells === undefined ? undefined : btt(BigInt(plan.sells.askPerMiB) * BigInt(content.scale)),
      ...(plan.sells?.freeSharePpm === undefined ? {} : { freeSharePpm: plan.sells.freeSharePpm }),
    } as const
    this.scheduler = behaviour.scheduler?.(this, options) ?? new UploadMarket(options)
    this.shop = new Shop(this.scheduler, plan.sells !== undefined)
    this.wallet = purse === undefined ? undefined : new Wallet(this, purse)
    const chokerEvents = {
      isEntitled: (neighbour: Neighbour) => this.shop.sellsTo(neighbour.id) && this.scheduler.isEntitled(neighbour.id),
      onSlot: (neighbour: Neighbour, hasSlot: boolean) =>
        this.scheduler.setUnchoked(neighbour.id, hasSlot, events.now()),
      onChoke: (neighbour: Neighbour) => this.refresh(neighbour),
    }
    this.#slots =
      behaviour.choker?.(this, chokerEvents) ?? new Slots<Neighbour>(terms.unchokeSlots, terms.random, chokerEvents)
    this.#downloader = new Downloader(
      {
        info: content.info,
        store: {
          verified: this.verified,
          acquire: () => content.memory,
          release() {},
          commit: (piece) => this.#commit(piece),
        },
        clock: events,
        random: terms.random,
        progress: this.progress,
        allowance: { bytes: () => Number.POSITIVE_INFINITY, take() {} },
      },
      { peer: (id) => this.#handles.get(id), onPiece: (piece) => this.#onPiece(piece), onGuilty() {} },
    )
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

  /** Comes at `timeMs`. */
  arriveAt(timeMs: number): void {
    this.#world.events.at(timeMs, this, arrive)
  }

  /** Gives up at `timeMs`, unless it is complete by then. */
  abortAt(timeMs: number): void {
    this.#world.events.at(timeMs, this, abort)
  }

  /** Goes at `timeMs`, if it is there still. */
  leaveAt(timeMs: number): void {
    this.#world.events.at(timeMs, this, leave)
  }

  wake(what: number): void {
    switch (what) {
      case tick:
        return this.#tick()
      case pump:
        return this.#wakePump()
      case settle:
        return this.#settle()
      case arrive:
        return this.#arrive()
      case leave:
        return this.#leave()
      case abort:
        return this.isComplete ? undefined : this.#leave()
      case verified:
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
      id: this.#nextHandle++,
      owner: this,
      other,
      latencyMs,
      blocksPerPiece: content.blocksPerPiece,
      requestsMax: content.requestsMax,
      // A complete peer learns nothing more, so all can know it by one and the same bitfield.
      bitfield: other.isComplete && claims === other.verified ? content.full : claims.slice(),
      nowMs: events.now(),
    })
    this.neighbours.push(neighbour)
    this.#handles.set(neighbour.id, neighbour)
    const group = other.terms.plan.addressGroup ?? `peer ${other.id}`
    this.scheduler.addPeer(neighbour.id, group, events.now())
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
    const { blocksPerPiece } = this.#world.content
    const length = this.lengthOf(key)
    this.receivedBytes += length
    const block = key % blocksPerPiece
    const piece = (key - block) / blocksPerPiece
    const begin = block * blockBytes
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
    from.requests.push(key, events.now() + from.latencyMs)
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
    const { events } = this.#world
    const now = events.now()
    const { requests, id } = neighbour
    let length = 0
    let isStalled = false
    if (requests.size > 0) {
      if (requests.timeMs > now) {
        if (!neighbour.isAwaited) events.at(requests.timeMs, neighbour, requestIsHeard)
        neighbour.isAwaited = true
      } else {
        length = this.lengthOf(requests.key)
        isStalled = !neighbour.other.downlink.admits(neighbour.twin, length)
        if (isStalled) length = 0
      }
    }
    this.scheduler.setBacklog(id, length, now)
    this.scheduler.setStalled(id, isStalled, now)
    if (length > 0) this.#pumpAt(now)
  }

  /** Between events, never inside one: the scheduler may be at work. */
  #pumpAt(timeMs: number): void {
    if (timeMs >= this.#pumpAtMs) return
    this.#pumpAtMs = timeMs
    this.#world.events.at(timeMs, this, pump)
  }

  #wakePump(): void {
    const now = this.#world.events.now()
    if (now !== this.#pumpAtMs) return
    for (;;) {
      const neighbour = this.#handles.get(this.scheduler.choose(now))
      if (neighbour === undefined) break
      this.#serve(neighbour, now)
    }
    this.#pumpAtMs = Number.POSITIVE_INFINITY
    const retryMs = this.scheduler.retryAtMs(now)
    if (Number.isFinite(retryMs)) this.#pumpAt(Math.max(retryMs, now + retryMsMin))
  }

  #serve(neighbour: Neighbour, now: number): void {
    const { events } = this.#world
    const { twin, other, requests } = neighbour
    const { key } = requests
    const length = this.lengthOf(key)
    requests.shift()
    const leaves = this.#uplink.send(length, now)
    // The time on the receiver's line counts here, so that a line without a queue needs one event a block.
    const arrives = leaves + neighbour.latencyMs + length / other.downlink.bytesPerMs
    other.downlink.launch(twin, length)
    twin.coming.push(key, arrives)
    twin.lastArrivesMs = arrives
    events.at(arrives, twin, blockArrives)
    const billed = this.scheduler.served(neighbour.id, length, now)
    neighbour.upload.total += length
    this.sentBytes += length
    this.#world.onServed(this, other.classIndex, length, billed)
    if (billed > 0n) this.#settleSoon()
    this.refresh(neighbour)
  }

  #settleSoon(): void {
    if (this.#isSettling) return
    this.#isSettling = true
    this.#world.events.at(this.#world.events.now() + settleMs, this, settle)
  }

  #settle(): void {
    this.#isSettling = false
    if (this.isPresent) this.shop.settle(this.#world.events.now())
  }

  #arrive(): void {
    const { events } = this.#world
    this.arrivedMs = events.now()
    this.#world.onArrive(this)
    events.at(events.now() + this.random.below(tickMs), this, tick)
  }

  #tick(): void {
    if (!this.isPresent) return
    const { events } = this.#world
    const now = events.now()
    events.at(now + tickMs, this, tick)
    this.#slots.tick(this.neighbours, this.isComplete, now)
    if (this.#ticks++ % ticksAnEpoch === 0) this.#epoch(now)
    const starved = this.#handles.get(this.scheduler.starvedPeer())
    if (starved !== undefined) this.#slots.lend(starved, now)
    this.#pumpAt(now)
  }

  #epoch(now: number): void {
    // Nothing limits its requests but what it was told, and that leads to requests at once: only snubs are looked for.
    if (!this.isComplete) this.#downloader.tick(this.neighbours, now)
    this.scheduler.epoch(now)
    this.shop.onEpoch(now)
    this.wallet?.onEpoch(now)
    this.behaviour.onSecond?.(this, now)
    const missing = this.connectionsWanted - this.neighbours.length
    if (missing > 0 && this.#ticks % ticksAnAnnounce === 1) this.meet(missing)
  }

  #leave(): void {
    if (!this.isPresent) return
    const now = this.#world.events.now()
    const completed = this.completedMs
    const waits = completed !== undefined && now - completed < settleMsMax && this.wallet?.isSettled === false
    if (waits) return this.leaveAt(now + tickMs)
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
    const block = key % this.#world.content.blocksPerPiece
    const piece = (key - block) / this.#world.content.blocksPerPiece
    this.#downloader.loseRequest(neighbour, piece, block * blockBytes)
  }

  #commit(piece: number): void {
    this.#unhashed.push(piece)
    this.#world.events.at(this.#world.events.now(), this, verified)
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

  #updateInterest(neighbour: Neighbour): void {
    const wants = neighbour.wantedCount > 0
    if (wants === neighbour.weAreInterested) return
    neighbour.weAreInterested = wants
    neighbour.other.onInterest(neighbour.twin, wants)
  }
}

/** It opens this part of its connections itself and leaves the rest to those who come later. */
const wantedPart = 0.6
const ticksAnAnnounce = 40
/** A scheduler that says "now" and then names nobody is asked again after so long. */
const retryMsMin = 0.01
