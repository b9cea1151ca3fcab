/** What the swarm needs of the world. Implementations live elsewhere and match these shapes without importing them. */

/** Where a peer is: a literal IPv4 or IPv6 address (or a host name from a user) and a TCP port. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Byte streams to and from peers. */
export interface Transport {
  /** Opens a stream; `handler.onOpen` or `handler.onClose` follows, never during this call. */
  connect(address: Address, handler: ConnectionHandler): Connection
  /** Accepts streams; `accept` answers with the handler of the new stream, or undefined to refuse it. */
  listen(address: Address, accept: (connection: Connection) => ConnectionHandler | undefined): Promise<Listener>
}

export interface Listener {
  /** The bound address: the port is the real one where 0 was asked for. */
  readonly address: Address
  close(): Promise<void>
}

/** One stream. Everything here is called on the event loop that owns the session. */
export interface Connection {
  readonly remote: Address
  /** Bytes accepted by `write` that the kernel has not taken yet. */
  readonly queuedBytes: number
  /** Queues bytes. The memory must stay unchanged until `queuedBytes` shows that it was taken (first in, first out). */
  write(bytes: Uint8Array): void
  /** Writes between `cork` and `uncork` leave in one gathered system call. */
  cork(): void
  uncork(): void
  pause(): void
  resume(): void
  /** Closes at once; `onClose` follows. Repeating it does nothing. */
  close(): void
}

export interface ConnectionHandler {
  onOpen(): void
  /** `chunk[0..length)` is valid during the call only: the buffer is used again. */
  onData(chunk: Uint8Array, length: number): void
  /** Everything queued was taken by the kernel. */
  onDrain(): void
  /** Exactly once, last. `error` is absent after an orderly end. */
  onClose(error?: Error): void
}

/** A run of bytes of one verified piece held in memory for upload. */
export interface Extent {
  readonly piece: number
  /** Offset in the piece of `bytes[0]`. */
  readonly begin: number
  readonly bytes: Uint8Array
}

/** The payload of one torrent: memory of pieces in flight, verification, files. */
export interface Store {
  /** Bitfield of verified pieces, most significant bit first (BEP 3). Live. */
  readonly verified: Uint8Array
  /** Memory for a piece in flight, `pieceSize` long; undefined while the memory budget is used up. */
  acquire(piece: number): Uint8Array | undefined
  /** Gives the memory of a piece back, after its verdict or when it is given up. */
  release(piece: number): void
  /** The memory of `piece` is complete: hash it and, when right, write it. The verdict comes by `StoreEvents`. */
  commit(piece: number): void
  /** A pinned extent that holds the whole range, if it is in memory. Each answer is given back by `unpin`. */
  lookup(piece: number, begin: number, length: number): Extent | undefined
  unpin(extent: Extent): void
  /** Starts reading an extent that holds the range; `onFetched` tells when another `lookup` pays. */
  fetch(piece: number, begin: number, length: number): void
}

/** How a store answers. Called on the session's event loop, never inside one of the store's own methods. */
export interface StoreEvents {
  /** The piece is right and written; its memory stays until `release`. */
  onVerified(piece: number): void
  /** The piece is wrong; its memory stays until `release`, so that its blocks can be compared later. */
  onFailed(piece: number): void
  onFetched(piece: number): void
  /** The files cannot be used now (disk full, permission, file gone): nothing was lost that was verified before. */
  onError(error: Error): void
}

/** What one side says of btt_speed in its extended handshake. */
export interface PaymentOffer {
  /** Highest protocol version. */
  readonly v: number
  /** 16 fresh bytes. */
  readonly nonce: Uint8Array
  readonly sells: boolean
  /** Ids of 32 bytes, best first. */
  readonly ledgers: readonly Uint8Array[]
}

/** Settlement of bytes. Absent when the market is off. */
export interface Payments {
  /** The offer for a new connection; undefined when this torrent stays out of the market. */
  offer(torrent: PaidTorrent): PaymentOffer | undefined
  /** Both sides offered: starts the paid session of a connection. */
  open(connection: PaidConnection): PaidSession
}

export interface PaidTorrent {
  readonly infoHash: Uint8Array
  readonly pieceLength: number
  readonly isPrivate: boolean
  /** Payload that is missing still. */
  leftBytes(): number
  /** Payload that came in this run from every peer, paid or not. */
  receivedBytes(): number
}

export interface PaidConnection {
  /** The handle by which the upload market knows this peer. */
  readonly peer: number
  readonly torrent: PaidTorrent
  readonly remote: Address
  readonly ownOffer: PaymentOffer
  readonly peerOffer: PaymentOffer
  /** Sends one btt_speed message. */
  send(payload: Uint8Array): void
  /** Ends the connection: the peer broke the protocol. */
  close(reason: string): void
}

export interface PaidSession {
  /** One btt_speed message from the peer. Never throws. */
  receive(payload: Uint8Array): void
  /** A block that was asked for arrived from this peer, not verified yet. */
  onBlock(piece: number, bytes: number): void
  /** `bytes` of this peer's blocks belong to a piece that was verified now. */
  onVerified(piece: number, bytes: number): void
  /** `bytes` of this peer's blocks belong to a piece that failed; `guilty` when this peer alone sent the piece, or is shown to have lied. */
  onFailed(piece: number, bytes: number, guilty: boolean): void
  /** Bytes that came from this peer and that it billed, as far as is known: they are bought, not given. */
  billedBytes(): number
  /** Nothing is to be paid or expected any more: closing the connection loses nobody money. */
  isSettled(): boolean
  onClose(): void
}
