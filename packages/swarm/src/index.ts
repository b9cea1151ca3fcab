/**
 * The swarm: torrents, peers, piece picker, choker and session. One event loop owns all of it; sockets, files and money
 * come through the ports of `ports.ts`.
 *
 * Sources: BEP 3 (peers, choking), BEP 6 (fast), BEP 9 and 10 (metadata, extensions), BEP 11 (PEX), BEP 20 (peer ids).
 */

export { AskedBlocks } from './asked-blocks.ts'
export { countPieces, fullBitfield, hasPiece, setPiece } from './bitfield.ts'
export { unchokeSlotsDefault } from './choker.ts'
export type { DownloadPeer } from './download-peer.ts'
export { type DownloadProgress, noProgress } from './download-progress.ts'
export { Downloader } from './downloader.ts'
export { FreeRate } from './free-rate.ts'
export type { Peer } from './peer.ts'
export { PeerSpeed } from './peer-speed.ts'
export type { PeerSummary } from './peer-summary.ts'
export type {
  Address,
  Connection,
  ConnectionHandler,
  Extent,
  Listener,
  PaidConnection,
  PaidSession,
  PaidTorrent,
  PaymentOffer,
  Payments,
  Store,
  StoreEvents,
  Transport,
} from './ports.ts'
export { RateMeter } from './rate-meter.ts'
export { epochMilliseconds, Session, type SessionOptions, type SessionParts, tickMilliseconds } from './session.ts'
export { type SlotEvents, type SlotPeer, Slots } from './slots.ts'
export { Torrent } from './torrent.ts'
export type { TorrentEvents } from './torrent-parts.ts'
export type { TorrentPhase } from './torrent-phase.ts'
export type { Timers } from './uploader.ts'
