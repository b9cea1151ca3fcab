/** One peer after its handshake: the connection, what both sides said last, and the counters that policies read. */

import type { Clock } from '@millrace/base'
import { addressGroupOf } from '@millrace/market'
import {
  type ExtendedHandshake,
  encodeMessage,
  FrameReader,
  type FrameSink,
  type PeerMessage,
  requestFrameBytes,
  writeRequest,
} from '@millrace/wire'
import { AskedBlocks } from './asked-blocks.ts'
import { copyShared } from './copy-shared.ts'
import { FreeRate } from './free-rate.ts'
import { Outbox } from './outbox.ts'
import type { Address, Connection, ConnectionHandler, PaidSession, PaymentOffer } from './ports.ts'
import { RateMeter } from './rate-meter.ts'
import type { UploadLane } from './upload-lane.ts'

/** Silence after which a keep-alive is due (BEP 3: about two minutes). */
export const keepAliveMilliseconds = 110_000
/** Silence of the peer after which it is given up. */
export const silenceMillisecondsMax = 240_000

/** Bytes that wait for a peer to read them: far above what uploads queue, so that only one that stopped reading has more. */
const unreadBytesMax = 8 * 1_048_576

export interface PeerIdentity {
  /** The upload market's handle; unique in the session. */
  readonly id: number
  readonly peerId: Uint8Array
  readonly connection: Connection
  readonly isOutgoing: boolean
  readonly speaksFast: boolean
  readonly speaksExtended: boolean
}

/** What a peer's messages lead to; the torrent answers. */
export interface PeerEvents {
  onMessage(peer: Peer, message: PeerMessage): void
  onHave(peer: Peer, piece: number): void
  onRequest(peer: Peer, piece: number, begin: number, length: number): void
  onCancel(peer: Peer, piece: number, begin: number, length: number): void
  onReject(peer: Peer, piece: number, begin: number): void
  /** Memory for the payload of a block, or undefined to let it pass. */
  onBlockStart(peer: Peer, piece: number, begin: number, length: number): Uint8Array | undefined
  onBlockEnd(peer: Peer, piece: number, begin: number, length: number): void
  /** The messages of one chunk of the stream were handled. */
  onBatchEnd(peer: Peer): void
  onDrain(peer: Peer): void
  onClose(peer: Peer, reason: string): void
}

export class Peer implements ConnectionHandler, FrameSink {
  readonly identity: PeerIdentity
  readonly addressGroup: string
  readonly download: RateMeter
  readonly upload: RateMeter
  readonly #free: FreeRate
  /** Keys of the blocks it was asked for and has not sent; see `Downloader`. */
  readonly outstanding = new AskedBlocks()
  arriving = -1
  exhaustedAt = -1
  pace = 0
  helpsAt = 0
  isStarved = false
  /** Keys of the blocks it owed when it began to snub us: taken should they come, but others are asked for them. */
  readonly late = new Set<number>()
  weChoke = true
  /** The choker gave it one of the slots of the free class. */
  hasSlot = false
  weAreInterested = false
  chokesUs = true
  isInterested = false
  /** Pieces it has; undefined until it told and the torrent's size is known. */
  bitfield: Uint8Array | undefined
  /** Pieces it has that we lack. */
  wantedCount = 0
  extended: ExtendedHandshake | undefined
  lane: UploadLane | undefined
  paid: PaidSession | undefined
  offer: PaymentOffer | undefined
  /** When it sent the last block that it owed us. */
  lastBlockAt: number
  snubbed = false
  wastedBytes = 0
  verifiedBytes = 0
  turnedAt: number
  turnStartBytes = 0

  readonly #events: PeerEvents
  readonly #clock: Clock
  readonly #reader: FrameReader
  readonly #outbox = new Outbox()
  #lastHeardAt: number
  #lastSentAt: number
  #closeReason: string | undefined
  #target: Uint8Array | undefined
  #targetOffset = 0
  #blockPiece = 0
  #blockBegin = 0
  #blockLength = 0

  constructor(identity: PeerIdentity, events: PeerEvents, clock: Clock) {
    const now = clock.now()
    this.identity = identity
    this.addressGroup = addressGroupOf(identity.connection.remote.host, identity.id)
    this.#events = events
    this.#clock = clock
    this.#reader = new FrameReader(this)
    this.download = new RateMeter(now)
    this.upload = new RateMeter(now)
    this.#free = new FreeRate(now)
    this.lastBlockAt = now
    this.turnedAt = now
    this.#lastHeardAt = now
    this.#lastSentAt = now
  }

  get id(): number {
    return this.identity.id
  }

  /** Where it listens, as far as is known: its own word for the port where it connected to us. */
  get address(): Address {
    const { remote } = this.identity.connection
    const port = this.identity.isOutgoing ? remote.port : this.extended?.p
    return port === undefined ? remote : { host: remote.host, port }
  }

  freeBytesPerSecond(now: number): number {
    return this.#free.bytesPerSecond(this.download, this.paid?.billedBytes() ?? 0, now)
  }

  get isClosed(): boolean {
    return this.#closeReason !== undefined
  }

  /** The torrent's size became known: bounds for indices from now on. */
  setPieceCount(pieceCount: number): void {
    this.#reader.setPieceCount(pieceCount)
  }

  /** Queues a message for the end of the tick. */
  send(message: PeerMessage): void {
    this.#outbox.append(encodeMessage(message))
  }

  sendRequest(piece: number, begin: number, length: number): void {
    const at = this.#outbox.reserve(requestFrameBytes)
    writeRequest(this.#outbox.buffer, at, piece, begin, length)
  }

  /** Hands what was queued to the connection. */
  flush(): void {
    if (this.#outbox.isEmpty || this.isClosed) return
    this.#lastSentAt = this.#clock.now()
    this.#outbox.flush(this.identity.connection)
    if (this.identity.connection.queuedBytes > unreadBytesMax) this.close('does not read what it asks for')
  }

  /** Sends a keep-alive when it is due; closes a peer that fell silent. */
  tick(now: number): void {
    if (now - this.#lastHeardAt > silenceMillisecondsMax) this.close('silent for too long')
    else if (now - this.#lastSentAt > keepAliveMilliseconds) this.send({ type: 'keepAlive' })
  }

  /** Ends the connection for a reason that others may read. Repeating it does nothing. */
  close(reason: string): void {
    if (this.isClosed) return
    this.#closeReason = reason
    this.identity.connection.close()
  }

  onOpen(): void {}

  onData(chunk: Uint8Array, length: number): void {
    if (this.isClosed) return
    this.#lastHeardAt = this.#clock.now()
    const fault = this.#reader.push(chunk, length)
    if (fault !== undefined) this.close(fault.message)
    else this.#events.onBatchEnd(this)
  }

  onDrain(): void {
    if (!this.isClosed) this.#events.onDrain(this)
  }

  onClose(error?: Error): void {
    this.#closeReason ??= error?.message ?? 'closed by the peer'
    this.#events.onClose(this, this.#closeReason)
  }

  onMessage(message: PeerMessage): void {
    if (!this.isClosed) this.#events.onMessage(this, message)
  }

  onHave(piece: number): void {
    if (!this.isClosed) this.#events.onHave(this, piece)
  }

  onRequest(piece: number, begin: number, length: number): void {
    if (!this.isClosed) this.#events.onRequest(this, piece, begin, length)
  }

  onCancel(piece: number, begin: number, length: number): void {
    if (!this.isClosed) this.#events.onCancel(this, piece, begin, length)
  }

  onReject(piece: number, begin: number): void {
    if (!this.isClosed) this.#events.onReject(this, piece, begin)
  }

  onPieceStart(piece: number, begin: number, length: number): void {
    this.#blockPiece = piece
    this.#blockBegin = begin
    this.#blockLength = length
    this.#target = this.isClosed ? undefined : this.#events.onBlockStart(this, piece, begin, length)
    this.#targetOffset = begin
  }

  onPieceData(chunk: Uint8Array, start: number, end: number): void {
    if (this.#target === undefined) return
    copyShared(this.#target, this.#targetOffset, chunk, start, end)
    this.#targetOffset += end - start
  }

  onPieceEnd(): void {
    const target = this.#target
    this.#target = undefined
    if (target === undefined) this.wastedBytes += this.#blockLength
    else if (!this.isClosed) this.#events.onBlockEnd(this, this.#blockPiece, this.#blockBegin, this.#blockLength)
  }

  /** The memory that a block on its way was copied to is no longer ours: the rest of it passes. */
  dropBlock(): void {
    this.#target = undefined
  }
}
