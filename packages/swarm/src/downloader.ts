/**
 * The leeching half of a torrent: asks peers for blocks, takes what comes into piece memory, has pieces verified, and
 * finds out who sent what was wrong. It owns the picker; the torrent owns it.
 */

import { blockBytes, type Clock, type Random } from '@millrace/base'
import { blockCount, type Info, pieceSize } from '@millrace/metainfo'
import { countLacking, hasPiece } from './bitfield.ts'
import { BlameBook } from './blame.ts'
import { Debtors } from './debtors.ts'
import { type DownloadPeer, isSeller } from './download-peer.ts'
import type { DownloadProgress } from './download-progress.ts'
import { helpOut, helpRoom } from './end-game.ts'
import { bytesBySender, nobody, type PartialPiece, senderOf, setWriter, soleSender, writerOf } from './partial-piece.ts'
import { rateKnownMs, searchAgainMs } from './peer-speed.ts'
import { type Asker, Picker } from './picker.ts'
import type { Store } from './ports.ts'
import { requestRoom, requestWindow } from './request-window.ts'

/** A peer that owes us blocks and sent none for so long is snubbing us (BEP 3). */
export const snubMilliseconds = 30_000

export interface DownloaderParts {
  readonly info: Pick<Info, 'pieceLength' | 'pieceCount' | 'totalSize'>
  readonly store: Pick<Store, 'verified' | 'acquire' | 'release' | 'commit'>
  readonly clock: Clock
  readonly random: Random
  /** Kept by the torrent, also when its files are opened anew. */
  readonly progress: DownloadProgress
  /** Bytes that may be asked for now, and the note that so many were (a download limit). */
  readonly allowance: { bytes(now: number): number; take(bytes: number): void }
}

export interface DownloaderEvents {
  peer(id: number): DownloadPeer | undefined
  peers(): Iterable<DownloadPeer>
  /** A verified piece: everybody may be told. */
  onPiece(piece: number): void
  onGuilty(peerId: number, reason: string): void
}

export class Downloader {
  readonly #parts: DownloaderParts
  readonly #events: DownloaderEvents
  readonly #picker: Picker
  readonly #blame = new BlameBook()
  readonly #debtors = new Debtors()
  readonly #blocksPerPiece: number
  /** Peers that got fewer requests than they have room for: piece memory ran out, or nothing they have was left. */
  readonly #starved = new Set<DownloadPeer>()
  /** Requests to sellers that were taken back: what was on its way is paid all the same. */
  readonly #withdrawn = new Map<number, Set<number>>()
  /** When it is looked again at what others owe. */
  #searchAt = Number.NEGATIVE_INFINITY
  #isStopped = false
  /** Who is being asked: the same objects each time, since they are needed with each block. */
  readonly #asker: Asker = { peer: nobody, bitfield: new Uint8Array(0), isExhausted: false }
  #asked: DownloadPeer | undefined
  readonly #askOne = (piece: number, block: number): void => {
    if (this.#asked !== undefined) this.#ask(this.#asked, piece, block)
  }
  readonly #progress: DownloadProgress

  constructor(parts: DownloaderParts, events: DownloaderEvents) {
    this.#parts = parts
    this.#progress = parts.progress
    this.#events = events
    this.#blocksPerPiece = Math.ceil(parts.info.pieceLength / blockBytes)
    this.#picker = new Picker({
      pieceCount: parts.info.pieceCount,
      blockCount: (piece) => blockCount(parts.info, piece),
      verified: parts.store.verified,
      acquire: (piece) => parts.store.acquire(piece),
      random: parts.random,
    })
  }

  addPeer(peer: DownloadPeer, bitfield: Uint8Array): void {
    this.#picker.addPeer(bitfield)
    peer.arriving = -1
    peer.exhaustedAt = -1
    peer.isStarved = false
    peer.wantedCount = countLacking(bitfield, this.#parts.store.verified)
  }

  addPeerPiece(peer: DownloadPeer, piece: number): void {
    this.#picker.addPeerPiece(piece)
    peer.exhaustedAt = -1
    if (!hasPiece(this.#parts.store.verified, piece)) peer.wantedCount++
  }

  removePeer(peer: DownloadPeer): void {
    this.loseRequests(peer)
    if (peer.bitfield !== undefined) this.#picker.removePeer(peer.bitfield)
    this.#picker.forget(peer.id)
    this.#starved.delete(peer)
  }

  /** Everything asked of the peer will not come: it choked us, or it left. */
  loseRequests(peer: DownloadPeer): void {
    for (const key of peer.outstanding) this.#lose(peer, key)
    peer.outstanding.clear()
    peer.late.clear()
    this.#withdrawn.delete(peer.id)
    this.#stopWriting(peer)
    peer.speed.forget()
    peer.dropBlock()
  }

  loseRequest(peer: DownloadPeer, piece: number, begin: number): void {
    const key = this.#key(piece, begin)
    peer.late.delete(key)
    this.#withdrawn.get(peer.id)?.delete(key)
    if (peer.outstanding.delete(key)) this.#lose(peer, key)
  }

  /** Fills the peer's request window. */
  fill(peer: DownloadPeer): void {
    if (this.#isStopped || peer.chokesUs || peer.wantedCount === 0 || peer.bitfield === undefined) return
    const now = this.#parts.clock.now()
    const window = peer.snubbed ? 1 : requestWindow(this.#rateOf(peer, now), peer.extended?.reqq)
    const allowed = Math.ceil(this.#parts.allowance.bytes(now) / blockBytes)
    const room = Math.min(requestRoom(window, peer.outstanding.size), allowed)
    if (room <= 0) return
    if (peer.outstanding.size === 0) {
      peer.lastBlockAt = now
      peer.speed.begin(now)
    }
    const { restarts } = this.#picker
    const asker = this.#asker
    asker.peer = peer.id
    asker.bitfield = peer.bitfield
    asker.isExhausted = peer.exhaustedAt === restarts
    this.#asked = peer
    let asked = this.#picker.pick(asker, room, this.#askOne)
    if (asker.isExhausted) peer.exhaustedAt = restarts
    const mayHelp = asked === 0 && asker.isExhausted && !peer.snubbed && peer.speed.mayHelp(now)
    if (mayHelp) asked = this.#helpOut(peer, asker, room, now)
    const isStarved = asked < room && this.#picker.wantsMore
    if (isStarved === peer.isStarved) return
    peer.isStarved = isStarved
    if (isStarved) this.#starved.add(peer)
    else this.#starved.delete(peer)
  }

  /**
   * Where the block goes. One that was asked for and cannot be taken is no longer asked for; who sent it did as it was told,
   * so it counts as received from a seller, which bills it.
   */
  onBlockStart(peer: DownloadPeer, piece: number, begin: number, length: number): Uint8Array | undefined {
    const key = this.#key(piece, begin)
    if (this.#isStopped) return undefined
    if (!(peer.outstanding.has(key) || peer.late.has(key))) {
      if (this.#withdrawn.get(peer.id)?.delete(key) === true) this.#countDropped(peer, piece, begin, length)
      return undefined
    }
    const partial = this.#picker.partial(piece)
    const block = begin / blockBytes
    if (partial === undefined || !this.#isWanted(partial, block, length) || !this.#mayWrite(partial, block, key)) {
      this.loseRequest(peer, piece, begin)
      this.#countDropped(peer, piece, begin, length)
      return undefined
    }
    setWriter(partial, block, peer.id)
    peer.arriving = key
    return partial.memory
  }

  onBlockEnd(peer: DownloadPeer, piece: number, begin: number, length: number): void {
    const key = this.#key(piece, begin)
    const now = this.#parts.clock.now()
    peer.arriving = -1
    peer.outstanding.delete(key)
    if (peer.late.size > 0) peer.late.delete(key)
    peer.lastBlockAt = now
    peer.snubbed = false
    peer.download.add(length, now)
    peer.speed.onBlock(now, peer.outstanding.size > 0)
    this.#progress.firstByteAt ??= now
    const partial = this.#picker.partial(piece)
    if (partial === undefined || senderOf(partial, begin / blockBytes) !== nobody) {
      this.#progress.wastedBytes += length
      return
    }
    const others = this.#picker.receive(partial, begin / blockBytes, peer.id)
    peer.paid?.onBlock(piece, length)
    for (const other of others) this.#cancel(other, piece, begin, length)?.flush()
    if (partial.missingCount === 0) this.#parts.store.commit(piece)
    if (now >= this.#searchAt) this.#feedStarved(now)
  }

  onVerified(piece: number): void {
    const partial = this.#picker.partial(piece)
    if (partial === undefined) return
    this.#progress.lastPieceAt = this.#parts.clock.now()
    this.#progress.verifiedBytes += partial.memory.length
    for (const { sender, bytes, guilty } of this.#blame.judge(piece, partial.memory)) {
      if (guilty) this.#punish(sender, piece, bytes)
      else this.#events.peer(sender)?.paid?.onVerified(piece, bytes)
    }
    for (const [sender, bytes] of bytesBySender(partial)) {
      const peer = this.#events.peer(sender)
      if (peer === undefined) continue
      peer.verifiedBytes += bytes
      peer.paid?.onVerified(piece, bytes)
    }
    this.#picker.finish(piece)
    this.#parts.store.release(piece)
    this.#events.onPiece(piece)
    this.#feedStarved(this.#parts.clock.now())
  }

  onFailed(piece: number): void {
    const partial = this.#picker.partial(piece)
    if (partial === undefined) return
    this.#progress.wastedBytes += partial.memory.length
    const sole = soleSender(partial)
    if (sole !== nobody) this.#punish(sole, piece, partial.memory.length)
    else {
      this.#blame.remember(partial)
      for (const [sender, bytes] of bytesBySender(partial)) {
        this.#events.peer(sender)?.paid?.onFailed(piece, bytes, false)
      }
    }
    this.#picker.restart(piece)
    this.#parts.store.release(piece)
    this.#feedStarved(this.#parts.clock.now())
  }

  /** Nothing more is asked for and memory goes back, but for complete pieces: the store has those, and will write them. */
  stop(peers: Iterable<DownloadPeer>): void {
    this.#isStopped = true
    for (const peer of peers) this.loseRequests(peer)
    for (const piece of this.#picker.inFlight()) {
      if (this.#picker.partial(piece)?.missingCount !== 0) this.#parts.store.release(piece)
    }
  }

  /** Finds snubs and serves who waited for the download limit; what a snubbing peer owed goes to the others first. */
  tick(peers: Iterable<DownloadPeer>, now: number): void {
    const snubbing: DownloadPeer[] = []
    for (const peer of peers) {
      if (peer.outstanding.size > 0 && now - peer.lastBlockAt > snubMilliseconds) this.#giveToOthers(peer)
      if (peer.snubbed) snubbing.push(peer)
    }
    for (const peer of peers) if (!peer.snubbed) this.fill(peer)
    for (const peer of snubbing) this.fill(peer)
  }

  #isWanted(partial: PartialPiece, block: number, length: number): boolean {
    return senderOf(partial, block) === nobody && length === this.#lengthOf(partial.piece, block * blockBytes)
  }

  /** Whether nobody writes this block; a peer that stopped in its middle gives way. */
  #mayWrite(partial: PartialPiece, block: number, key: number): boolean {
    const writer = writerOf(partial, block)
    const busy = writer === nobody ? undefined : this.#events.peer(writer)
    if (busy === undefined) return true
    if (!busy.snubbed) return false
    busy.dropBlock()
    busy.late.delete(key)
    if (busy.outstanding.delete(key)) this.#lose(busy, key)
    return true
  }

  #ask(peer: DownloadPeer, piece: number, block: number): void {
    const begin = block * blockBytes
    const length = this.#lengthOf(piece, begin)
    const key = this.#key(piece, begin)
    const isOwed = peer.late.size > 0 && peer.late.delete(key)
    peer.outstanding.add(key)
    // It sends again, and this block stands in its queue still: a second request would bring it twice.
    if (isOwed && !peer.snubbed) return
    this.#parts.allowance.take(length)
    peer.sendRequest(piece, begin, length)
  }

  /** Answers the peer, to be flushed, where there was something to cancel. */
  #cancel(id: number, piece: number, begin: number, length: number): DownloadPeer | undefined {
    const peer = this.#events.peer(id)
    const key = this.#key(piece, begin)
    if (peer === undefined) return undefined
    const isOwed = peer.late.delete(key)
    if (!peer.outstanding.delete(key) && !isOwed) return undefined
    if (isSeller(peer)) this.#withdraw(peer, key)
    peer.send({ type: 'cancel', piece, begin, length })
    return peer
  }

  #withdraw(peer: DownloadPeer, key: number): void {
    const withdrawn = this.#withdrawn.get(peer.id) ?? new Set()
    this.#withdrawn.set(peer.id, withdrawn.add(key))
  }

  /** The block that the peer's bytes went to will not be whole. */
  #stopWriting(peer: DownloadPeer): void {
    if (peer.arriving < 0) return
    const { arriving: key } = peer
    peer.arriving = -1
    const block = key % this.#blocksPerPiece
    const partial = this.#picker.partial((key - block) / this.#blocksPerPiece)
    if (partial !== undefined && writerOf(partial, block) === peer.id) setWriter(partial, block, nobody)
  }

  #countDropped(peer: DownloadPeer, piece: number, begin: number, length: number): void {
    if (length === this.#lengthOf(piece, begin)) peer.paid?.onBlock(piece, length)
  }

  /**
   * A peer that sells is asked for nothing that others still owe, since it bills what it sends: it is taken back from them, and
   * dropped should it come all the same. Where nobody knows how fast the seller is, only from those that send nothing.
   */
  #helpOut(peer: DownloadPeer, asker: Asker, room: number, now: number): number {
    const { id, outstanding } = peer
    const sells = isSeller(peer)
    const bytesPerSecond = peer.speed.at(now, outstanding.size > 0)
    const helper = { id, outstanding, bytesPerSecond }
    const most = helpRoom(helper, room)
    if (most <= 0) return 0
    const debtors = this.#debtors.at(now, () => this.#events.peers())
    const count = helpOut(helper, debtors, most, (owed) => {
      const { debtor, key } = owed
      const block = key % this.#blocksPerPiece
      const piece = (key - block) / this.#blocksPerPiece
      const askers = this.#picker.owedBy(asker, piece, block)
      if (askers === undefined || !askers.includes(debtor.id)) return false
      if (sells && bytesPerSecond === undefined && debtor.bytesPerSecond > 0) return false
      const otherId = askers.find((it) => it !== debtor.id && it !== nobody)
      const other = otherId === undefined ? undefined : debtors.get(otherId)
      if (otherId !== undefined && (other === undefined || !owed.isSoonerThan(other))) return false
      if (sells) for (const it of askers) this.#takeBack(it, piece, block, now)
      else if (other !== undefined) this.#takeBack(owed.isLater(other) ? other.id : debtor.id, piece, block, now)
      this.#picker.askToo(piece, block, id)
      this.#ask(peer, piece, block)
      return true
    })
    if (count > 0) for (const debtor of debtors.keys()) this.#events.peer(debtor)?.flush()
    if (count < most) peer.speed.onSearch(now)
    return count
  }

  #takeBack(id: number, piece: number, block: number, now: number): void {
    const peer = this.#events.peer(id)
    if (peer === undefined) return
    this.#picker.lose(piece, block, id)
    this.#cancel(id, piece, block * blockBytes, this.#lengthOf(piece, block * blockBytes))
    if (peer.speed.at(now, true) === undefined) peer.speed.onLoss(now)
  }

  /**
   * What a snubbing peer owes may still come, but anybody is asked for it now. What it owed since before its last snub is
   * given up: a peer that is the only source is asked anew.
   */
  #giveToOthers(peer: DownloadPeer): void {
    peer.snubbed = true
    peer.speed.onLoss(this.#parts.clock.now())
    peer.late.clear()
    for (const key of peer.outstanding) {
      this.#lose(peer, key)
      peer.late.add(key)
    }
    peer.outstanding.clear()
  }

  #feedStarved(now: number): void {
    const { restarts } = this.#picker
    const mayHelp = now >= this.#searchAt
    if (mayHelp) this.#searchAt = now + searchAgainMs
    for (const peer of [...this.#starved]) {
      // Memory that is free again does not help it.
      if (peer.exhaustedAt === restarts && !mayHelp) continue
      this.fill(peer)
      peer.flush()
    }
  }

  #punish(sender: number, piece: number, bytes: number): void {
    this.#events.peer(sender)?.paid?.onFailed(piece, bytes, true)
    this.#events.onGuilty(sender, `sent wrong data for piece ${piece}`)
  }

  #lose(peer: DownloadPeer, key: number): void {
    const block = key % this.#blocksPerPiece
    this.#picker.lose((key - block) / this.#blocksPerPiece, block, peer.id)
  }

  #key(piece: number, begin: number): number {
    return piece * this.#blocksPerPiece + begin / blockBytes
  }

  #lengthOf(piece: number, begin: number): number {
    return Math.min(blockBytes, pieceSize(this.#parts.info, piece) - begin)
  }

  #rateOf({ download }: DownloadPeer, now: number): number | undefined {
    const { firstByteAt } = this.#progress
    const isKnown = download.total > 0 && firstByteAt !== undefined && now - firstByteAt > rateKnownMs
    return isKnown ? download.bytesPerSecond(now) : undefined
  }
}
