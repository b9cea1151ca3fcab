/**
 * One torrent of a session: its peers, its pieces, its slots. The one owner of that state; every event of a peer, of
 * the store or of the session's tick comes through here.
 */

import { assert } from '@millrace/base'
import { type Info, pieceSize } from '@millrace/metainfo'
import { bitfieldBytes, bitfieldFault, type PeerMessage } from '@millrace/wire'
import { countPieces, fullBitfield, hasPiece, setPiece } from './bitfield.ts'
import { Candidates } from './candidates.ts'
import { type DownloadProgress, noProgress } from './download-progress.ts'
import { Downloader } from './downloader.ts'
import { EarlyMessages } from './early-messages.ts'
import { type ExtensionHost, Extensions } from './extensions.ts'
import { MetadataFetch } from './metadata-fetch.ts'
import type { Peer, PeerEvents } from './peer.ts'
import type { PeerSummary } from './peer-summary.ts'
import type { KnownPeer } from './pex.ts'
import type { Address, PaidTorrent, Store, StoreEvents } from './ports.ts'
import { Roster } from './roster.ts'
import { Slots } from './slots.ts'
import type { TorrentEvents, TorrentOptions, TorrentParts } from './torrent-parts.ts'
import { contentOf, type TorrentPhase } from './torrent-phase.ts'
import { UploadLane } from './upload-lane.ts'
import { dropRequest, dropRequests, takeRequest } from './upload-requests.ts'

type PiecesMessage =
  | { readonly type: 'bitfield'; readonly bits: Uint8Array }
  | { readonly type: 'haveAll' | 'haveNone' }

export class Torrent implements PeerEvents, ExtensionHost {
  readonly infoHash: Uint8Array
  readonly candidates = new Candidates()
  readonly #roster = new Roster()
  readonly #progress = noProgress()
  readonly #early = new EarlyMessages()
  readonly #parts: TorrentParts
  readonly #events: TorrentEvents
  readonly #extensions: Extensions
  readonly #slots: Slots<Peer>
  #phase: TorrentPhase
  #verifiedCount = 0
  #requestsCame = false
  /** How the store that is opened for this torrent reports. */
  readonly storeEvents: StoreEvents

  constructor(parts: TorrentParts, options: TorrentOptions, events: TorrentEvents) {
    this.infoHash = options.infoHash
    this.#parts = parts
    this.#events = events
    const { infoHash, infoBytes } = options
    this.#phase = infoBytes ? { kind: 'opening', infoBytes } : { kind: 'metadata', fetch: new MetadataFetch(infoHash) }
    this.#extensions = new Extensions(parts, this)
    this.#slots = new Slots(options.unchokeSlots, parts.random, {
      isEntitled: (peer) => peer.paid !== undefined && parts.market.isEntitled(peer.id),
      onSlot: (peer, hasSlot) => parts.market.setUnchoked(peer.id, hasSlot, parts.clock.now()),
      onChoke: (peer) => this.#onChoke(peer),
    })
    this.storeEvents = {
      onVerified: (piece) => (this.downloader ? this.downloader.onVerified(piece) : this.#onLateVerdict(piece, true)),
      onFailed: (piece) => (this.downloader ? this.downloader.onFailed(piece) : this.#onLateVerdict(piece, false)),
      onFetched: () => this.#onFetched(),
      onError: (error) => this.stop(error),
    }
  }

  get phase(): TorrentPhase {
    return this.#phase
  }

  get peers(): readonly Peer[] {
    return this.#roster.all
  }

  get isSeeding(): boolean {
    return this.#phase.kind === 'active' && this.#verifiedCount === this.#phase.info.pieceCount
  }

  get verifiedCount(): number {
    return this.#verifiedCount
  }

  get progress(): Readonly<DownloadProgress> {
    return this.#progress
  }

  /** What passed between us and every peer, those that left included. */
  get summaries(): readonly PeerSummary[] {
    return this.#roster.summaries
  }

  get downloader(): Downloader | undefined {
    return this.#phase.kind === 'active' ? this.#phase.downloader : undefined
  }

  get infoBytes(): Uint8Array | undefined {
    return this.#phase.kind === 'metadata' ? undefined : this.#phase.infoBytes
  }

  get metadataFetch(): MetadataFetch | undefined {
    return this.#phase.kind === 'metadata' ? this.#phase.fetch : undefined
  }

  get isPrivate(): boolean {
    return this.#phase.kind === 'active' && this.#phase.info.isPrivate
  }

  get paidTorrent(): PaidTorrent | undefined {
    if (this.#phase.kind !== 'active') return undefined
    const { pieceLength, pieceCount, isPrivate } = this.#phase.info
    const leftBytes = (): number => (pieceCount - this.#verifiedCount) * pieceLength
    const receivedBytes = (): number => this.summaries.reduce((sum, summary) => sum + summary.receivedBytes, 0)
    return { infoHash: this.infoHash, pieceLength, isPrivate, leftBytes, receivedBytes }
  }

  /** Starts the exchange of pieces: `store` holds the payload of `info` and reports to `storeEvents`. */
  activate(info: Info, infoBytes: Uint8Array, store: Store): void {
    assert(this.#phase.kind !== 'active', 'a torrent that is not active: it has one store at a time')
    const { clock, random, downloadLimit } = this.#parts
    const downloader = new Downloader(
      { info, store, clock, random, progress: this.#progress, allowance: downloadLimit },
      {
        peer: (id) => this.#roster.get(id),
        peers: () => this.peers,
        onPiece: (piece) => this.#onPiece(piece),
        onGuilty: (id, reason) => this.#ban(id, reason),
      },
    )
    this.#phase = { kind: 'active', info, infoBytes, store, downloader }
    this.#verifiedCount = countPieces(store.verified)
    for (const peer of this.peers) this.#admitEarly(peer, info, store)
    if (this.isSeeding) this.#onComplete()
  }

  /** Stops the exchange until the torrent is activated again; every peer is let go. `error` is told to the owner. */
  stop(error?: Error): void {
    this.downloader?.stop(this.peers)
    this.#phase = { kind: 'stopped', infoBytes: this.infoBytes, content: contentOf(this.#phase) }
    const reason = error === undefined ? 'torrent stopped' : 'storage failed'
    for (const peer of this.peers) {
      peer.close(reason)
      // Not when the socket has closed: by then a new picker may count, which never knew this peer.
      this.onClose(peer, reason)
    }
    if (error !== undefined) this.#events.onError(error)
  }

  addPeer(peer: Peer): void {
    const { market, clock } = this.#parts
    this.#roster.add(peer)
    market.addPeer(peer.id, peer.addressGroup, clock.now())
    if (this.#phase.kind === 'active') {
      this.#admit(peer, this.#phase.info, this.#phase.store)
      this.#tellPieces(peer, this.#phase.store)
    } else if (peer.identity.speaksFast) peer.send({ type: 'haveNone' })
    if (peer.identity.speaksExtended) this.#extensions.greet(peer)
    peer.flush()
  }

  knownPeers(except: Peer): readonly KnownPeer[] {
    return this.#roster.knownPeers(except, this.#phase.kind === 'active' ? this.#phase.info.pieceCount : 0)
  }

  onAddresses(addresses: readonly Address[]): void {
    this.candidates.add(addresses, this.#parts.clock.now())
  }

  onMetadata(infoBytes: Uint8Array): void {
    this.#phase = { kind: 'opening', infoBytes }
    this.#events.onMetadata(infoBytes)
  }

  tick(now: number): void {
    for (const peer of this.peers) {
      peer.tick(now)
      this.#closeIfBothSeed(peer)
    }
    this.#extensions.tick(this.peers, now)
    this.downloader?.tick(this.peers, now)
    if (this.#phase.kind === 'active') this.#slots.tick(this.peers, this.isSeeding, now)
    for (const peer of this.peers) peer.flush()
  }

  /** Nobody who is unchoked wants bytes, but this peer does: the link must not idle. Whether the peer is ours. */
  serveBesideSlots(id: number): boolean {
    const peer = this.#roster.get(id)
    if (peer !== undefined && this.#phase.kind === 'active') this.#slots.lend(peer, this.#parts.clock.now())
    return peer !== undefined
  }

  onMessage(peer: Peer, message: PeerMessage): void {
    switch (message.type) {
      case 'choke':
        peer.chokesUs = true
        if (!peer.identity.speaksFast) this.downloader?.loseRequests(peer)
        return
      case 'unchoke':
        peer.chokesUs = false
        return this.downloader?.fill(peer)
      case 'interested':
      case 'notInterested':
        return this.#onInterest(peer, message.type === 'interested')
      case 'bitfield':
        return this.#onPieces(peer, message)
      case 'haveAll':
      case 'haveNone':
        return this.#onPieces(peer, { type: message.type })
      case 'extended':
        return this.#extensions.receive(peer, message.id, message.payload)
      default:
    }
  }

  onHave(peer: Peer, piece: number): void {
    if (this.#phase.kind !== 'active') return this.#early.keep(peer, { type: 'have', piece })
    this.#learnPiece(peer, piece)
    this.#updateInterest(peer)
    this.#closeIfBothSeed(peer)
  }

  onRequest(peer: Peer, piece: number, begin: number, length: number): void {
    const content = this.#phase.kind === 'active' ? this.#phase : undefined
    if (takeRequest(peer, content, piece, begin, length)) this.#requestsCame = true
  }

  onCancel(peer: Peer, piece: number, begin: number, length: number): void {
    if (dropRequest(peer, piece, begin, length)) this.#requestsCame = true
  }

  onReject(peer: Peer, piece: number, begin: number): void {
    this.downloader?.loseRequest(peer, piece, begin)
  }

  onBlockStart(peer: Peer, piece: number, begin: number, length: number): Uint8Array | undefined {
    return this.downloader?.onBlockStart(peer, piece, begin, length)
  }

  onBlockEnd(peer: Peer, piece: number, begin: number, length: number): void {
    this.downloader?.onBlockEnd(peer, piece, begin, length)
  }

  onBatchEnd(peer: Peer): void {
    this.downloader?.fill(peer)
    peer.flush()
    if (!this.#requestsCame) return
    this.#requestsCame = false
    this.#parts.uploader.refresh(peer)
    this.#parts.uploader.pump()
  }

  onDrain(peer: Peer): void {
    this.#parts.uploader.refresh(peer)
    this.#parts.uploader.pump()
  }

  onClose(peer: Peer, reason: string): void {
    if (this.#roster.get(peer.id) !== peer) return
    const { market, uploader, clock, logger } = this.#parts
    const now = clock.now()
    logger.log('debug', 'peer left', { host: peer.address.host, port: peer.address.port, reason })
    this.#roster.remove(peer)
    this.downloader?.removePeer(peer)
    this.metadataFetch?.lose(peer.id)
    peer.paid?.onClose()
    uploader.remove(peer)
    market.removePeer(peer.id, now)
    this.candidates.settle(peer.address, peer.download.total + peer.upload.total > 0, now)
    if (this.#phase.kind === 'active') this.#slots.fillFree(this.peers, now)
  }

  /** What was complete when the torrent stopped is written nevertheless, perhaps only when the disk is mended. */
  #onLateVerdict(piece: number, isRight: boolean): void {
    const content = contentOf(this.#phase)
    if (content === undefined) return
    content.store.release(piece)
    if (!isRight) return
    this.#verifiedCount++
    this.#progress.verifiedBytes += pieceSize(content.info, piece)
    this.#progress.lastPieceAt = this.#parts.clock.now()
  }

  /** Makes room for what the peer asks. */
  #admit(peer: Peer, info: Info, store: Store): void {
    peer.setPieceCount(info.pieceCount)
    peer.lane = new UploadLane(peer.identity.connection, store)
    this.#parts.uploader.add(peer)
  }

  /** Whoever was here before the metadata hears `have`s, since a bitfield comes first or never (BEP 3). */
  #admitEarly(peer: Peer, info: Info, store: Store): void {
    this.#admit(peer, info, store)
    for (let piece = 0; piece < info.pieceCount; piece++) {
      if (hasPiece(store.verified, piece)) peer.send({ type: 'have', piece })
    }
    if (peer.identity.speaksExtended) this.#extensions.greet(peer)
    for (const message of this.#early.take(peer)) {
      if (message.type === 'have') this.onHave(peer, message.piece)
      else this.onMessage(peer, message)
    }
    if (peer.isInterested) this.#onInterest(peer, true)
    peer.flush()
  }

  /** The first message about pieces. */
  #tellPieces(peer: Peer, store: Store): void {
    if (peer.identity.speaksFast && this.isSeeding) peer.send({ type: 'haveAll' })
    else if (this.#verifiedCount > 0) peer.send({ type: 'bitfield', bits: store.verified.slice() })
    else if (peer.identity.speaksFast) peer.send({ type: 'haveNone' })
  }

  #learnPiece(peer: Peer, piece: number): void {
    if (this.#phase.kind !== 'active') return
    peer.bitfield ??= new Uint8Array(bitfieldBytes(this.#phase.info.pieceCount))
    if (hasPiece(peer.bitfield, piece)) return
    setPiece(peer.bitfield, piece)
    this.#phase.downloader.addPeerPiece(peer, piece)
  }

  #onPieces(peer: Peer, message: PiecesMessage): void {
    if (this.#phase.kind !== 'active') return this.#early.keep(peer, message)
    const { info, downloader } = this.#phase
    if (message.type !== 'bitfield' && !peer.identity.speaksFast) return peer.close(`${message.type} without BEP 6`)
    if (message.type === 'haveNone') return
    const bits = message.type === 'bitfield' ? message.bits.slice() : fullBitfield(info.pieceCount)
    const fault = bitfieldFault(bits, info.pieceCount)
    if (fault !== undefined) return peer.close(fault.message)
    if (peer.bitfield === undefined) {
      peer.bitfield = bits
      downloader.addPeer(peer, bits)
    } else {
      // Against BEP 3, but aria2 sends one in place of many haves.
      for (let piece = 0; piece < info.pieceCount; piece++) if (hasPiece(bits, piece)) this.#learnPiece(peer, piece)
    }
    this.#updateInterest(peer)
    this.#closeIfBothSeed(peer)
  }

  #onInterest(peer: Peer, isInterested: boolean): void {
    const now = this.#parts.clock.now()
    peer.isInterested = isInterested
    this.#parts.market.setInterested(peer.id, isInterested)
    if (this.#phase.kind !== 'active') return
    this.#slots.fillFree(this.peers, now)
  }

  #onPiece(piece: number): void {
    this.#verifiedCount++
    for (const peer of this.#roster.all) {
      if (peer.bitfield !== undefined && hasPiece(peer.bitfield, piece)) {
        peer.wantedCount--
        this.#updateInterest(peer)
      } else peer.send({ type: 'have', piece })
      peer.flush()
    }
    this.#events.onPiece(piece)
    if (this.isSeeding) this.#onComplete()
  }

  #onComplete(): void {
    for (const peer of this.peers) this.#closeIfBothSeed(peer)
    this.#events.onComplete()
  }

  #closeIfBothSeed(peer: Peer): void {
    if (this.#phase.kind !== 'active' || !this.isSeeding || peer.bitfield === undefined) return
    if (peer.paid !== undefined && !peer.paid.isSettled()) return
    if (countPieces(peer.bitfield) === this.#phase.info.pieceCount) peer.close('both sides are seeds')
  }

  #updateInterest(peer: Peer): void {
    const wants = peer.wantedCount > 0
    if (wants === peer.weAreInterested) return
    peer.weAreInterested = wants
    peer.send({ type: wants ? 'interested' : 'notInterested' })
  }

  #onChoke(peer: Peer): void {
    dropRequests(peer)
    this.#parts.uploader.refresh(peer)
  }

  #onFetched(): void {
    for (const peer of this.#roster.all) if (peer.lane?.queue.size) this.#parts.uploader.refresh(peer)
    this.#parts.uploader.pump()
  }

  #ban(id: number, reason: string): void {
    const peer = this.#roster.get(id)
    if (peer === undefined) return
    this.#parts.logger.log('warn', 'peer banned', { host: peer.address.host, port: peer.address.port, reason })
    this.candidates.ban(peer.address)
    peer.close(`banned: ${reason}`)
  }
}
