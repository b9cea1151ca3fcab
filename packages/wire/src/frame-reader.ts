/**
 * The hot path: a byte stream after the handshake becomes calls on a sink. Parsed by integer offsets; a block costs no
 * object, closure or copy, its bytes are handed on as ranges of the caller's chunk.
 */

import { readUint32 } from '@millrace/base'
import { type WireFault, wireFault } from './fault.ts'
import { extendedPayloadBytesMax, messageBytesMaxOf, pieceCountMax } from './limits.ts'
import {
  blockFault,
  decodePayload,
  fixedPayloadBytes,
  lengthFault,
  messageIds,
  type PeerMessage,
  pieceFault,
} from './messages.ts'
import { pieceHeaderBytes } from './writers.ts'

/** Who takes the messages. Chunks are valid during the call only. */
export interface FrameSink {
  /** Every message that has no call of its own; its payload belongs to the receiver. */
  onMessage(message: PeerMessage): void
  onHave(piece: number): void
  onRequest(piece: number, begin: number, length: number): void
  onCancel(piece: number, begin: number, length: number): void
  onReject(piece: number, begin: number, length: number): void
  /** A block of `length` bytes begins; its bytes follow in one or more onPieceData, then onPieceEnd. */
  onPieceStart(piece: number, begin: number, length: number): void
  /** `chunk[start..end)` continues the block. */
  onPieceData(chunk: Uint8Array, start: number, end: number): void
  onPieceEnd(): void
}

export interface FrameLimits {
  /** Undefined while the metadata is unknown (BEP 9). */
  readonly pieceCount?: number | undefined
  /** The longest length prefix accepted; derived from the piece count when absent. */
  readonly messageBytesMax?: number | undefined
}

/** The longest head that is needed in one run: a whole request. */
const headBytesMax = 17
/** A rare message's memory grows with what has arrived, not with what its prefix claims. */
const bodyBytesAtFirst = 16_384

/**
 * Reads frames from chunks split anywhere. Never throws for any bytes: a fault is returned, and ends the reading.
 *
 * @example
 * const reader = new FrameReader(sink, { pieceCount: info.pieceCount })
 * const fault = reader.push(chunk, length)
 * if (fault !== undefined) connection.close()
 */
export class FrameReader {
  readonly #sink: FrameSink
  readonly #head = new Uint8Array(headBytesMax)
  readonly #messageBytesMaxGiven: number | undefined
  #messageBytesMax: number
  #pieceCount: number | undefined
  /** Bytes of an incomplete head kept in #head. */
  #held = 0
  /** Bytes that #head must hold before parsing it again. */
  #need = 4
  #blockLeft = 0
  #body: Uint8Array | undefined
  #bodyHeld = 0
  #bodyBytes = 0
  #bodyId = 0
  #fault: WireFault | undefined
  #stopped = false

  constructor(sink: FrameSink, limits: FrameLimits = {}) {
    this.#sink = sink
    this.#pieceCount = limits.pieceCount
    this.#messageBytesMaxGiven = limits.messageBytesMax
    this.#messageBytesMax = limits.messageBytesMax ?? messageBytesMaxOf(limits.pieceCount ?? pieceCountMax)
  }

  /** Metadata arrived: from here on indices and bitfields are held against the real count. */
  setPieceCount(pieceCount: number): void {
    this.#pieceCount = pieceCount
    this.#messageBytesMax = this.#messageBytesMaxGiven ?? messageBytesMaxOf(pieceCount)
  }

  /** No further call on the sink, not even for what the present chunk still holds. */
  stop(): void {
    this.#stopped = true
  }

  /**
   * Reads `chunk[start..length)`.
   *
   * @returns the first fault of this stream, again at every later call
   */
  push(chunk: Uint8Array, length: number, start = 0): WireFault | undefined {
    let at = start
    while (at < length && !this.#stopped && this.#fault === undefined) {
      if (this.#blockLeft > 0) at = this.#passBlock(chunk, at, length)
      else if (this.#body !== undefined) at = this.#gatherBody(this.#body, chunk, at, length)
      else at = this.#readHead(chunk, at, length)
    }
    return this.#fault
  }

  #passBlock(chunk: Uint8Array, at: number, length: number): number {
    const end = Math.min(length, at + this.#blockLeft)
    this.#blockLeft -= end - at
    this.#sink.onPieceData(chunk, at, end)
    if (this.#blockLeft === 0 && !this.#stopped) this.#sink.onPieceEnd()
    return end
  }

  #gatherBody(body: Uint8Array, chunk: Uint8Array, at: number, length: number): number {
    const end = Math.min(length, at + this.#bodyBytes - this.#bodyHeld)
    let memory = body
    if (this.#bodyHeld + end - at > memory.length) {
      const wanted = Math.max(2 * memory.length, this.#bodyHeld + end - at)
      memory = new Uint8Array(Math.min(this.#bodyBytes, wanted))
      memory.set(body.subarray(0, this.#bodyHeld))
      this.#body = memory
    }
    memory.set(chunk.subarray(at, end), this.#bodyHeld)
    this.#bodyHeld += end - at
    if (this.#bodyHeld === this.#bodyBytes) this.#endBody(memory)
    return end
  }

  #endBody(body: Uint8Array): void {
    this.#body = undefined
    const decoded = decodePayload(this.#bodyId, body, this.#pieceCount)
    if (decoded.ok) this.#sink.onMessage(decoded.value)
    else this.#fault = decoded.error
  }

  /** Parses in place where the chunk holds enough, otherwise gathers the few bytes of a head. */
  #readHead(chunk: Uint8Array, at: number, length: number): number {
    if (this.#held === 0) {
      const parsed = this.#parseHead(chunk, at, length - at)
      if (parsed >= 0) return at + parsed
      this.#need = -parsed
    }
    let next = at
    while (next < length && this.#held < this.#need) {
      this.#head[this.#held] = chunk[next] ?? 0
      this.#held += 1
      next += 1
    }
    if (this.#held === this.#need) {
      const parsed = this.#parseHead(this.#head, 0, this.#held)
      if (parsed < 0) this.#need = -parsed
      else this.#held = 0
    }
    return next
  }

  /** @returns the bytes used up, or minus the number of bytes needed from `at` on. */
  #parseHead(bytes: Uint8Array, at: number, available: number): number {
    if (available < 4) return -4
    const length = readUint32(bytes, at)
    if (length === 0) {
      this.#sink.onMessage({ type: 'keepAlive' })
      return 4
    }
    if (length > this.#messageBytesMax) {
      this.#fault = wireFault(
        'message-too-long',
        `a message of ${length} bytes, expected at most ${this.#messageBytesMax}`,
      )
      return 4
    }
    if (available < 5) return -5
    const id = bytes[at + 4] ?? 0
    if (id === messageIds.piece) return this.#parsePiece(bytes, at, available, length)
    const fixed = fixedPayloadBytes[id] ?? -1
    if (fixed < 0) return this.#beginBody(id, length - 1)
    if (fixed !== length - 1) {
      this.#fault = lengthFault(id, length - 1)
      return 5
    }
    if (available < 5 + fixed) return -(5 + fixed)
    this.#fixedMessage(id, bytes, at + 5, fixed)
    return 5 + fixed
  }

  #parsePiece(bytes: Uint8Array, at: number, available: number, length: number): number {
    if (length < 9) {
      this.#fault = lengthFault(messageIds.piece, length - 1)
      return 5
    }
    if (available < pieceHeaderBytes) return -pieceHeaderBytes
    const piece = readUint32(bytes, at + 5)
    this.#fault = blockFault(piece, length - 9, this.#pieceCount)
    if (this.#fault === undefined) {
      this.#blockLeft = length - 9
      this.#sink.onPieceStart(piece, readUint32(bytes, at + 9), length - 9)
    }
    return pieceHeaderBytes
  }

  #fixedMessage(id: number, bytes: Uint8Array, at: number, payloadBytes: number): void {
    if (id === messageIds.have) {
      const piece = readUint32(bytes, at)
      this.#fault = pieceFault(piece, this.#pieceCount)
      if (this.#fault === undefined) this.#sink.onHave(piece)
    } else if (payloadBytes === 12) {
      const piece = readUint32(bytes, at)
      const begin = readUint32(bytes, at + 4)
      const length = readUint32(bytes, at + 8)
      this.#fault = blockFault(piece, length, this.#pieceCount)
      if (this.#fault !== undefined) return
      if (id === messageIds.request) this.#sink.onRequest(piece, begin, length)
      else if (id === messageIds.cancel) this.#sink.onCancel(piece, begin, length)
      else this.#sink.onReject(piece, begin, length)
    } else {
      const decoded = decodePayload(id, bytes.subarray(at, at + payloadBytes), this.#pieceCount)
      if (decoded.ok) this.#sink.onMessage(decoded.value)
      else this.#fault = decoded.error
    }
  }

  #beginBody(id: number, payloadBytes: number): number {
    if (id === messageIds.extended && (payloadBytes < 1 || payloadBytes > extendedPayloadBytesMax)) {
      this.#fault = lengthFault(id, payloadBytes)
      return 5
    }
    if (payloadBytes === 0) {
      this.#bodyId = id
      this.#endBody(new Uint8Array(0))
      return 5
    }
    this.#bodyId = id
    this.#bodyBytes = payloadBytes
    this.#bodyHeld = 0
    this.#body = new Uint8Array(Math.min(payloadBytes, bodyBytesAtFirst))
    return 5
  }
}
